"""Pages kept for guests: the same until anything is written, and never a member's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from common import kept_pages
from common.kept_pages import LONGEST, ONE_AT_MOST, KeptPagesMiddleware, Page
from forum.models import Comment, Post
from tests.builders import make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def kept(settings) -> None:
    settings.KEPT_PAGES_MB = 1


def asked(guest: Client, address: str, **more) -> int:
    """How many queries the page costs."""
    with CaptureQueriesContext(connection) as queries:
        assert guest.get(address, **more).status_code == 200
    return len(queries)


@pytest.fixture
def written(monkeypatch) -> Callable[[], None]:
    """The snapshot stays as it is until this is called. The real one moves with whatever is written in the cluster: by
    autovacuum and by the suite's other workers, which makes a page anew and costs time."""
    times = [0]

    def snapshot() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return str(times[0])

    def write() -> None:
        times[0] += 1

    monkeypatch.setattr(kept_pages, "_snapshot", snapshot)
    return write


def test_costs_one_query_until_anything_is_written(written) -> None:
    guest, address = Client(), make_comment().post.get_absolute_url()
    first = guest.get(address)
    assert asked(guest, address) == 1
    again = guest.get(address)
    assert again.content == first.content
    assert {**again.headers, "X-Request-ID": ""} == {**first.headers, "X-Request-ID": ""}
    written()
    assert asked(guest, address) > 1


def test_what_is_written_makes_another_snapshot_and_nothing_else_does() -> None:
    before = kept_pages._snapshot()
    make_member()
    assert kept_pages._snapshot() != before
    assert any(kept_pages._snapshot() == kept_pages._snapshot() for _ in range(1000))


def test_shows_every_change_at_once() -> None:
    guest, post = Client(), make_post(title="A thread")
    address = post.get_absolute_url()
    assert "First words" not in guest.get(address).text
    comment = post.add_comment(make_member(), "First words")
    assert "First words" in guest.get(address).text
    comment.hide(make_moderator(), "Rude")
    assert "First words" not in guest.get(address).text
    post.hide(make_moderator(), "Rude")
    assert guest.get(address).status_code == 404


def test_sees_what_was_begun_before_and_committed_after_the_page_was_made() -> None:
    """Whoever writes has a number already when the page is made, and is not over: the page must not outlive that."""
    guest, comment = Client(), make_comment(body="Soon changed")
    address = comment.post.get_absolute_url()
    with ThreadPoolExecutor(1) as other:

        def in_another_connection(client: Client) -> str:
            try:
                return client.get(address).text
            finally:
                connection.close()

        with transaction.atomic():
            Comment.objects.filter(pk=comment.pk).update(is_hidden=True)
            Post.objects.filter(pk=comment.post_id).update(comment_count=0)
            assert "Soon changed" in other.submit(in_another_connection, guest).result()
        assert "Soon changed" not in other.submit(in_another_connection, guest).result()


def test_is_answered_304_to_a_browser_that_has_it() -> None:
    guest, address = Client(), make_post().get_absolute_url()
    tag = guest.get(address)["ETag"]
    for _ in range(2):
        answer = guest.get(address, headers={"if-none-match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer["ETag"] == tag and answer["Cache-Control"] == "no-cache" and "Cookie" in answer["Vary"]
    make_member()
    assert guest.get(address, headers={"if-none-match": tag}).status_code == 304  # made anew, and still the same
    assert guest.get(address, headers={"if-none-match": '"other"'}).status_code == 200


def test_is_never_a_members_and_never_for_one() -> None:
    post, member = make_post(), make_member()
    address, browser, guest = post.get_absolute_url(), Client(), Client()
    browser.force_login(member)
    mine = browser.get(address)
    assert mine["Cache-Control"] == "private, no-store" and "ETag" not in mine
    assert member.username not in guest.get(address).text
    assert member.username in browser.get(address).text  # though the guests' page is kept by now


@pytest.mark.parametrize(
    "headers", [{"cookie": "csrftoken=x"}, {"hx-request": "true"}, {"authorization": "Token x"}], ids=str
)
def test_is_not_for_whoever_brings_more_than_an_address(written, headers) -> None:
    guest, address = Client(), make_post().get_absolute_url()
    guest.get(address)
    assert asked(guest, address) == 1
    assert asked(guest, address, headers=headers) > 1


@pytest.mark.parametrize("address", ["/search/?q=acne", "/accounts/login/", "/healthz", "/moderation/nothing/"])
def test_keeps_no_page_that_is_not_named(address: str) -> None:
    guest = Client()
    for _ in range(2):
        assert "ETag" not in guest.get(address)


def test_tells_what_is_asked_for_apart(written) -> None:
    guest, address = Client(), make_post().get_absolute_url()
    guest.get(address)
    assert asked(guest, f"{address}?sort=new") > 1
    assert asked(guest, address, headers={"accept": "text/html"}) > 1
    assert asked(guest, f"{address}?{'x' * 400}") > 1
    assert asked(guest, f"{address}?{'x' * 400}") > 1


class Site:
    """A site behind the middleware: how often it was asked, of whatever was asked of the middleware."""

    def __init__(self, response: Callable[[], object] = lambda: HttpResponse("Words"), **request) -> None:
        self.response, self.request, self.times = response, request, 0
        self.keeper = KeptPagesMiddleware(self)

    def __call__(self, request: HttpRequest):
        self.times += 1
        request.resolver_match = SimpleNamespace(view_name="forum:post")
        for name, value in self.request.items():
            setattr(request, name, value)
        return self.response()

    def get(self, path: str = "/", method: str = "get", **more) -> int:
        self.keeper(getattr(RequestFactory(), method)(path, **more))
        return self.times


def answer(body: str = "Words", status: int = 200, cookie: str = "", **headers: str) -> HttpResponse:
    made = HttpResponse(body, status=status, headers={name.replace("_", "-"): each for name, each in headers.items()})
    if cookie:
        made.set_cookie(cookie)
    return made


class TestAPage:
    """Answered by the site itself, or from what is kept."""

    def test_is_asked_of_the_site_once(self, written) -> None:
        site = Site()
        assert [site.get() for _ in range(3)] == [1, 1, 1]
        assert site.get(method="head") == 1

    def test_that_only_its_head_was_asked_of_is_made_for_who_wants_it_whole(self, written) -> None:
        site = Site()
        assert [site.get(method="head"), site.get()] == [1, 2]

    @pytest.mark.parametrize(
        ("response", "request_is"),
        [
            (lambda: answer(status=404), {}), (lambda: answer(status=500), {}), (lambda: answer(cookie="seen"), {}),
            (lambda: answer(Cache_Control="private, no-store"), {}), (lambda: answer("x" * (ONE_AT_MOST + 1)), {}),
            (lambda: StreamingHttpResponse(["Words"]), {}), (answer, {"_csp_nonce": "drawn for this page"}),
            (answer, {"resolver_match": SimpleNamespace(view_name="pages:search")}), (answer, {"resolver_match": None}),
        ],
        ids=["404", "500", "cookie", "cache", "large", "streamed", "nonce", "not named", "no view"],
    )  # fmt: skip
    def test_that_is_no_plain_page_for_everybody_is_never_kept(self, written, response, request_is) -> None:
        site = Site(response, **request_is)
        assert [site.get(), site.get()] == [1, 2]

    @pytest.mark.parametrize(
        "more",
        [
            {"method": "post"}, {"method": "options"}, {"path": "/?sort=new"}, {"path": "/" + "x" * 300}, {"secure": True},
            {"headers": {"host": "other.example"}}, {"headers": {"accept": "text/html"}}, {"headers": {"cookie": "a=b"}},
            {"headers": {"hx-request": "true"}}, {"headers": {"authorization": "Token x"}},
        ],
        ids=str,
    )  # fmt: skip
    def test_is_not_answered_to_who_asks_for_something_else(self, written, more) -> None:
        site = Site()
        site.get()
        assert site.get(**more) == 2
        assert site.get() == 2  # and did not take its place

    @pytest.mark.parametrize("more", [{"method": "post"}, {"path": "/" + "x" * 300}, {"headers": {"cookie": "a=b"}}])
    def test_that_is_not_plainly_asked_for_is_not_kept(self, written, more) -> None:
        site = Site()
        assert [site.get(**more), site.get(**more)] == [1, 2]

    def test_is_made_anew_after_a_while_and_after_a_write(self, written, monkeypatch) -> None:
        site, now = Site(), [0.0]
        monkeypatch.setattr(kept_pages, "time", SimpleNamespace(monotonic=lambda: now[0]))
        site.get()
        now[0] += LONGEST - 1
        assert site.get() == 1
        now[0] += 1
        assert site.get() == 2
        written()
        assert site.get() == 3

    def test_holds_the_snapshot_from_before_it_was_made(self, written) -> None:
        site = Site(lambda: (written(), HttpResponse("Read before that"))[1])
        assert [site.get(), site.get()] == [1, 2]

    def test_is_not_kept_where_there_is_no_room(self, written, settings) -> None:
        settings.KEPT_PAGES_MB = 0
        site = Site()
        assert [site.get(), site.get()] == [1, 2]


def test_makes_room_for_what_is_asked_for_now() -> None:
    keeper = KeptPagesMiddleware(lambda request: None)
    keeper.room = 100
    for name, size in (("a", 40), ("b", 40), ("a", 10), ("c", 40), ("d", 20)):
        keeper._keep(("http", "here", name, ""), _page(size))
    assert [key[2] for key in keeper.pages] == ["a", "c", "d"] and keeper.held == 70


def _page(size: int) -> Page:
    return Page(b"x" * size, {}, "1:1:", 0.0)
