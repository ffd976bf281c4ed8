"""Keyset paging, tried on the tables of the forum."""

import base64
import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.models import Tag
from common.paging import CURSOR_LIMIT, paginate
from forum.models import Comment, Post
from forum.threads import SORTS
from forum.views.lists import ORDERS
from tests.builders import make_category, make_comment, make_many_posts, make_post

pytestmark = pytest.mark.django_db

BY_USE = ("-use_count", "name")


def cursor_of(*values) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def walk(queryset, order, size: int) -> list:
    seen, after = [], ""
    while True:
        page = paginate(queryset, order, after, size)
        assert page.is_first == (not seen)
        assert len(page) <= size
        seen += page.rows
        if not page.next_cursor:
            return seen
        after = page.next_cursor


class TestWalking:
    @pytest.mark.parametrize("sort", ORDERS)
    @pytest.mark.parametrize("size", [1, 3, 4])
    def test_meets_every_post_once_in_order_with_ties(self, sort, size):
        moment, shelf = timezone.now(), make_category()
        ids = make_many_posts(12, category=shelf)
        for place, pk in enumerate(ids):
            Post.objects.filter(pk=pk).update(
                score=place % 3,
                posted_at=moment - timedelta(days=place % 2),
                last_active_at=moment - timedelta(hours=place % 4),
            )
        seen = [post.pk for post in walk(Post.objects.all(), ORDERS[sort], size)]
        assert seen == list(Post.objects.order_by(*ORDERS[sort]).values_list("pk", flat=True))
        assert sorted(seen) == ids

    def test_neither_loses_nor_repeats_what_was_there_while_rows_are_added(self):
        ids = make_many_posts(9)
        first = paginate(Post.objects.all(), ("-pk",), size=3)
        make_many_posts(4)
        seen = [post.pk for post in first]
        after = first.next_cursor
        while after:
            page = paginate(Post.objects.all(), ("-pk",), after, 3)
            seen += [post.pk for post in page]
            after = page.next_cursor
        assert seen == ids[::-1]

    def test_goes_on_where_it_was_when_the_last_row_shown_is_gone(self):
        ids = make_many_posts(5)
        first = paginate(Post.objects.all(), ("-pk",), size=2)
        Post.objects.filter(pk__in=[post.pk for post in first]).delete()
        rest = paginate(Post.objects.all(), ("-pk",), first.next_cursor, 9)
        assert [post.pk for post in rest] == ids[2::-1]

    def test_sorts_nulls_last_and_meets_them_too(self):
        ids = make_many_posts(7)
        for pk, days in zip(ids, (2, 4, 1, 3), strict=False):
            Post.objects.filter(pk=pk).update(edited_at=timezone.now() - timedelta(days=days))
        for order in (("-edited_at", "-pk"), ("edited_at", "pk")):
            seen = walk(Post.objects.all(), order, 2)
            assert sorted(post.pk for post in seen) == ids
            assert [post.edited_at is None for post in seen] == [False] * 4 + [True] * 3

    def test_takes_an_order_of_any_number_of_columns(self):
        ids = make_many_posts(12)
        for place, pk in enumerate(ids):
            Post.objects.filter(pk=pk).update(score=place % 2, comment_count=place % 3)
        order = ("-score", "comment_count", "-pk")
        seen = [post.pk for post in walk(Post.objects.all(), order, 2)]
        assert seen == list(Post.objects.order_by(*order).values_list("pk", flat=True))

    def test_has_no_next_page_where_the_last_one_is_just_full(self):
        make_many_posts(6)
        assert not paginate(Post.objects.all(), ("-pk",), size=6).next_cursor
        assert paginate(Post.objects.all(), ("-pk",), size=5).next_cursor

    def test_is_an_empty_first_page_of_an_empty_list(self):
        page = paginate(Post.objects.none(), ("-pk",))
        assert (page.rows, page.next_cursor, page.is_first) == ([], "", True)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        scores=st.lists(st.integers(0, 2), min_size=1, max_size=9),
        added=st.lists(st.integers(0, 3), max_size=4),
        size=st.integers(1, 4),
    )
    def test_holds_for_any_scores_and_any_rows_added_meanwhile(self, scores, added, size):
        Post.objects.all().delete()
        for pk, score in zip(make_many_posts(len(scores)), scores, strict=True):
            Post.objects.filter(pk=pk).update(score=score)
        there = set(Post.objects.values_list("pk", flat=True))
        seen, after, waiting = [], "", list(added)
        while True:
            page = paginate(Post.objects.all(), ORDERS["top"], after, size)
            seen += [(post.score, post.pk) for post in page]
            after = page.next_cursor
            if not after:
                break
            if waiting:
                Post.objects.filter(pk__in=make_many_posts(1)).update(score=waiting.pop())
        assert seen == sorted(seen, reverse=True)
        assert len(set(seen)) == len(seen)
        assert there <= {pk for _, pk in seen}


class TestCost:
    @pytest.mark.parametrize(
        ("model", "order"),
        [*((Post, order) for order in ORDERS.values()), (Tag, BY_USE), (Comment, SORTS["new"])],
        ids=str,
    )
    @pytest.mark.parametrize("page", ["first", "later"])
    def test_is_that_of_the_rows_shown_because_an_index_has_the_order(self, model, order, page):
        comment = make_comment(make_post(tags=["acne"]))
        found = {Post: comment.post, Tag: Tag.objects.get(), Comment: comment}[model]
        values = [getattr(found, name.removeprefix("-")) for name in order]
        after = cursor_of(*(getattr(value, "isoformat", lambda value=value: value)() for value in values))
        plan = plan_of(lambda: paginate(model.objects.all(), order, after if page == "later" else ""))
        assert "Sort" not in plan, plan
        assert "Index" in plan, plan


def plan_of(read) -> str:
    """How PostgreSQL would answer the one query of ``read`` if it took an index wherever one serves."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        read()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        return "\n".join(line for (line,) in cursor.fetchall())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=True, allow_infinity=True)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat()) | st.sampled_from(
    [
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2026-02-30T00:00:00+00:00",
        "2026-01-01",
        "infinity",
        "now",
    ]
)


class TestCursorsThatDoNotFit:
    @pytest.mark.parametrize(
        "after",
        [
            "x", "é", "....", "=", "____", "W10", "e30", "bnVsbA", "A" * (CURSOR_LIMIT + 1), cursor_of(), cursor_of(1),
            cursor_of(1, 2, 3), cursor_of(None, 1), cursor_of(1, None), cursor_of("a", 1), cursor_of(1, "a"), cursor_of([], 1),
            cursor_of({}, 1), cursor_of(True, 1), cursor_of(float("nan"), 1), cursor_of(float("inf"), 1), cursor_of(1e308, 1),
            cursor_of("9999-12-31T23:59:59-23:59", 1), cursor_of("0001-01-01T00:00:00+23:59", 1), cursor_of(1, 2**63), cursor_of(1, -(2**63) - 1), cursor_of("a\0b", 1), cursor_of("\ud800", 1), cursor_of(1, 1e400),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("order", [("-hotness", "-pk"), ("-posted_at", "-pk")], ids=str)
    def test_are_refused_with_a_sentence(self, order, after):
        with pytest.raises(Http404, match="Start again at the beginning of the list"):
            paginate(Post.objects.all(), order, after)

    def test_are_refused_where_a_moment_has_no_zone(self):
        with pytest.raises(Http404):
            paginate(Post.objects.all(), ORDERS["new"], cursor_of("2026-01-01T00:00:00", 1))

    def test_are_refused_where_a_name_is_no_text(self):
        for name in ("\ud800", "a\0", None):
            with pytest.raises(Http404):
                paginate(Tag.objects.all(), BY_USE, cursor_of(3, name))

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        order=st.sampled_from([*ORDERS.values(), BY_USE, SORTS["best"]]),
        values=st.lists(JSON, max_size=3) | st.tuples(NUMBERS | MOMENTS | JSON, NUMBERS | st.text()),
    )
    def test_are_refused_or_read_but_never_break(self, order, values):
        model = Tag if order is BY_USE else Comment if order is SORTS["best"] else Post
        try:
            with transaction.atomic():
                page = paginate(model.objects.all(), order, cursor_of(*values))
        except Http404:
            return
        assert not page.is_first

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
    def test_are_refused_whatever_is_typed(self, typed):
        if not typed:
            return
        with pytest.raises(Http404):
            paginate(Post.objects.all(), ORDERS["hot"], typed)
