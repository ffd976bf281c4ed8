"""Posts under a pseudonym: who wrote them knows it, and nobody else."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts.models import Member
from forum import masks
from forum.models import Comment, Mask, Post
from notices import following
from notices.models import Notification
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def make_masked(author: Member | None = None, **fields) -> Post:
    return make_post(author=author, masked=True, **fields)


class TestWhoWroteIt:
    def test_is_known_to_the_writer_and_to_nobody_else(self):
        writer, other = make_member(), make_member()
        post = make_masked(writer)
        comment = make_comment(post, author=writer)
        for thing in (post, comment):
            thing = type(thing).objects.get(pk=thing.pk)
            assert (thing.author, str(thing.byline), thing.byline.url) == (None, post.pseudonym, "")
            assert thing.is_by(writer)
            assert not thing.is_by(other)
            assert masks.owner_of(thing) == writer.pk
        assert comment.pseudonym == post.pseudonym

    def test_others_in_the_thread_keep_their_names(self):
        post, other = make_masked(), make_member()
        assert make_comment(post, author=other).author == other

    def test_a_name_is_drawn_anew_for_each_post(self):
        writer = make_member()
        posts = [make_masked(writer) for _ in range(6)]
        assert len({post.pseudonym for post in posts}) > 1
        assert len({post.mask_id for post in posts}) == 6
        assert all(" " in post.pseudonym for post in posts)

    def test_an_author_beside_a_mask_is_refused_by_the_database(self):
        for thing in (make_masked(), make_comment(make_masked())):
            with pytest.raises(IntegrityError), transaction.atomic():
                type(thing).objects.filter(pk=thing.pk).update(author=make_member(), pseudonym="Quiet Heron")

    def test_the_writer_may_edit_and_delete_but_not_upvote(self):
        writer = make_member()
        post = make_masked(writer)
        comment = make_comment(post, author=writer)
        for thing in (post, comment):
            assert thing.can_be_edited_by(writer)
            assert thing.can_be_deleted_by(writer)
            assert not thing.can_be_upvoted_by(writer)
            other = make_member()
            assert not thing.can_be_edited_by(other)
            assert thing.can_be_upvoted_by(other)

    def test_their_words_in_a_thread_merged_into_another_stay_theirs(self):
        writer, elsewhere = make_member(), make_post()
        post = make_masked(writer)
        comment = make_comment(post, author=writer)
        Comment.objects.filter(pk=comment.pk).update(post=elsewhere)
        again = make_comment(elsewhere, author=writer)
        assert (again.author, again.pseudonym) == (None, post.pseudonym)

    def test_the_history_that_the_database_keeps_names_nobody(self, client):
        writer = make_member()
        post = make_masked(writer)
        client.force_login(writer)
        sent = {"title": "Other", "body": "Other words.", "category": post.category.slug, "version": 1}
        assert client.post(f"/posts/{post.pk}/edit/", sent).status_code == 302
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT metadata FROM pghistory_context c JOIN forum_postrevision r ON r.pgh_context_id = c.id"
            )
            [(metadata,)] = cursor.fetchall()
        assert '"user": null' in str(metadata) or "'user': None" in str(metadata)

    def test_a_member_who_goes_leaves_the_pseudonym_and_nobody_behind_it(self):
        writer = make_member()
        post = make_masked(writer)
        writer.delete()
        post = Post.objects.get(pk=post.pk)
        assert (masks.owner_of(post), bool(post.byline), Mask.objects.count()) == (None, True, 0)


class TestTheSameForm:
    def test_makes_one_post_and_one_comment(self):
        writer, token, category = make_member(), uuid.uuid4(), make_category()
        first, second = (
            Post.write(author=writer, category=category, title="One", body="Words.", token=token, masked=True)
            for _ in range(2)
        )
        assert (first.pk, first.is_fresh, second.is_fresh) == (second.pk, True, False)
        one, two = (first.add_comment(writer, "Words.", token=token) for _ in range(2))
        assert (one.pk, one.is_fresh, two.is_fresh, Mask.objects.count()) == (two.pk, True, False, 1)

    @pytest.mark.parametrize("masked", [True, False])
    def test_sent_again_with_the_other_tick_is_the_post_that_stands(self, masked: bool):
        writer, token, category = make_member(), uuid.uuid4(), make_category()
        first, second = (
            Post.write(author=writer, category=category, title="One", body="Words.", token=token, masked=tick)
            for tick in (masked, not masked)
        )
        assert (first.pk, Post.objects.count()) == (second.pk, 1)
        assert bool(first.pseudonym) == masked


@pytest.mark.django_db(transaction=True)
def test_twelve_at_once_make_one_post_however_they_are_ticked():
    writer, token, category = make_member(), uuid.uuid4(), make_category()

    def send(number: int) -> int:
        try:
            tick = bool(number % 2)
            return Post.write(author=writer, category=category, title="One", body="Words.", token=token, masked=tick).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(send, range(12)))) == 1
    assert Post.objects.count() == 1


class TestTelling:
    def test_goes_both_ways_without_the_name(self):
        writer, reader = make_member("markerwriter"), make_member()
        post = make_masked(writer)
        following.follow(reader, post)
        asked = make_comment(post, author=reader)
        make_comment(post, author=writer, parent=asked, body="Well put.")
        make_comment(post, author=writer, body=f"And you, @{reader.username}?")
        told = list(Notification.objects.filter(member=reader).values_list("words", flat=True))
        assert any(words.startswith(f"{post.pseudonym} replied") for words in told)
        assert any(words.startswith(f"{post.pseudonym} mentioned") for words in told)
        mine = Notification.objects.filter(member=writer)
        assert [each.kind for each in mine] == ["reply"]
        post.upvote(reader)
        assert mine.filter(kind="upvotes").count() == 1

    def test_followers_of_the_member_do_not_hear_of_it(self):
        writer, reader = make_member(), make_member()
        following.follow(reader, writer)
        make_masked(writer)
        assert not Notification.objects.filter(member=reader).exists()


class TestReports:
    def test_keep_the_writer_out_of_the_case_and_away_from_deciding(self, client):
        moderator = make_moderator()
        post = make_masked(moderator)
        client.force_login(moderator)
        assert client.post(f"/report/post/{post.pk}/", {"reason": "rude"}).status_code == 403
        client.force_login(make_member())
        assert client.post(f"/report/post/{post.pk}/", {"reason": "rude"}).status_code == 302
        from moderation.models import Case

        case = Case.objects.get()
        assert case.author is None
        from moderation.admin import CaseAdmin

        class Request:
            user = moderator

        assert not CaseAdmin._may_decide(None, Request, case)
        Request.user = make_moderator()
        assert CaseAdmin._may_decide(None, Request, case)


def test_nothing_but_forum_masks_reads_who_stands_behind_a_pseudonym():
    """Others ask ``is_by``, ``owner_of`` and ``things_of``; a lookup through the mask would be a way around them."""
    behind = re.compile(r"mask__member|mask\.member|masks?\.objects|import .*\bMask\b|_masks\b")
    may = {"forum/masks.py", "forum/models/mask.py", "forum/models/__init__.py", "forum/personal.py"}
    root = Path(settings.BASE_DIR)
    found = [
        str(path.relative_to(root))
        for room in (
            "accounts",
            "api",
            "common",
            "config",
            "forum",
            "moderation",
            "notices",
            "pages",
            "studies",
            "templates",
        )
        for path in (root / room).rglob("*")
        if path.suffix in (".py", ".html", ".txt")
        and "migrations" not in path.parts
        and behind.search(path.read_text())
    ]
    assert set(found) <= may
