"""Members called by "@name" in a text: how the renderer finds them, and how they are known again in its HTML.

The renderer knows no members. The app that has them says with ``know`` which of some names are somebody's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

MOST = 10  # members called by one text; further names stay as typed

# Not within an address (a@b.org), a host (@b.org) or another word.
CALL = re.compile(r"(?<![\w@/.+=-])@(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{2,23})(?![\w@-]|\.\w)")
# As ``common.markdown`` writes it and nh3 leaves it: nothing else in a member's text can look like this.
CALLED = re.compile(r'<a href="[^"]*" class="mention" data-member="(\d+)"')


@dataclass(frozen=True)
class Called:
    """A member whose name was found; ``address`` is their page."""

    pk: int
    address: str


# Takes names in lower case; gives those that are somebody's.
Lookup = Callable[[list[str]], Mapping[str, Called]]
_lookup: list[Lookup] = []


def know(lookup: Lookup) -> None:
    """Called by an app's ``ready``; the last to call is asked."""
    _lookup[:] = [lookup]


def names_in(text: str) -> Iterator[str]:
    """What may be names that a running text calls, in lower case."""
    return (match["name"].lower() for match in CALL.finditer(text))


def known(names: Iterable[str]) -> dict[str, Called]:
    """Those of the first ``MOST`` different names that are somebody's; without a name nobody is asked."""
    wanted = list(dict.fromkeys(names))[:MOST]
    return dict(_lookup[0](wanted)) if wanted and _lookup else {}


def ids_in(rendered: str) -> list[int]:
    """The ids of the members that rendered HTML calls, in order, each once."""
    return list(dict.fromkeys(map(int, CALLED.findall(rendered)))) if "data-member" in rendered else []
