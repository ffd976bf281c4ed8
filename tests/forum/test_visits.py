import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum import holding, threads
from forum.models import Post, ReadMark, Visit
from notices import muting
from tests.builders import make_comment, make_many_comments, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return make_member("reader_one")


@pytest.fixture
def browser(reader):
    client = Client()
    client.force_login(reader)
    return client


def later(hours: float = 1) -> None:
    """Let so much time go by since every visit."""
    Visit.objects.update(visited_at=F("visited_at") - timedelta(hours=hours))


def new_ones(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'class="comment[^"]* comment--new" id="comment-(\d+)"', page)]


class TestAVisit:
    def test_finds_what_came_since_the_last_one(self, reader, browser):
        post = make_post()
        make_comment(post)
        address = post.get_absolute_url()
        assert new_ones(browser.get(address).text) == []
        later()
        first, second = make_comment(post), make_comment(post)
        page = browser.get(f"{address}?sort=old").text
        assert new_ones(page) == [first.pk, second.pk]
        assert "2 new comments since your last visit" in page
        assert f'href="#comment-{first.pk}"' in page

    def test_lasts_while_the_member_looks_again(self, reader, browser):
        post = make_post()
        browser.get(post.get_absolute_url())
        later()
        first = make_comment(post)
        for _ in range(2):
            assert new_ones(browser.get(post.get_absolute_url()).text) == [first.pk]
        second = make_comment(post)
        assert new_ones(browser.get(f"{post.get_absolute_url()}?sort=old").text) == [first.pk, second.pk]
        later()
        assert new_ones(browser.get(post.get_absolute_url()).text) == []

    def test_counts_neither_ones_own_nor_what_is_out_of_sight_or_muted(self, reader, browser):
        post = make_post()
        browser.get(post.get_absolute_url())
        later()
        make_comment(post, author=reader)
        make_comment(post).hide(make_moderator(), "Rude")
        make_comment(post).delete_by_author()
        loud = make_comment(post)
        muting.mute(reader, "member", loud.author_id)
        page = browser.get(post.get_absolute_url()).text
        assert "since your last visit" not in page

    def test_leads_to_a_first_new_comment_on_another_page(self, reader, browser):
        post = make_post()
        top = make_comment(post)
        browser.get(post.get_absolute_url())
        later()
        first = make_many_comments(post, threads.REPLIES_EACH + 5, under=top)[-1]
        make_many_comments(post, threads.TOP_LEVEL_PAGE)
        Visit.objects.update(last_id=first - 1)
        page = browser.get(f"{post.get_absolute_url()}?sort=new").text
        assert f'href="{post.get_absolute_url()}?at={first}#comment-{first}"' in page
        assert first in new_ones(browser.get(f"{post.get_absolute_url()}?at={first}").text)

    def test_is_one_statement_and_writes_nothing_for_who_looks_again_a_moment_later(self, reader, browser):
        post = make_post()
        browser.get(post.get_absolute_url())
        for seconds, writes in ((30, False), (90, True)):
            Visit.objects.update(visited_at=F("visited_at") - timedelta(seconds=seconds))
            before = Visit.objects.get().visited_at
            with CaptureQueriesContext(connection) as queries:
                browser.get(post.get_absolute_url())
            assert len([query for query in queries if "forum_visit" in query["sql"]]) == 1
            assert (Visit.objects.get().visited_at != before) == writes
        Visit.objects.update(visited_at=F("visited_at") - timedelta(seconds=5))
        newest = make_comment(post)
        browser.get(post.get_absolute_url())
        assert Visit.objects.get().last_id == newest.pk

    def test_is_not_made_by_guests_or_before_anybody_looks(self, reader, browser):
        post, hidden = make_post(), make_post()
        hidden.hide(make_moderator(), "Rude")
        Client().get(post.get_absolute_url())
        browser.head(post.get_absolute_url())
        for header in ("Sec-Purpose", "Purpose", "X-Moz"):
            browser.get(post.get_absolute_url(), headers={header: "prefetch;prerender"})
        browser.post(f"/posts/{post.pk}/comment/", {"body": ""})
        browser.get(f"/posts/{post.pk}/first-new/")
        browser.get(hidden.get_absolute_url())
        assert not Visit.objects.exists()


class TestLists:
    def test_show_what_is_read_and_how_much_is_new(self, reader, browser):
        read, other = make_post(title="The one read"), make_post(title="The other")
        browser.get(read.get_absolute_url())
        page = browser.get("/community/").text
        assert page.count("data-read") == 1
        assert ">Read<" in page
        make_comment(read)
        make_comment(read, author=reader)
        make_comment(other)
        for address in ("/community/", "/", "/search/?q=one", read.author.get_absolute_url()):
            page = browser.get(address).text
            assert f'href="/posts/{read.pk}/first-new/">1 new<' in page, address
            assert f"/posts/{other.pk}/first-new/" not in page, address
        assert "data-read" not in Client().get("/community/").text

    def test_count_nothing_of_muted_members(self, reader, browser):
        post = make_post()
        browser.get(post.get_absolute_url())
        muting.mute(reader, "member", make_comment(post).author_id)
        assert "first-new" not in browser.get("/community/").text

    def test_count_to_a_hundred(self, reader, browser):
        post = make_post()
        browser.get(post.get_absolute_url())
        make_many_comments(post, 120)
        assert ">99+ new<" in browser.get("/community/").text

    def test_lead_to_the_first_new_comment(self, reader, browser):
        post = make_post()
        make_comment(post)
        browser.get(post.get_absolute_url())
        assert browser.get(f"/posts/{post.pk}/first-new/")["Location"] == f"{post.get_absolute_url()}#comments"
        first = make_comment(post)
        make_comment(post)
        assert browser.get(f"/posts/{post.pk}/first-new/")["Location"] == f"/comments/{first.pk}/"
        post.hide(make_moderator(), "Rude")
        assert browser.get(f"/posts/{post.pk}/first-new/").status_code == 404


class TestMarkAllAsRead:
    @pytest.mark.parametrize("kind", ["all", "category", "tag"])
    def test_takes_what_is_there_now_and_nothing_that_comes(self, reader, browser, kind):
        post = make_post(title="Of the list", tags=["acne"])
        elsewhere = make_post(title="Elsewhere", tags=["lupus"])
        make_comment(post)
        pk = {"all": 0, "category": post.category_id, "tag": post.tags.get().pk}[kind]
        page = {"all": "/community/", "category": post.category.get_absolute_url(), "tag": "/tags/acne/"}[kind]
        assert f'formaction="/read/{kind}/{pk}/"' in browser.get(page).text
        assert browser.post(f"/read/{kind}/{pk}/")["Location"] == page
        browser.post(f"/read/{kind}/{pk}/")
        assert ReadMark.objects.count() == 1
        later_post = make_post(title="Later", category=post.category, tags=["acne"])
        make_comment(post)
        page = browser.get("/community/?sort=new").text
        assert page.count("data-read") == (2 if kind == "all" else 1)
        assert f'/posts/{post.pk}/first-new/">1 new<' in page
        assert (f"/posts/{later_post.pk}/first-new/" in page, f"/posts/{elsewhere.pk}/first-new/" in page) == (0, 0)
        assert len(new_ones(browser.get(post.get_absolute_url()).text)) == 1

    @pytest.mark.parametrize("kind", ["all", "category", "tag"])
    def test_takes_no_post_that_waited_then_and_came_into_sight_later(self, reader, browser, kind, settings):
        settings.HOLD_FIRST = 1
        waiting = make_post(author=make_member("newcomer"), title="It waited", tags=["acne"])
        assert waiting.is_waiting
        settings.HOLD_FIRST = 0
        there = make_post(title="It was there", category=waiting.category, tags=["acne"])
        pk = {"all": 0, "category": waiting.category_id, "tag": there.tags.get().pk}[kind]
        browser.post(f"/read/{kind}/{pk}/")
        holding.approve(waiting, make_moderator(), "Fine")
        page = browser.get("/community/?sort=new").text
        assert "It waited" in page and page.count("data-read") == 1
        browser.get(waiting.get_absolute_url())
        assert browser.get("/community/?sort=new").text.count("data-read") == 2
        Visit.objects.all().delete()
        browser.post(f"/read/{kind}/{pk}/")
        assert browser.get("/community/?sort=new").text.count("data-read") == 2
        make_post(title="Newer", category=waiting.category, tags=["acne"])
        assert browser.get("/community/?sort=new").text.count("data-read") == 2

    def test_is_each_members_own(self, reader, browser):
        make_post()
        other = Client()
        other.force_login(make_member())
        browser.post("/read/all/0/")
        assert "data-read" not in other.get("/community/").text
        assert Client().post("/read/all/0/")["Location"].startswith("/accounts/login/")
        assert browser.get("/read/all/0/").status_code == 405
        for address in ("/read/post/1/", "/read/category/0/", "/read/tag/999999/"):
            assert browser.post(address).status_code == 404
        assert ReadMark.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_views_at_once_make_one_visit():
    reader, post = make_member(), make_post()
    make_comment(post)

    def look(_):
        client = Client()
        try:
            client.force_login(reader)
            return client.get(post.get_absolute_url()).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(look, range(12))) == [200] * 12
    assert Visit.objects.count() == 1
    assert Post.objects.get(pk=post.pk).visits.get().last_id == post.comments.get().pk
