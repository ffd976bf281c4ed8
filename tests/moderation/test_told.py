"""Authors hear what moderators did to their words, once, with the reason and without a name."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from forum.models import Post
from moderation import reporting, told
from moderation.models import Action
from notices.models import Notification
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def words(member) -> list[str]:
    told_of = Notification.objects.of(member).filter(kind="moderated")
    return list(told_of.order_by("pk").values_list("words", flat=True))


class TestAuthors:
    def test_hear_of_each_deed_on_a_post_with_its_reason_and_not_by_whom(self):
        post, steward = make_post(author=make_member("ada"), title="Foam"), make_moderator("steward_one")
        post.hide(steward, "Names a doctor")
        post.unhide(steward, "The name is gone")
        post.lock(steward, "Said enough")
        post.move(steward, make_category("Treatment"), "It belongs there")
        assert words(post.author) == [
            "A moderator has hidden your post “Foam”: Names a doctor",
            "A moderator shows again your post “Foam”: The name is gone",
            "A moderator has locked your post “Foam”: Said enough",
            "A moderator has moved your post “Foam”: to Treatment: It belongs there",
        ]
        assert not Notification.objects.filter(words__contains="steward").exists()
        urls = list(Notification.objects.filter(kind="moderated").order_by("pk").values_list("url", flat=True))
        assert urls == ["/moderation/log/", *[post.get_absolute_url()] * 3]

    def test_hear_of_a_hidden_comment_and_nobody_else_does(self):
        author, other = make_member(), make_member()
        comment = make_comment(make_post(title="Foam", author=other), author=author)
        comment.hide(make_moderator(), "Rude")
        assert words(author) == ["A moderator has hidden your comment on “Foam”: Rude"]
        assert words(other) == []
        comment.post.hide(make_moderator(), "Rude")
        assert words(author) == []  # the title is another's, and out of sight now
        comment.post.unhide(make_moderator(), "A mistake")
        assert len(words(author)) == 1

    def test_hear_nothing_where_nothing_changed_or_they_did_it_themselves(self):
        steward = make_moderator()
        mine, post = make_post(author=steward), make_post()
        mine.hide(steward, "Mine")
        for _ in range(2):
            post.hide(steward, "Rude")
        assert words(steward) == []
        assert len(words(post.author)) == 1

    def test_hear_that_reports_have_hidden_it_without_the_reporters(self):
        post = make_post(title="Foam")
        for name in ("reporter_a", "reporter_b", "reporter_c"):
            reporting.report(post, "post", make_member(name), "rude")
        assert words(post.author) == [
            "Several members have reported your post “Foam”. It is out of sight until a moderator has looked at it."
        ]

    def test_are_told_once_for_an_action_however_often_it_is_told(self):
        post = make_post()
        post.hide(make_moderator(), "Rude")
        action = Action.objects.filter(action="hide").get()
        assert told.of_action(action, owner=post.author_id, what="post", label="Foam", url="/") == 0
        assert told.of_action(action, owner=None, what="post", label="Foam", url="/") == 0


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_are_told_of_once():
    post, stewards = make_post(), [make_moderator(), make_moderator()]
    start = threading.Barrier(2)

    def hide(steward) -> None:
        start.wait()
        Post.objects.get(pk=post.pk).hide(steward, "Rude")
        connections.close_all()

    threads = [threading.Thread(target=hide, args=[steward]) for steward in stewards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(words(post.author)) == 1
