"""What every page must be: open to everyone by axe's rules, and never wider than the screen.

``LOOK_AT=folder`` has every page looked at in all four corners of width and scheme, and keeps a picture of each there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.visitor import Visitor

axe = Axe()

WIDE, PHONE, NARROW = 1280, 390, 320  # CSS pixels; 320 is what WCAG 2.2 asks for (1.4.10)
# Without "preload": axe would fetch the style sheets once more, and look for what they import beside the page.
OPTIONS: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
# Rules about layout don't look at colours, and no width has colours of its own: two corners show what all four would.
LOOKS = (("light", WIDE), ("dark", PHONE))
CORNERS = (*LOOKS, ("dark", WIDE), ("light", PHONE))
LOOK_AT = os.environ.get("LOOK_AT", "")


def assert_sound(visitor: Visitor, looks: tuple[tuple[str, int], ...] = LOOKS) -> None:
    """Fail with a line for each thing that is wrong with the open page, in light and dark, wide and on a phone.

    Only where there is JavaScript: axe is a script itself, and waits for ever where none runs.
    """
    if not visitor.has_javascript:
        return
    visitor.axe_ran = True
    found = _faults(visitor.page, looks)
    assert not found, "\n".join(found)


def _faults(page: Page, looks: tuple[tuple[str, int], ...]) -> list[str]:
    found = []
    before = page.viewport_size or {"width": WIDE, "height": 900}
    for scheme, width in CORNERS if LOOK_AT else looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 844})
        found += [f"{scheme}, {width} px: {fault}" for fault in _axe_faults(page)]
        if LOOK_AT:
            parts = urlsplit(page.url)
            name = re.sub(r"\W+", "-", f"{parts.path} {parts.query}").strip("-")[:80] or "home"
            page.screenshot(path=Path(LOOK_AT) / f"{name}--{width}-{scheme}.png", full_page=True)
    for width in (PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": 844})
        found += [f"{width} px: {wider}" for wider in wider_than_the_screen(page)]
    page.set_viewport_size(before)
    return found


def _axe_faults(page: Page) -> list[str]:
    violations = axe.run(page, options=OPTIONS).response["violations"]
    return [
        f"{violation['id']} at {', '.join(map(str, node['target']))}: {node['html'][:200]}"
        for violation in violations
        for node in violation["nodes"]
    ]


def wider_than_the_screen(page: Page) -> list[str]:
    """The innermost elements that make the page scroll sideways; none where it does not."""
    return page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1);
          return wide.filter((e) => !wide.some((other) => other !== e && e.contains(other)))
            .map((e) => `sideways scrolling by ${e.outerHTML.slice(0, 160)}`);
        }"""
    )
