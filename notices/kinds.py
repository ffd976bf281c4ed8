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
class Passage:
    """Words of somebody's in a mail: whose (as all may see it), in plain text, and where they stand."""

    who: str
    text: str
    url: str


@dataclass(frozen=True)
class Content:
    """What a mail at once holds of one notification.

    ``name`` is the mail's own, the same for everybody who gets it ("comment-12"); ``thread`` are the names of what it
    answers, from the root down. They become Message-ID and References, by which mail readers keep threads together.
    """

    subject: str
    passages: Sequence[Passage] = ()
    name: str = ""
    thread: Sequence[str] = ()


# Takes a member and notifications of one kind, each with the parts of it that are to be told; gives the contents by
# the notification's id. What is left out is not sent: its member may not see it, or does not want to.
Contents = Callable[[Any, Sequence[tuple[Any, Sequence[int]]]], dict[int, Content]]


@dataclass(frozen=True)
class Kind:
    """``name`` is stored with each notification; ``title`` stands on the settings page.

    ``lines`` tells for digests what a notification has gathered; where it is one thing, its words say it all.
    ``contents`` tells what a mail at once holds; without it, the words. What is ``personal`` also goes to the member's
    devices unless they choose otherwise. What is ``for_moderators`` is told to nobody else, who need not choose either.
    """

    name: str
    title: str
    lines: Lines | None = None
    contents: Contents | None = None
    is_personal: bool = False
    for_moderators: bool = False


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Add kinds, in the order of the settings page; adding one again changes nothing."""
    for kind in kinds:
        _kinds.setdefault(kind.name, kind)


def all_kinds() -> tuple[Kind, ...]:
    return tuple(_kinds.values())


def kinds_for(member: Any) -> list[Kind]:
    """What this member can be told of."""
    return [kind for kind in _kinds.values() if not kind.for_moderators or member.is_moderator]


def known(name: str) -> Kind:
    """The kind of this name. Raises ``LookupError`` for one that no app has registered."""
    if name not in _kinds:
        raise LookupError(f"No kind of notification is called {name!r}: register it in your app's ready().")
    return _kinds[name]


def named(name: str) -> Kind | None:
    """The kind of this name, if there is one still: a notification may be older than the code."""
    return _kinds.get(name)
