"""Somebody at a browser: what they see, press and type, and what went wrong behind the page meanwhile."""

from __future__ import annotations

import re
from types import SimpleNamespace

from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request, Response, expect

from accounts.models import Member
from notices import jobs
from notices.models import Mail

PASSWORD = "plover-anvil-94"
# Chromium logs each answer of 400 and more; whether that answer is right is for the test to say.
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of \d+")


class Visitor:
    """One browser with its own cookies. ``page`` is its first tab; ``problems`` tell what no page may do."""

    def __init__(self, context: BrowserContext, address: str, *, has_javascript: bool = True) -> None:
        self.context, self.address, self.has_javascript = context, address, has_javascript
        self.problems: list[str] = []
        self.axe_ran = False
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)
        self.page = context.new_page()
        # Whoever begins to listen in the moment of the press can come too late for a chooser that opens at once.
        self.page.on("filechooser", lambda chooser: None)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self._expected(message.text):
            self.problems.append(f"console of {message.page.url if message.page else '?'}: {message.text}")

    def _expected(self, text: str) -> bool:
        # axe tries styles of its own, which the page's policy refuses.
        return bool(ANSWERED.match(text)) or (self.axe_ran and text.startswith("Applying inline style violates"))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.problems.append(f"another site was asked: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 and response.status != 503:
            self.problems.append(f"{response.status} for {response.url}")
        if response.status >= 400 and response.request.resource_type in ("stylesheet", "script", "image", "font"):
            self.problems.append(f"{response.status} for {response.url}")

    def is_signed_in_as(self, member: Member) -> None:
        """Give the browser a session of ``member``."""
        client = Client()
        client.force_login(member)
        session = client.cookies["sessionid"].value
        self.context.add_cookies([{"name": "sessionid", "value": session, "url": self.address, "sameSite": "Lax"}])

    def is_signed_out(self) -> None:
        """End the session as another tab would, behind the pages that are open."""
        self.context.clear_cookies(name="sessionid")

    def visit(self, path: str) -> Response:
        response = self.page.goto(path)
        assert response is not None, path
        return response

    def follow(self, words: str | re.Pattern[str]) -> None:
        """Follow the link that reads so."""
        self.page.get_by_role("link", name=words).first.click()

    def press(self, words: str, within: Locator | None = None) -> None:
        """Press the button that reads so."""
        (within or self.page).get_by_role("button", name=words, exact=True).click()

    def vote_button(self, of: str = "#post") -> Locator:
        """The upvote button of the post, or of ``#comment-12`` itself and not of what answers it."""
        return self.page.locator(f"{of} > .post__foot .vote-button, {of} > .comment__foot .vote-button")

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("body")).to_contain_text(words)

    def is_at(self, path: str | re.Pattern[str]) -> None:
        expect(self.page).to_have_url(path if isinstance(path, re.Pattern) else self.address + path)

    def signs_up(self, name: str) -> None:
        """Fill in the sign-up page, and enter the code from the mail."""
        self.page.get_by_label("E-mail address").fill(f"{name}@example.org")
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Join", self.page.locator("main"))
        self.page.get_by_label("Code").fill(self.code_mailed_to(f"{name}@example.org"))
        self.press("Confirm")

    def code_mailed_to(self, address: str) -> str:
        """The code of the newest mail to ``address``, read on the demo's mail page in another tab."""
        send_queued_mail()
        tab = self.context.new_page()
        tab.goto("/demo/mail/")
        code = tab.get_by_role("article").filter(has_text=address).first.locator(".mail__code code").inner_text()
        tab.close()
        return code


def send_queued_mail() -> None:
    """Do what the job worker does with the outbox."""
    for mail in Mail.objects.order_by("pk"):
        jobs.send_mail(SimpleNamespace(job=SimpleNamespace(attempts=0)), mail_id=mail.pk)
