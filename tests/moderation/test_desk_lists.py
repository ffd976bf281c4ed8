"""Lists of the desk cost the same over ten rows and over ten million, and find by words and by whole names."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Member
from common.desk import BoundedPaginator
from forum.models import Comment, Post
from tests.builders import make_comment, make_member, make_moderator, make_post, signed_in

pytestmark = pytest.mark.django_db

LARGE = (
    "forum_post", "forum_comment", "forum_postvote", "forum_commentvote", "accounts_member", "moderation_case",
    "moderation_action", "moderation_auditentry", "studies_study", "studies_citation", "studies_author",
)  # fmt: skip


@pytest.fixture
def admin_client() -> Client:
    boss = make_moderator()
    Member.objects.filter(pk=boss.pk).update(is_superuser=True, is_staff=True)
    return signed_in(Member.objects.get(pk=boss.pk))


@pytest.mark.parametrize("table", LARGE)
def test_no_list_counts_or_sorts_a_whole_table(admin_client, table):
    make_comment()
    address = reverse(f"admin:{table}_changelist")
    with CaptureQueriesContext(connection) as queries:
        assert admin_client.get(address).status_code == 200
    for query in queries:
        if f'FROM "{table}"' in query["sql"] and ("COUNT(" in query["sql"] or "DISTINCT" in query["sql"]):
            assert "LIMIT" in query["sql"], query["sql"]


def test_a_list_ends_where_its_bound_is(monkeypatch):
    monkeypatch.setattr("common.desk.MOST", 2)
    for _ in range(3):
        make_post()
    assert BoundedPaginator(Post.objects.order_by("pk"), 2).count == 2
    assert BoundedPaginator([1, 2, 3], 2).count == 3


def test_the_newest_stand_first(admin_client):
    words = [make_comment(body=f"Comment number {number}.").text.body for number in range(2)]
    page = admin_client.get(reverse("admin:forum_comment_changelist")).text
    assert page.index(words[1]) < page.index(words[0])


class TestSearching:
    @pytest.fixture
    def things(self) -> dict:
        author, other = make_member("whole_name"), make_member("whole_name_too")
        post = make_post(author=author, title="Foam or tablets", body="Which of the two?")
        comment = make_comment(post, author=other, body="The liquid, twice a day.")
        make_comment(author=make_member(), body="Something else.")
        return {"post": post, "comment": comment}

    def found(self, model: type, typed: str) -> list[int]:
        rows, _ = admin.site._registry[model].get_search_results(None, model._default_manager.all(), typed)
        return list(rows.values_list("pk", flat=True))

    @pytest.mark.parametrize("typed", ["foam", "Tablets", "which two", "whole_name", " WHOLE_NAME "])
    def test_finds_a_post_by_its_words_and_its_author(self, things, typed):
        assert self.found(Post, typed) == [things["post"].pk]

    @pytest.mark.parametrize("typed", ["liquid", "foam", "whole_name_too"])
    def test_finds_a_comment_by_its_words_its_post_and_its_author(self, things, typed):
        assert self.found(Comment, typed) == [things["comment"].pk]

    def test_finds_nothing_by_what_is_not_there_and_all_by_nothing(self, things):
        for model in (Post, Comment):
            assert (
                self.found(model, "nosuchword") == self.found(model, "whole_nam") == self.found(model, "'\x01%_") == []
            )
            assert len(self.found(model, "  ")) == 2


def test_a_profile_counts_in_the_order_of_the_index(client):
    comment = make_comment()
    with CaptureQueriesContext(connection) as queries:
        client.get(comment.author.get_absolute_url())
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and "author_id" in query["sql"]]
    in_order = [sql for sql in counts if 'ORDER BY "forum_' in sql and "LIMIT 1001" in sql]
    assert len(in_order) == 2
