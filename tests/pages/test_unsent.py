"""Words that were sent in vain come back on a page that sends them again, and only those that a page of ours sent."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from common import unsent
from forum.models import Comment
from tests.builders import make_member, make_post

pytestmark = pytest.mark.django_db

WORDS = 'One </textarea><script>alert(1)</script> "line"\n\nAnd another.'
HERE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def browser() -> Client:
    """A guest who was given a form, and so has the cookie that goes with it."""
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    return client


def token_in(html: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)
    assert found
    return found[1]


@pytest.fixture
def address() -> str:
    return f"/posts/{make_post().pk}/comment/"


def send(browser: Client, address: str, *, headers: dict[str, str] | None = None, **fields):
    token = browser.cookies["csrftoken"].value
    return browser.post(address, {"csrfmiddlewaretoken": token, **fields}, headers=headers)


def test_who_was_signed_out_gets_all_that_was_typed_and_sends_it_after_signing_in(browser, address) -> None:
    answer = send(browser, address, body=WORDS, token="8c1d2c5e-3b6a-4f0e-9d55-5a1d3f1f7a01")
    assert answer.status_code == 403 and answer["Cache-Control"] == "private, no-store"
    assert "One &lt;/textarea&gt;&lt;script&gt;" in answer.text and "<script>" not in answer.text
    assert "/accounts/login/?next=" in answer.text and not Comment.objects.exists()
    browser.force_login(make_member())
    for _ in range(2):  # pressed twice
        again = browser.post(
            address,
            {
                "csrfmiddlewaretoken": token_in(answer.text),
                "body": WORDS,
                "token": re.findall(r'name="token" value="([^"]+)"', answer.text)[0],
            },
        )
        assert again.status_code == 302
    assert Comment.objects.get().text.body == WORDS


def test_who_signed_in_meanwhile_presses_once_more(browser, address) -> None:
    browser.force_login(make_member())
    answer = browser.post(address, {"csrfmiddlewaretoken": "a" * 64, "body": WORDS}, headers=HERE)
    assert answer.status_code == 403 and "And another." in answer.text and "/accounts/login/" not in answer.text
    again = browser.post(address, {"csrfmiddlewaretoken": token_in(answer.text), "body": WORDS}, headers=HERE)
    assert again.status_code == 302 and Comment.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}],
    ids=str,
)
def test_what_another_site_made_up_is_not_offered_to_be_sent(browser, address, headers) -> None:
    browser.force_login(make_member())
    answer = browser.post(address, {"csrfmiddlewaretoken": "a" * 64, "body": WORDS}, headers=headers)
    assert answer.status_code == 403 and "And another." not in answer.text


def test_a_script_is_told_to_send_the_whole_form(browser, address) -> None:
    answer = send(browser, address, body=WORDS, headers={"hx-request": "true"})
    assert (answer.status_code, answer["X-Send-Whole"], answer.content) == (403, "true", b"")


def test_a_button_leads_to_the_sign_in_page_as_ever(browser, address) -> None:
    post = make_post()
    for answer in (send(browser, f"/posts/{post.pk}/upvote/"), send(browser, address, body="  ")):
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_no_password_and_no_file_comes_back(browser, address) -> None:
    answer = send(browser, address, body=WORDS, password="hunter2")
    assert answer.status_code == 302
    answer = send(browser, address, body=WORDS, file=SimpleUploadedFile("a.png", b"x"))
    assert answer.status_code == 302


def sent(*, cookie: bool = True, **more):
    """A request that brings words in vain, made anew for each way in which it may not be what it seems."""
    request = RequestFactory().post("/posts/1/comment/?after=3", **{"data": {"body": "Words"}} | more)
    if cookie:
        request.COOKIES[settings.CSRF_COOKIE_NAME] = "x"
    return request


@pytest.mark.parametrize(
    ("has", "more"),
    [
        (True, {}), (False, {"cookie": False}), (False, {"data": {"body": " \n"}}), (False, {"data": {"kind": "Words"}}),
        (False, {"data": {"body": "Words", "old_password": "hunter2"}}), (True, {"data": {"body": " ", "note": "Words"}}),
        (False, {"data": {"body": "Words", "file": SimpleUploadedFile("a.png", b"x")}}),
    ],
    ids=str,
)  # fmt: skip
def test_words_that_can_be_sent_again_are_known(has: bool, more) -> None:
    assert unsent.has_words(sent(**more)) is has


@pytest.mark.parametrize(
    ("is_ours", "more"),
    [
        (True, {"headers": {"sec-fetch-site": "same-origin"}}), (False, {"headers": {"sec-fetch-site": "none"}}),
        (False, {"headers": {"sec-fetch-site": "cross-site", "origin": "http://testserver"}}),
        (True, {"headers": {"origin": "http://testserver"}}), (True, {"headers": {"origin": "https://testserver"}, "secure": True}),
        (False, {"headers": {"origin": "http://testserver"}, "secure": True}), (False, {"headers": {"origin": "null"}}),
        (False, {"headers": {"origin": "http://evil-testserver"}}), (False, {"headers": {"origin": "http://testserver:81"}}), (False, {}),
    ],
    ids=str,
)  # fmt: skip
def test_a_page_of_ours_is_known_by_what_the_browser_says(is_ours: bool, more) -> None:
    assert unsent.is_from_here(sent(**more)) is is_ours


def test_everything_is_carried_along_but_the_old_token_and_nothing_is_kept(browser, address) -> None:
    browser.force_login(make_member())
    fields = {"csrfmiddlewaretoken": "a" * 64, "body": ["One", "Two"], "tick": ["1", '"2"'], "note": " "}
    answer = browser.post(f"{address}?after=3&x=<b>", fields, headers=HERE)
    assert answer.status_code == 403 and "no-store" in answer["Cache-Control"]
    assert f'action="{address}?after=3&amp;x=%3Cb%3E"' in answer.text
    carried = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text)
    assert [pair for pair in carried if pair[0] != "csrfmiddlewaretoken"] == [
        ("tick", "1"), ("tick", "&quot;2&quot;"), ("note", " "),
    ]  # fmt: skip
    assert unsent.page(sent())["Cache-Control"] == "no-store"
    assert "a" * 64 not in answer.text and answer.text.count('name="body"') == 2


def test_a_guest_whose_form_is_too_old_is_shown_where_to_sign_in(browser, address) -> None:
    answer = browser.post(address, {"csrfmiddlewaretoken": "a" * 64, "body": WORDS}, headers=HERE)
    assert answer.status_code == 403 and "And another." in answer.text and "/accounts/login/" in answer.text
