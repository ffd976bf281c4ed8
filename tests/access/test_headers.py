"""The headers of the pages that say what went wrong, weighed like those of all others (``test_matrix``)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import path

import config.urls
from tests.access.headers import score
from tests.access.test_matrix import WORTH
from tests.builders import make_member

pytestmark = pytest.mark.django_db


def broken(request):
    raise RuntimeError("broken")


urlpatterns = [path("broken/", broken), *config.urls.urlpatterns]
handler400, handler403, handler404, handler500 = (
    config.urls.handler400, config.urls.handler403, config.urls.handler404, config.urls.handler500,
)  # fmt: skip

WRONG = {
    "a NUL in the address": (400, lambda client: client.get("/search/?q=%00", secure=True)),
    "another host": (400, lambda client: client.get("/", secure=True, headers={"Host": "evil.example"})),
    "a form without its token": (403, lambda client: client.post("/settings/", secure=True)),
    "nothing there": (404, lambda client: client.get("/nowhere/", secure=True)),
    "another method": (405, lambda client: client.options("/about/", secure=True)),
    "an odd charset": (415, lambda client: client.post("/search/", "a=b", content_type="text/plain; charset=utf-7", secure=True)),
    "too large": (413, lambda client: client.post("/search/", {"a": "b" * 3_000_000}, secure=True)),
    "an error of ours": (500, lambda client: client.get("/broken/", secure=True)),
    "to the sign-in page": (302, lambda client: client.get("/drafts/", secure=True)),
    "the sign-in page": (200, lambda client: client.get("/accounts/login/", secure=True)),
    "a file that is not there": (404, lambda client: client.get("/static/none.css", secure=True)),
}  # fmt: skip


@pytest.fixture
def visitor(settings) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.ALLOWED_HOSTS = ["testserver"]
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_refuses_scores_as_high_as_any(wrong: str, visitor: Client) -> None:
    status, ask = WRONG[wrong]
    visitor.force_login(make_member()) if status == 403 else None
    answer = ask(visitor)
    assert answer.status_code == status
    assert score(answer) >= WORTH, dict(answer.headers)


class TestTheScore:
    """A scale that gives everything the same weight would prove nothing."""

    @pytest.mark.parametrize(
        ("header", "value"),
        [
            ("Content-Security-Policy", "default-src 'self'; script-src 'unsafe-inline'"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"),
            ("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-eval'; frame-ancestors 'none'"),
            ("Strict-Transport-Security", "max-age=60"),
            ("Access-Control-Allow-Origin", "*"),
            ("Referrer-Policy", "unsafe-url"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
        ],
    )
    def test_falls_below_what_is_asked_for_each_header_that_is_wrong(
        self, header: str, value: str, visitor: Client
    ) -> None:
        answer = visitor.get("/about/", secure=True)
        assert score(answer) >= WORTH
        answer.headers[header] = value
        assert score(answer) < WORTH

    def test_falls_for_a_cookie_that_would_go_over_plain_http(self, visitor: Client) -> None:
        answer = visitor.get("/accounts/login/", secure=True)
        answer.set_cookie("plain", "1")
        assert score(answer) < WORTH
