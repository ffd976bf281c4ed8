"""Works that a text names by an identifier: how the Markdown renderer learns of them, and how they are found again.

The renderer knows no identifier. An upper app teaches it with ``know``; what it finds becomes a link that carries a
key ("doi:10.1000/1"), by which that app knows the work again in the stored HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

# As ``common.markdown`` writes it and nh3 leaves it: nothing else in a member's text can look like this.
WORK_LINK = re.compile(
    r'<a href="(?P<address>[^"]*)"(?: title="[^"]*")? class="work(?P<worded> work--worded)?"'
    r' data-work="(?P<key>[^"]+)"[^>]*>(?P<words>.*?)</a>',
    re.DOTALL,
)
KEY = re.compile(r"[a-z]{2,20}:\S{1,300}")


@dataclass(frozen=True)
class Named:
    """A work that stands in ``text[start:end]``; ``address`` is where it can be read about."""

    start: int
    end: int
    key: str
    address: str


class Knowledge(Protocol):
    """What an app tells about the identifiers it knows."""

    def in_text(self, text: str) -> Sequence[Named]:
        """The works that a running text names, in order, without overlap."""

    def at_address(self, address: str) -> str:
        """The key of the work that a web address leads to, or ""."""


_known: list[Knowledge] = []


def know(knowledge: Knowledge) -> None:
    """Called by an app's ``ready``; the last to call is asked."""
    _known[:] = [knowledge]


def in_text(text: str) -> Sequence[Named]:
    return _known[0].in_text(text) if _known else ()


def at_address(address: str) -> str:
    return _known[0].at_address(address) if _known else ""


def keys_in(rendered: str) -> list[str]:
    """The keys of the works that rendered HTML links, in order, each once."""
    if "data-work" not in rendered:
        return []
    return list(dict.fromkeys(html.unescape(link["key"]) for link in WORK_LINK.finditer(rendered)))
