"""What a moderator does on the page of one thing, in a browser: a deed with its reason, and the undoing of the last."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator

from tests.browser.visitor import Visitor


def act(moderator: Visitor, deed: str, reason: str = "Because", fill: Callable[[Locator], None] | None = None) -> None:
    """On the page that is open: choose the deed by its label, ``fill`` what it asks for beside a reason, and do it."""
    form = moderator.page.locator("details.act").filter(
        has=moderator.page.locator("summary", has_text=re.compile(f"^{deed}$"))
    )
    form.locator("summary").click()
    if fill:
        fill(form)
    form.get_by_label("Reason").fill(reason)
    form.get_by_role("button", name=deed).click()
    moderator.sees("Done: ")


def undo_the_last(moderator: Visitor, reason: str = "It was fine") -> None:
    """On the page that is open: take back what was done last."""
    done = moderator.page.get_by_role("region", name="What was done").locator(".log-line").first
    done.locator("summary").click()
    done.get_by_label("Reason").fill(reason)
    done.get_by_role("button").click()
    moderator.sees("Undone.")
