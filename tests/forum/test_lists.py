import re
from datetime import timedelta

import pytest
from django.utils import timezone

from forum.models import Post
from tests.builders import (
    make_category,
    make_comment,
    make_many_posts,
    make_member,
    make_moderator,
    make_post,
    make_study,
)
from tests.walking import pages_of

pytestmark = pytest.mark.django_db

SORTS = ("hot", "new", "top", "active", "unanswered")


def titles(answer) -> list[str]:
    return re.findall(r'post-item__title"><a [^>]+>([^<]+)</a>', answer.text)


def walk(client, address: str) -> list[str]:
    """The titles of a list on all its pages."""
    return [each for answer in pages_of(client, address) for each in titles(answer)]


def days_ago(days: float):
    return timezone.now() - timedelta(days=days)


class TestSorts:
    @pytest.fixture
    def posts(self):
        """Three posts that each sort puts in another order."""
        old = make_post(title="Old and loved", posted_at=days_ago(20))
        middle = make_post(title="Just answered", posted_at=days_ago(3))
        new = make_post(title="New", posted_at=days_ago(1))
        for _ in range(3):
            old.upvote(make_member())
        make_comment(middle)
        return old, middle, new

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["New", "Just answered", "Old and loved"]),
            ("?sort=hot", ["New", "Just answered", "Old and loved"]),
            ("?sort=new", ["New", "Just answered", "Old and loved"]),
            ("?sort=top&period=all", ["Old and loved", "New", "Just answered"]),
            ("?sort=top&period=month", ["Old and loved", "New", "Just answered"]),
            ("?sort=top&period=week", ["New", "Just answered"]),
            ("?sort=top", ["New", "Just answered"]),
            ("?sort=top&period=day", []),
            ("?sort=active", ["Just answered", "New", "Old and loved"]),
            ("?sort=unanswered", ["New", "Old and loved"]),
        ],
    )
    def test_order_the_posts(self, client, posts, query, expected):
        assert titles(client.get(f"/community/{query}")) == expected

    def test_let_ten_votes_outweigh_one_day(self, client):
        now = timezone.now()
        older = make_post(title="Older", posted_at=now - timedelta(hours=23))
        make_post(title="Newer", posted_at=now)
        Post.objects.filter(pk=older.pk).update(score=10)
        assert titles(client.get("/community/")) == ["Older", "Newer"]
        Post.objects.filter(pk=older.pk).update(score=9)
        assert titles(client.get("/community/")) == ["Newer", "Older"]

    def test_call_a_post_unanswered_whose_only_answer_is_hidden(self, client):
        post = make_post(title="Alone")
        make_comment(post).hide(make_moderator(), "Spam.")
        assert titles(client.get("/community/?sort=unanswered")) == ["Alone"]

    @pytest.mark.parametrize(
        "query", ["sort=loud", "sort=", "sort=hot%20", "period=century", "sort=top&period=", "sort=-score"]
    )
    def test_are_404_with_a_sentence_for_a_word_nobody_knows(self, client, query):
        answer = client.get(f"/community/?{query}")
        assert answer.status_code == 404
        assert "Posts can be sorted by" in answer.text or "The period is" in answer.text


class TestWalking:
    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("in_category", [False, True])
    def test_meets_every_post_once(self, client, settings, sort, in_category):
        settings.LIST_PAGE = 4
        shelf = make_category()
        expected = [f"Number {number}" for number in range(11)]
        for place, pk in enumerate(make_many_posts(11, category=shelf)):
            Post.objects.filter(pk=pk).update(title=expected[place], score=place % 2)
        address = shelf.get_absolute_url() if in_category else "/community/"
        seen = walk(client, f"{address}?sort={sort}&period=all" if sort == "top" else f"{address}?sort={sort}")
        assert sorted(seen) == sorted(expected)

    def test_keeps_the_sort_and_the_period_on_the_next_page(self, client, settings):
        settings.LIST_PAGE = 1
        make_many_posts(3)
        link = re.search(r'rel="next" href="([^"]+)"', client.get("/community/?sort=top&period=year").text)[1]
        assert "sort=top" in link
        assert "period=year" in link

    @pytest.mark.parametrize(
        "after", ["x", "W10", "WzFd", "WyJhIiwgMV0", "A" * 700, "%00", "é", "W25hbiwgMV0", "WyJcdWQ4MDAiLCAxXQ"]
    )
    @pytest.mark.parametrize("sort", SORTS)
    def test_answers_a_wrong_cursor_with_a_sentence(self, client, after, sort):
        answer = client.get(f"/community/?sort={sort}&after={after}")
        assert answer.status_code in (400, 404)
        assert "Start again at the beginning" in answer.text or answer.status_code == 400

    def test_takes_the_cursor_of_another_sort_for_a_wrong_one(self, client, settings):
        settings.LIST_PAGE = 1
        make_many_posts(3)
        after = re.search(r"after=([^\"&]+)", client.get("/community/?sort=new").text)[1]
        assert client.get(f"/community/?sort=hot&after={after}").status_code == 404

    @pytest.mark.parametrize("page", ["0", "-1", "1", "99999999999999999999", "x"])
    def test_knows_no_page_numbers(self, client, page):
        make_post(title="Here")
        assert titles(client.get(f"/community/?page={page}")) == ["Here"]


class TestCategory:
    def test_shows_its_own_posts_only(self, client):
        shelf = make_category("Treatment")
        make_post(title="Mine", category=shelf)
        make_post(title="Another")
        assert titles(client.get("/community/c/treatment/")) == ["Mine"]

    def test_is_404_where_there_is_none(self, client):
        assert client.get("/community/c/none-such/").status_code == 404

    def test_shows_a_pinned_post_above_its_first_page_and_nowhere_twice(self, client, settings):
        settings.LIST_PAGE = 2
        shelf, moderator = make_category(), make_moderator()
        pinned = make_post(title="Read first", category=shelf, posted_at=days_ago(50))
        pinned.pin(moderator, "Rules.")
        for number in range(3):
            make_post(title=f"Post {number}", category=shelf)
        first = client.get(shelf.get_absolute_url())
        assert titles(first)[0] == "Read first"
        assert "Pinned posts" in first.text
        seen = walk(client, shelf.get_absolute_url())
        assert sorted(seen) == ["Post 0", "Post 1", "Post 2", "Read first"]
        for address in ("/community/", f"{shelf.get_absolute_url()}?sort=new", make_category().get_absolute_url()):
            assert "Pinned posts" not in client.get(address).text

    def test_loses_no_pinned_post_where_more_are_pinned_than_stand_above(self, client):
        shelf, moderator = make_category(), make_moderator()
        for number in range(7):
            make_post(title=f"Pinned {number}", category=shelf).pin(moderator, "Rules.")
        assert sorted(walk(client, shelf.get_absolute_url())) == [f"Pinned {number}" for number in range(7)]

    def test_does_not_show_a_pinned_post_that_is_hidden(self, client):
        shelf, moderator = make_category(), make_moderator()
        post = make_post(title="Out of sight", category=shelf)
        post.pin(moderator, "Rules.")
        post.hide(moderator, "Rude.")
        assert titles(client.get(shelf.get_absolute_url())) == []

    def test_receives_a_post_that_is_moved(self, client):
        post, shelf = make_post(title="Moved"), make_category("Meta")
        post.move(make_moderator(), shelf, "About the site.")
        assert titles(client.get("/community/c/meta/")) == ["Moved"]


def every_list(post: Post) -> list[str]:
    """Each place that shows posts, or numbers of them."""
    return [
        "/", "/community/", *(f"/community/?sort={sort}" for sort in SORTS), "/community/?sort=top&period=all",
        post.category.get_absolute_url(), f"{post.category.get_absolute_url()}?sort=new", "/tags/", "/tags/shared/",
        "/tags/shared/?show=posts", "/search/?q=marker", "/search/?q=markertitle", f"/members/{post.author}/",
    ]  # fmt: skip


class TestOutOfSight:
    """What is hidden or deleted is nowhere: not its words, and not in a number."""

    @pytest.fixture
    def beside(self):
        """A post and a study that share its tag, where it would be shown as related."""
        return make_post(title="Beside it", tags=["shared"]), make_study("A study of it", tags=["shared"])

    @pytest.fixture
    def post(self, beside):
        return make_post(title="Markertitle of it", body="Marker words", own_gist="Marker gist", tags=["shared"])

    @pytest.mark.parametrize("member", [False, True])
    @pytest.mark.parametrize("state", ["hidden", "deleted"])
    def test_nowhere(self, client, post, beside, member, state):
        places = [
            *every_list(post),
            *(thing.get_absolute_url() for thing in beside),
            f"{beside[1].get_absolute_url()}posts/",
        ]
        if member:
            client.force_login(make_member())
        assert (
            sum("Marker" in client.get(place).text for place in places) == len(places) - 1
        )  # all but the list of tags
        post.hide(make_moderator(), "Rude.") if state == "hidden" else post.delete_by_author()
        for place in places:
            page = client.get(place)
            assert page.status_code == 200, place
            assert not re.search(r"marker (title|gist|words)|Markertitle of|markertitle-of", page.text), place
        assert "1 / 1" in client.get("/tags/shared/?show=posts").text
        assert "Posts 0" in client.get(f"/members/{post.author}/").text

    def test_but_before_moderators_what_is_hidden_is(self, client, post, beside):
        post.hide(make_moderator(), "Rude.")
        client.force_login(make_moderator())
        for place in every_list(post):
            if place not in ("/tags/",):
                assert "Markertitle of it" in client.get(place).text, place
        # Related posts are the same for everyone.
        for thing in beside:
            assert "Markertitle of it" not in client.get(thing.get_absolute_url()).text

    def test_not_even_before_moderators_what_its_author_deleted(self, client, post, beside):
        post.delete_by_author()
        client.force_login(make_moderator())
        for place in every_list(post):
            assert "Markertitle of it" not in client.get(place).text, place

    def test_with_the_comments_under_it(self, client):
        comment = make_comment(body="Under something hidden")
        profile = f"/members/{comment.author}/?show=comments"
        assert "Under something hidden" in client.get(profile).text
        comment.post.hide(make_moderator(), "Rude.")
        page = client.get(profile).text
        assert "Under something hidden" not in page
        assert "Comments 0" in page
