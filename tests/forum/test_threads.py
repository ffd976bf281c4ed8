import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forum import threads
from forum.models import Comment
from tests.builders import make_comment, make_long_thread, make_many_comments, make_member, make_moderator, make_post
from tests.walking import pages_of

pytestmark = pytest.mark.django_db

GUEST = AnonymousUser()


def shown(answer) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li class="comment[^"]*" id="comment-(\d+)"', answer.text)]


def walk(client, address: str) -> list[int]:
    """The comments of a thread on all its pages, in the order they are met."""
    return [each for answer in pages_of(client, address) for each in shown(answer)]


def with_everyone(comment: Comment) -> list[int]:
    """The ids of a comment drawn in a thread and of all that hang on it."""
    return [comment.pk, *(pk for child in comment.children for pk in with_everyone(child))]


class TestOrder:
    def test_puts_the_most_upvoted_first_and_the_older_before_the_newer(self, client):
        post = make_post()
        comments = [make_comment(post) for _ in range(3)]
        comments[1].upvote(make_member())
        for sort, expected in {"best": [1, 0, 2], "new": [2, 1, 0], "old": [0, 1, 2]}.items():
            answer = client.get(f"{post.get_absolute_url()}?sort={sort}")
            assert shown(answer) == [comments[number].pk for number in expected], sort

    def test_ranks_by_the_lower_bound_of_wilson(self):
        comment = make_comment()
        Comment.objects.filter(pk=comment.pk).update(score=10)
        comment.refresh_from_db()
        assert comment.wilson == pytest.approx(10 / (10 + 1.2816**2))

    def test_hangs_every_reply_under_what_it_answers(self):
        post = make_post()
        top = make_comment(post)
        left, right = make_comment(post, parent=top), make_comment(post, parent=top)
        low = make_comment(post, parent=left)
        (drawn,) = threads.read_thread(post, GUEST, "best", "").comments
        assert with_everyone(drawn) == [top.pk, left.pk, low.pk, right.pk]


class TestPages:
    @pytest.mark.parametrize("sort", threads.SORTS)
    def test_are_read_to_the_end_without_losing_or_repeating(self, client, sort):
        post = make_post()
        ids = make_many_comments(post, 45)
        for pk in ids[::7]:
            Comment.objects.filter(pk=pk).update(score=pk % 3)
        assert sorted(walk(client, f"{post.get_absolute_url()}?sort={sort}")) == ids

    def test_lose_and_repeat_nothing_while_others_write_and_vote(self, client):
        post = make_post()
        ids = make_many_comments(post, 30)
        first = client.get(f"{post.get_absolute_url()}?sort=old")
        make_many_comments(post, 5)
        after = re.search(r"after=([^\"&#]+)", first.text)[1]
        assert re.search(r'rel="next" href="[^"]+#thread"', first.text)  # past the post, which one has read
        seen = shown(first) + shown(client.get(f"{post.get_absolute_url()}?sort=old&after={after}"))
        assert seen[:30] == ids
        assert len(set(seen)) == len(seen) == 35

    @pytest.mark.parametrize(
        "cursor", ["x", "W10", "WzFd", "WyJhIiwgMV0", "WzEuNSwgImIiXQ", "____", "A" * 900, "WzEuMCwgMV0="]
    )
    def test_answer_a_wrong_cursor_with_404_and_a_sentence(self, client, cursor):
        post = make_comment().post
        answer = client.get(f"{post.get_absolute_url()}?sort=best&after={cursor}")
        if cursor != "WzEuMCwgMV0=":
            assert answer.status_code == 404
            assert "Start again at the beginning" in answer.text
        else:
            assert answer.status_code == 200

    def test_are_not_filled_with_comments_that_nobody_may_read(self, client):
        post = make_post()
        make_comment(post, body="The one to read")
        Comment.objects.filter(pk__in=make_many_comments(post, 30)).update(is_hidden=True)
        page = client.get(f"{post.get_absolute_url()}?sort=new").text
        assert "The one to read" in page
        assert "Hidden by a moderator" not in page

    def test_keep_a_tombstone_whose_replies_can_be_read(self, client):
        post = make_post()
        top = make_comment(post)
        gone = make_comment(post, parent=top)
        make_comment(post, parent=gone, body="Far below")
        for comment in (top, gone):
            comment.delete_by_author()
        page = client.get(post.get_absolute_url()).text
        assert page.count("Deleted by its author.") == 2
        assert "Far below" in page


class TestMoreReplies:
    def test_lead_to_the_comment_in_its_place_with_all_that_answers_it(self, client):
        post = make_post()
        top, beside = make_comment(post), make_comment(post)
        ids = make_many_comments(post, threads.REPLIES_EACH + 5, under=top)
        make_many_comments(post, threads.REPLIES_EACH, under=beside)
        answer = client.get(f"{post.get_absolute_url()}?sort=old")
        assert [pk for pk in shown(answer) if pk in ids] == ids[: threads.REPLIES_EACH]
        assert answer.text.count("More replies") == 1
        assert f'href="/comments/{top.pk}/">More replies' in answer.text
        assert shown(client.get(top.get_absolute_url(), follow=True)) == [top.pk, *ids]

    def test_are_read_to_the_end_a_page_at_a_time(self, client, monkeypatch):
        monkeypatch.setattr(threads, "REPLIES_IN_PLACE", 20)
        post = make_post()
        top = make_comment(post)
        middle = make_comment(post, parent=top)
        ids = make_many_comments(post, 45, under=middle)
        for comment, around in ((top, [top.pk, middle.pk]), (middle, [top.pk, middle.pk])):
            seen = walk(client, f"{post.get_absolute_url()}?at={comment.pk}")
            assert sorted(set(seen)) == sorted([*around, *ids])
            # What a reply answers stands above it on each page; the replies themselves come once.
            assert [pk for pk in seen if pk in ids] == ids

    def test_show_what_a_reply_answers_also_where_that_stands_on_an_earlier_page(self, monkeypatch):
        monkeypatch.setattr(threads, "REPLIES_IN_PLACE", 2)
        post = make_post()
        top = make_comment(post)
        early, between = make_comment(post, parent=top), make_comment(post, parent=top)
        late = make_comment(post, parent=early)
        first = threads.read_in_place(top, GUEST)
        assert with_everyone(first.comments[0]) == [top.pk, early.pk, between.pk]
        second = threads.read_in_place(top, GUEST, first.page.next_cursor)
        assert with_everyone(second.comments[0]) == [top.pk, early.pk, late.pk]

    def test_answer_a_wrong_cursor_with_404(self, client):
        comment = make_comment()
        assert client.get(f"{comment.post.get_absolute_url()}?at={comment.pk}&after=x").status_code == 404


class TestVotes:
    def test_show_on_replies_as_on_top_level_comments(self, client):
        member, post = make_member(), make_post()
        top = make_comment(post)
        reply = make_comment(post, parent=top)
        reply.upvote(member)
        client.force_login(member)
        for address in (post.get_absolute_url(), f"{post.get_absolute_url()}?at={top.pk}"):
            page = client.get(address).text
            assert f'hx-post="/comments/{reply.pk}/withdraw/"' in page
            assert f'hx-post="/comments/{top.pk}/upvote/"' in page


class TestHundredsOfComments:
    """A thread of 400: 40 at the top, one of them with 100 replies and 10 with 26 each, three levels deep."""

    @pytest.fixture
    def post(self):
        post = make_post()
        tops = list(Comment.objects.filter(pk__in=make_many_comments(post, 40)).order_by("pk"))
        make_many_comments(post, 100, under=tops[0])
        for top in tops[1:11]:
            (second,) = Comment.objects.filter(pk__in=make_many_comments(post, 1, under=top))
            make_many_comments(post, 25, under=second)
        assert post.comments.count() == post.comment_count == 400
        return post

    @pytest.mark.parametrize("member", [False, True])
    def test_open_with_a_bounded_number_of_queries_and_rows(self, client, post, member):
        if member:
            client.force_login(make_member())
        client.get(post.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"{post.get_absolute_url()}?sort=old")
        assert len(shown(answer)) == threads.TOP_LEVEL_PAGE + 11 * threads.REPLIES_EACH == 240
        # A member's session, mutes, votes, saves, visits, level of being told, pseudonym and waiting edits come on top.
        assert len(queries) <= (19 if member else 6), [query["sql"][:90] for query in queries]

    def test_read_no_more_rows_than_the_page_can_show(self, post):
        thread = threads.read_thread(post, GUEST, "old", "")
        assert len(thread.everyone) <= threads.TOP_LEVEL_PAGE * (1 + threads.REPLIES_EACH)
        with CaptureQueriesContext(connection) as queries:
            threads.read_thread(post, GUEST, "old", "")
        assert len(queries) == 3
        assert rows_read(queries[1]["sql"]) <= 11 * (threads.REPLIES_EACH + 1)

    def test_are_the_same_work_for_a_moderator(self, post):
        moderator = make_moderator()
        assert moderator.is_moderator
        with CaptureQueriesContext(connection) as queries:
            threads.read_thread(post, moderator, "old", "")
        assert len(queries) == 4  # one more, for what they mute


class TestBestReplies:
    def test_are_shown_first_with_what_they_answer(self, monkeypatch):
        monkeypatch.setattr(threads, "REPLIES_EACH", 3)
        top = make_comment()
        early = [make_comment(top.post, parent=top) for _ in range(4)]
        best = make_comment(top.post, parent=early[3])
        Comment.objects.filter(pk=best.pk).update(score=5)
        (drawn,) = threads.read_thread(top.post, GUEST, "best", "").comments
        assert with_everyone(drawn) == [top.pk, early[0].pk, early[3].pk, best.pk]
        assert drawn.more_replies
        assert drawn.below == 3
        Comment.objects.filter(pk=early[3].pk).update(score=1)
        (drawn,) = threads.read_thread(top.post, GUEST, "best", "").comments
        assert with_everyone(drawn) == [top.pk, early[3].pk, best.pk, early[0].pk]
        (drawn,) = threads.read_thread(top.post, GUEST, "old", "").comments
        assert with_everyone(drawn) == [top.pk, early[0].pk, early[3].pk, best.pk]

    def test_pass_over_one_too_deep_for_the_page(self, monkeypatch):
        monkeypatch.setattr(threads, "REPLIES_EACH", 3)
        top = last = make_comment()
        for _ in range(4):
            last = make_comment(top.post, parent=last)
        Comment.objects.filter(pk=last.pk).update(score=5)
        (drawn,) = threads.read_thread(top.post, GUEST, "best", "").comments
        assert last.pk not in with_everyone(drawn)
        assert drawn.below == 3
        assert drawn.more_replies

    def test_are_all_there_where_they_are_few(self):
        top = make_comment()
        ids = make_many_comments(top.post, threads.REPLIES_EACH, under=top)
        (drawn,) = threads.read_thread(top.post, GUEST, "best", "").comments
        assert with_everyone(drawn) == [top.pk, *ids]
        assert not drawn.more_replies

    def test_name_what_they_answer_where_they_stand_no_further_in(self, client):
        top = last = make_comment(author=make_member("first_one"))
        for number in range(7):
            last = make_comment(top.post, parent=last, author=make_member(f"deep_{number}"))
        page = client.get(top.post.get_absolute_url()).text
        assert page.count("In reply to") == 2
        assert ">deep_4</a></p>" in page
        assert ">deep_5</a></p>" in page


class TestTenThousandComments:
    """40 levels deep, one of them with 5,000 replies (``benchmarks/threads.py`` measures the same)."""

    @pytest.fixture
    def thread(self):
        post = make_post()
        return post, make_long_thread(post, [make_member() for _ in range(5)])

    def test_open_with_few_queries_and_bounded_rows(self, client, thread):
        post, root = thread
        assert post.comment_count == post.comments.count() == 10_000
        assert post.comments.filter(root=root).count() == 5000
        deepest = post.comments.filter(root=root).order_by("-pk")[0]
        assert deepest.depth == 40
        most = threads.TOP_LEVEL_PAGE * (1 + threads.REPLIES_EACH)
        for query in ("", "?sort=new", "?sort=old", f"?at={root}", f"?at={deepest.pk}"):
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(f"{post.get_absolute_url()}{query}")
            assert 1 < len(shown(answer)) <= most, query
            assert len(queries) <= 6, query
            assert len(answer.content) < 1_000_000
            # The replies of a comment in its place are read from the index of its root, up to a page of them.
            rows = [rows_read(each["sql"]) for each in queries if "forum_comment" in each["sql"]]
            assert max(rows) <= (5001 if "at" in query else most + threads.TOP_LEVEL_PAGE), query


def rows_read(sql: str) -> int:
    """How many rows the innermost step of a query read, as PostgreSQL counted them."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0][0]["Plan"]

    def most(node: dict) -> float:
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        here = rows * node["Actual Loops"] if node["Node Type"].startswith("Index") else 0
        return max([here, *map(most, node.get("Plans", []))])

    return round(most(plan))
