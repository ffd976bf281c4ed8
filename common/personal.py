"""What of the database belongs to a person: one table, to which each app adds its own in its ``ready``.

For every model that leads to a member, ``register`` says how its rows are given out with all of that member's data, and
what becomes of them when the member leaves. ``impersonal`` says why a model that might hold something of a person holds
nothing. ``tests/config/test_personal.py`` fails for a model that nobody has told of.

A member is taken here as anything with a ``pk``, a ``username`` and an ``email``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.db import models, transaction

LOT = 200  # rows that one step of a farewell treats: one transaction


class Choice(enum.StrEnum):
    """What a leaving member wants to become of what they wrote."""

    REMOVE = "remove"
    KEEP = "keep"


class Fate(Protocol):
    """What leaving does to the rows of a part."""

    def step(self, part: Part, member: Any, choice: Choice) -> int:
        """Treat up to ``LOT`` rows, in a transaction of the caller; gives how many. 0 when nothing is left to do."""


@dataclass(frozen=True)
class Delete:
    """The rows go."""

    def step(self, part: Part, member: Any, choice: Choice) -> int:
        lot = part.lot(member)
        part.model._base_manager.filter(pk__in=lot).delete()
        return len(lot)


class Clear:
    """The rows stay, with other values in these columns; the one that leads to the member must be among them."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def step(self, part: Part, member: Any, choice: Choice) -> int:
        lot = part.lot(member)
        part.model._base_manager.filter(pk__in=lot).update(**self.values)
        return len(lot)


@dataclass(frozen=True)
class Work:
    """A function does it: ``work(member, choice)`` treats up to ``LOT`` rows and gives how many, 0 when it is done."""

    work: Callable[[Any, Choice], int]

    def step(self, part: Part, member: Any, choice: Choice) -> int:
        return self.work(member, choice)


@dataclass(frozen=True)
class With:
    """The rows go, or lose what was the member's, with the row of another part that they hang on."""

    model: type[models.Model]

    def step(self, part: Part, member: Any, choice: Choice) -> int:
        return 0


@dataclass(frozen=True)
class Keep:
    """The rows stay as they are, ``because`` of this."""

    because: str

    def step(self, part: Part, member: Any, choice: Choice) -> int:
        return 0


@dataclass(frozen=True)
class Part:
    """The rows of one model that belong to a member.

    ``of`` is the lookup from a row to the member ("author", "comment__author"), or ``rows`` finds them. ``name`` is
    their file in the export, with these ``fields`` (lookups); ``address`` gives a row's page from its fields, and
    ``finish`` may change a row before it is written. What is not given out says why (``withheld``).
    """

    model: type[models.Model]
    of: str
    leaving: Fate
    name: str = ""
    fields: tuple[str, ...] = ()
    about: str = ""
    withheld: str = ""
    address: Callable[[Mapping[str, Any]], str] | None = None
    finish: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    rows: Callable[[Any], models.QuerySet[Any]] | None = field(default=None, compare=False)

    def rows_of(self, member: Any) -> models.QuerySet[Any]:
        if self.rows is not None:
            return self.rows(member)
        return self.model._base_manager.filter(**{self.of: member.pk})

    def lot(self, member: Any) -> list[Any]:
        """The keys of the first ``LOT`` rows."""
        return list(self.rows_of(member).order_by("pk").values_list("pk", flat=True)[:LOT])


@dataclass(frozen=True)
class Files:
    """Files of a member's own: ``find`` gives each with its name in the export. They go with their rows."""

    name: str
    find: Callable[[Any], Iterator[tuple[str, Path]]]


_parts: list[Part] = []
_impersonal: dict[type[models.Model], str] = {}
_files: dict[str, Files] = {}


def register(*parts: Part) -> None:
    """Add parts; the same model by the same lookup again changes nothing."""
    known = {(part.model, part.of, part.name) for part in _parts}
    _parts.extend(part for part in parts if (part.model, part.of, part.name) not in known)


def impersonal(because: str, *classes: type[models.Model]) -> None:
    """Say of models that might hold something of a member that they hold nothing, and why."""
    _impersonal.update(dict.fromkeys(classes, because))


def register_files(*files: Files) -> None:
    _files.update({each.name: each for each in files})


def parts() -> tuple[Part, ...]:
    """All parts, lowest floor first."""
    return tuple(_parts)


def files() -> tuple[Files, ...]:
    return tuple(_files.values())


def declared_impersonal() -> Mapping[type[models.Model], str]:
    return _impersonal


def next_step(member: Any, choice: Choice, begin: int = 0) -> int | None:
    """Do one step of taking the member out of the tables, in one transaction; gives the place to go on from.

    Upper floors come first, so that what hangs on a thing is gone before the thing; None when nothing is left. Doing a
    step again changes nothing.
    """
    order = _parts[::-1]
    for place in range(begin, len(order)):
        part = order[place]
        with transaction.atomic():
            if part.leaving.step(part, member, choice):
                return place
    return None
