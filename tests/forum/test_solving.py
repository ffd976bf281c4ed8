"""Solved: one comment is the answer, chosen by who asked or a moderator, while it can be seen."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum import solving
from forum.errors import Locked
from forum.models import Category, Comment, Post, Solution
from moderation.models import Action, Reputation
from notices.models import Notification
from tests.builders import make_comment, make_member, make_moderator, make_post, signed_in

pytestmark = pytest.mark.django_db


def is_answered(post: Post) -> bool:
    return Post.objects.get(pk=post.pk).is_answered


def told(member) -> list[str]:
    return list(Notification.objects.of(member).filter(kind="answer").values_list("words", flat=True))


def points(member) -> int:
    return Reputation.objects.filter(member=member).values_list("points", flat=True).first() or 0


def press(client: Client, comment: Comment, verb: str = "answer") -> int:
    return client.post(f"/comments/{comment.pk}/{verb}/").status_code


class TestMarking:
    def test_is_done_by_the_author_pressed_twice_counts_once_and_is_taken_back(self):
        comment = make_comment()
        client = signed_in(comment.post.author)
        for _ in range(2):
            assert press(client, comment) == 302
        assert is_answered(comment.post)
        assert (len(told(comment.author)), points(comment.author)) == (1, 10)
        for _ in range(2):
            assert press(client, comment, "no-answer") == 302
        assert not is_answered(comment.post)
        assert (told(comment.author), points(comment.author)) == ([], 0)
        call_command("recount", stdout=StringIO())

    def test_another_comment_takes_the_place_of_the_first(self):
        first = make_comment()
        second = make_comment(first.post)
        for comment in (first, second):
            solving.mark(comment, first.post.author)
        solving.withdraw(first, first.post.author)  # from a page that is old by now: changes nothing
        assert Solution.objects.get().comment == second
        assert (told(first.author), len(told(second.author))) == ([], 1)
        assert (points(first.author), points(second.author)) == (0, 10)

    def test_is_for_nobody_else(self):
        comment = make_comment()
        assert press(Client(), comment) == 302
        for member in (make_member(), comment.author):
            assert press(signed_in(member), comment) == 403
            assert press(signed_in(member), comment, "no-answer") == 403
            with pytest.raises(Locked):
                solving.mark(comment, member)
        assert not is_answered(comment.post)

    def test_by_a_moderator_stands_in_the_log(self):
        comment = make_comment()
        assert press(signed_in(make_moderator()), comment) == 302
        assert told(comment.author) == [f"A moderator marked your comment on “{comment.post}” as the answer"]
        assert Action.objects.get().action == "mark as the answer"

    def test_of_ones_own_comment_earns_and_tells_nothing(self):
        post = make_post()
        comment = make_comment(post, author=post.author)
        solving.mark(comment, post.author)
        assert is_answered(post)
        assert (told(post.author), points(post.author)) == ([], 0)

    def test_under_a_pseudonym_works_and_names_nobody(self):
        ada = make_member("hidden_ada")
        post = make_post(author=ada, masked=True)
        comment = make_comment(post)
        assert press(signed_in(ada), comment) == 302
        assert told(comment.author) == [f"{post.pseudonym} marked your comment on “{post}” as the answer"]
        assert not Action.objects.exists()

    def test_works_where_the_shelf_allows_it_and_the_post_is_open(self):
        comment = make_comment()
        author = signed_in(comment.post.author)
        Category.objects.update(takes_answers=False)
        for client in (author, signed_in(make_moderator())):
            assert press(client, comment) == 403
            assert "Mark as answer" not in client.get(comment.post.get_absolute_url()).content.decode()
        Category.objects.update(takes_answers=True)
        comment.post.lock(make_moderator(), "Done")
        assert press(author, comment) == 403
        assert press(signed_in(make_moderator()), comment) == 302

    def test_of_what_is_out_of_sight_is_not_possible(self):
        comment = make_comment()
        comment.hide(make_moderator(), "Rude")
        assert press(signed_in(comment.post.author), comment) == 404
        with pytest.raises(Locked):
            solving.mark(comment, comment.post.author)


class TestAnAnswerOutOfSight:
    @pytest.mark.parametrize("how", ["hide", "delete"])
    def test_leaves_the_post_unanswered_and_comes_back_with_the_comment(self, how):
        comment, moderator = make_comment(), make_moderator()
        solving.mark(comment, comment.post.author)
        if how == "delete":
            Comment.objects.get(pk=comment.pk).delete_by_author()
        else:
            Comment.objects.get(pk=comment.pk).hide(moderator, "Rude")
        assert not is_answered(comment.post)
        assert (told(comment.author), points(comment.author)) == ([], 0)
        assert 'id="answer"' not in Client().get(comment.post.get_absolute_url()).content.decode()
        call_command("recount", stdout=StringIO())
        if how == "hide":
            Comment.objects.get(pk=comment.pk).unhide(moderator, "Fine")
            assert is_answered(comment.post)
            assert (len(told(comment.author)), points(comment.author)) == (1, 10)
            call_command("recount", stdout=StringIO())


class TestThePages:
    def test_show_the_answer_on_top_and_in_its_place_without_an_id_twice(self):
        post = make_post()
        comment = make_comment(post, body="Twice a day.[^1]\n\n[^1]: For a year.")
        solving.mark(comment, post.author)
        page = Client().get(post.get_absolute_url()).content.decode()
        assert page.index('id="answer"') < page.index(f'id="comment-{comment.pk}"')
        assert page.count("Twice a day.") == 2
        assert page.count(f'id="fn-c{comment.pk}-1"') == page.count(f'id="fnref-c{comment.pk}-1"') == 1

    def test_lists_say_answered_and_list_the_answered_alone(self):
        open_one, comment = make_post(title="Open one"), make_comment(make_post(title="Solved one"))
        solving.mark(comment, comment.post.author)
        page = Client().get("/community/?sort=answered").content.decode()
        assert "Solved one" in page
        assert "Open one" not in page
        assert page.count("badge--good") == 1
        assert "Solved one" not in Client().get("/community/?sort=unanswered").content.decode()
        assert open_one.category.get_absolute_url()
        assert Client().get(f"{comment.post.category.get_absolute_url()}?sort=answered").status_code == 200

    def test_cost_one_query_more_where_there_is_an_answer(self):
        def cost(post: Post) -> int:
            with CaptureQueriesContext(connection) as queries:
                Client().get(post.get_absolute_url())
            return len(queries)

        comment = make_comment()
        cost(comment.post)
        before = cost(comment.post)
        solving.mark(comment, comment.post.author)
        assert cost(comment.post) == before + 1
