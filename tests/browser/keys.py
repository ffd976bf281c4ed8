"""Somebody who has a keyboard and no mouse: Tab, Shift+Tab, Enter, Space, Escape, the arrows and letters."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import ElementHandle, Locator, Page, expect

# What the stop that has just got the focus is like, beside the stop before it (remembered on the page).
STOP = """(wanted) => {
  const element = document.activeElement, before = window.stopBefore;
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const onScreen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0;
  // The calendar in a field for a date has a ring of its own, the browser's.
  const inner = element.matches("[type=date]:focus-within:not(:focus)");
  const floats = (each) => Boolean(each.closest(".menu__items, .skip-link"));
  let astray = "";
  if (element.tabIndex > 0) astray = "has an order of its own";
  // A field for a date has three stops of its own.
  if (before && before.element !== element && before.element.isConnected && element !== document.body && !floats(element) && !floats(before.element)) {
    const was = before.element.getBoundingClientRect();
    if (!(before.element.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) !== before.isBack) astray = "is out of order";
    // Down the page, or along its line, or on to the next column.
    if (!before.isBack && box.bottom <= was.top && box.left < was.right) astray = "lies above the stop before it";
  }
  return { isThere: element === wanted, isSeen: element === document.body || ((outlined || inner) && onScreen), astray,
           words: element.outerHTML.slice(0, 160) };
}"""
REMEMBER = """(isBack) => {
  const element = document.activeElement;
  window.stopBefore = element === document.body ? null : { element, isBack };
}"""


class Keys:
    """The keys of one page. Each stop on a way must be seen, and come after the one before it as one reads."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> Keys:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, words: str) -> Keys:
        self.page.keyboard.type(words)
        return self

    def to(self, wanted: Locator, *, back: bool = False, most: int = 80) -> Keys:
        """Tab until the focus is on ``wanted``; with ``back``, Shift+Tab."""
        aim = wanted.element_handle()
        for _ in range(most):
            if self._step(aim, back)["isThere"]:
                return self
        raise AssertionError(f"{wanted} is not reached within {most} steps")

    def _step(self, aim: ElementHandle, back: bool) -> dict[str, Any]:
        self.page.evaluate(REMEMBER, back)
        self.page.keyboard.press("Shift+Tab" if back else "Tab")
        stop = self.page.evaluate(STOP, aim)
        assert stop["isSeen"], f"the focus cannot be seen: {stop['words']}"
        assert not stop["astray"], f"{stop['words']} {stop['astray']}"
        return stop

    def into(self, words: str) -> Keys:
        """From the start of a page past its header, by the link for that; ``words`` is the page's heading."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(words)
        self.page.wait_for_load_state()
        if self.page.url.endswith("#main"):
            return self  # a browser takes the "#" of a form's page along to where the form leads
        skip = self.page.get_by_role("link", name="Skip to the content")
        self.page.keyboard.press("Tab")
        assert skip.evaluate("element => element === document.activeElement"), self._where()
        return self.press("Enter")

    def _where(self) -> str:
        return self.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")

    def stays(self, on: Locator | None = None) -> Keys:
        """The focus is on ``on``, or at least somewhere, and can be seen."""
        expect(on or self.page.locator(":focus")).to_be_focused()
        assert self.page.evaluate(STOP, None)["isSeen"], self._where()
        return self
