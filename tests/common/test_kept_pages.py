"""Pages kept for guests: the same until anything is written, and never a member's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.kept_pages import KeptPagesMiddleware, Page
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


def least_asked(guest: Client, address: str) -> int:
    """The fewest queries of several visits: whatever else writes in the cluster (autovacuum, the suite's other
    workers) has a page made anew, which costs time and never truth."""
    return min(asked(guest, address) for _ in range(20))


def test_costs_one_query_until_anything_is_written() -> None:
    guest, address = Client(), make_comment().post.get_absolute_url()
    first = guest.get(address)
    assert least_asked(guest, address) == 1
    again = guest.get(address)
    assert again.content == first.content
    assert {**again.headers, "X-Request-ID": ""} == {**first.headers, "X-Request-ID": ""}
    make_member()
    assert asked(guest, address) > 1


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
def test_is_not_for_whoever_brings_more_than_an_address(headers) -> None:
    guest, address = Client(), make_post().get_absolute_url()
    assert least_asked(guest, address) == 1
    assert asked(guest, address, headers=headers) > 1


@pytest.mark.parametrize("address", ["/search/?q=acne", "/accounts/login/", "/healthz", "/moderation/nothing/"])
def test_keeps_no_page_that_is_not_named(address: str) -> None:
    guest = Client()
    for _ in range(2):
        assert "ETag" not in guest.get(address)


def test_tells_what_is_asked_for_apart() -> None:
    guest, address = Client(), make_post().get_absolute_url()
    guest.get(address)
    assert asked(guest, f"{address}?sort=new") > 1
    assert asked(guest, address, headers={"accept": "text/html"}) > 1
    assert asked(guest, f"{address}?{'x' * 400}") > 1
    assert asked(guest, f"{address}?{'x' * 400}") > 1


def test_makes_room_for_what_is_asked_for_now() -> None:
    keeper = KeptPagesMiddleware(lambda request: None)
    keeper.room = 100
    for name, size in (("a", 90), ("b", 40), ("a", 40), ("c", 40)):
        keeper._keep(("http", "here", name, ""), _page(size))
    assert [key[2] for key in keeper.pages] == ["a", "c"] and keeper.held == 80


def _page(size: int) -> Page:
    return Page(b"x" * size, {}, "1:1:", 0.0)
