"""The demo's mail page."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from django.core.mail import send_mail
from django.test import Client

from notices import mailbox, urls
from notices.models import Mail
from tests.notices.conftest import run

PAGE = "/demo/mail/"
pytestmark = pytest.mark.django_db


def land(subject: str, text: str = "Hello", to: str = "maren@example.org", html: str | None = None) -> None:
    """Let a mail land in the folder."""
    send_mail(subject, text, "desk@studyhall.example", [to], html_message=html)
    run(Mail.objects.get().pk)


class TestMailPage:
    def test_shows_the_newest_mail_first(self, folder: Path, client: Client):
        land("the first")
        land("the second")
        page = client.get(PAGE).content.decode()
        assert page.index("the second") < page.index("the first")

    def test_shows_the_code_by_itself(self, folder: Path, client: Client):
        land("Your code", "Enter this:\n\n    ABCD-2345\n\nBye")
        assert "<code>ABCD-2345</code>" in client.get(PAGE).content.decode()

    def test_shows_text_as_text(self, folder: Path, client: Client):
        land("<b>bold</b> ünd 密", "<script>alert(1)</script>", html="<img src=x onerror=alert(1)>")
        page = client.get(PAGE).content.decode()
        assert "&lt;b&gt;bold&lt;/b&gt; ünd 密" in page
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert "<img src=x" not in page

    def test_is_there_when_nothing_has_landed(self, folder: Path, client: Client):
        assert "No mail yet" in client.get(PAGE).content.decode()

    def test_is_not_kept_by_anyone(self, folder: Path, client: Client):
        assert "no-store" in client.get(PAGE).headers["Cache-Control"]

    def test_shows_a_bounded_number(self, folder: Path, client: Client, monkeypatch):
        monkeypatch.setattr(mailbox, "MOST", 2)
        for number in range(4):
            land(f"mail number {number}")
        page = client.get(PAGE).content.decode()
        assert page.count('class="panel mail"') == 2

    def test_does_not_exist_in_production(self, folder: Path, client: Client, settings):
        settings.PRODUCTION = True
        assert client.get(PAGE).status_code == 404

    def test_is_not_even_a_route_there(self, settings):
        try:
            settings.PRODUCTION = True
            assert "mail" not in {route.name for route in importlib.reload(urls).urlpatterns}
        finally:
            settings.PRODUCTION = False
            importlib.reload(urls)


class TestMailbox:
    def test_finds_the_mails_to_one_address(self, folder: Path):
        land("for maren")
        land("for tobias", to="tobias@example.org")
        assert [mail.subject for mail in mailbox.landed(to="tobias@example.org")] == ["for tobias"]

    def test_reads_no_code_in_a_mail_without_one(self, folder: Path):
        land("News", "The file AB-12 and ABCD-EFGH inside a line are not codes.")
        assert mailbox.landed()[0].code == ""
