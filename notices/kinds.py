"""The kinds of notifications: one table, to which each floor adds its own (``register`` in the app's ``ready``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Line:
    """One thing of several that a notification has gathered."""

    words: str
    url: str


# Takes notifications of one kind and a moment; gives what each (by id) has gathered since, the first few of it.
Lines = Callable[[Sequence[Any], datetime], dict[int, list[Line]]]


@dataclass(frozen=True)
class Kind:
    """``name`` is stored with each notification; ``title`` stands on the settings page.

    ``lines`` tells for digests what a notification has gathered; where it is one thing, its words say it all.
    """

    name: str
    title: str
    lines: Lines | None = None


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Add kinds, in the order of the settings page; adding one again changes nothing."""
    for kind in kinds:
        _kinds.setdefault(kind.name, kind)


def all_kinds() -> tuple[Kind, ...]:
    return tuple(_kinds.values())


def known(name: str) -> Kind:
    """The kind of this name. Raises ``LookupError`` for one that no app has registered."""
    if name not in _kinds:
        raise LookupError(f"No kind of notification is called {name!r}: register it in your app's ready().")
    return _kinds[name]
