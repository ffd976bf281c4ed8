"""The kinds of notifications: one table, to which each floor adds its own (``register`` in the app's ``ready``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """``name`` is stored with each notification; ``title`` stands on the settings page."""

    name: str
    title: str


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
