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

import pgtrigger
from django.db import connection, models, transaction

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


# ── Names in what others wrote, and in what the site wrote to others ─────────────────────────────

SOMEBODY = "somebody"  # a name that nobody can have (``accounts.names`` keeps it)
CALLED = (
    r"((?<![\w@/.+=-])@(?={name}(?![\w@-]))|\[(?={name} wrote\]\()){name}",
    rf"\1{SOMEBODY}",
)
"""Of Markdown: who is called by "@name" or quoted by "[name wrote](address)"."""
RENDERED = r'<a href="[^"]*" class="mention" data-member="{pk}"[^>]*>[^<]*</a>', f"@{SOMEBODY}", 'data-member="{pk}"'
"""Of rendered HTML: the link that such a call became."""
RENDERED_QUOTE = ">{name} wrote</a>", f">{SOMEBODY} wrote</a>", "{name} wrote</a>"

SWEPT_AT_ONCE = 2000  # rows
SWEEP_TIMEOUT = "60s"


@dataclass(frozen=True)
class Words:
    """Columns, of text or JSON, into which the site itself writes names of members.

    ``pattern`` (a regular expression of PostgreSQL, whatever the case) becomes ``becomes``; only rows that hold
    ``needle`` are looked at closely. ``{name}`` and ``{pk}`` stand for the member's in all but ``becomes``.
    """

    model: type[models.Model]
    columns: tuple[str, ...]
    pattern: str
    becomes: str
    needle: str = "{name}"


_words: list[Words] = []


def register_words(*words: Words) -> None:
    _words.extend(each for each in words if each not in _words)


def words() -> tuple[Words, ...]:
    return tuple(_words)


def sweep(place: int, after: str, member: Any) -> str | None:
    """Take the member's name out of the next rows behind ``after`` of ``words()[place]``; gives the last of them.

    None when there are no more. In a transaction of the caller. The triggers that keep histories and logs do not fire:
    they would keep the name.
    """
    each = _words[place]
    meta = each.model._meta
    rows = each.model._base_manager.order_by("pk")
    if after:
        rows = rows.filter(pk__gt=meta.pk.to_python(after))
    keys = list(rows.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    if not keys:
        return None
    told = {"{name}": member.username, "{pk}": str(member.pk)}
    pattern, needle = each.pattern, each.needle.lower()
    for placeholder, value in told.items():
        pattern, needle = pattern.replace(placeholder, value), needle.replace(placeholder, value.lower())
    changes, holds = [], []
    values: list[Any] = []
    for name in each.columns:
        column: Any = meta.get_field(name)
        cast = "::jsonb" if isinstance(column, models.JSONField) else ""
        changes.append(f"{column.column} = regexp_replace({column.column}::text, %s, %s, 'gi'){cast}")
        holds.append(f"strpos(lower({column.column}::text), %s) > 0")
        values += [pattern, each.becomes]
    key = meta.pk.column
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{SWEEP_TIMEOUT}'")
        cursor.execute(
            f"UPDATE {meta.db_table} SET {', '.join(changes)} "  # noqa: S608 - names of our own tables and columns
            f"WHERE {key} >= %s AND {key} <= %s AND ({' OR '.join(holds)})",
            [*values, keys[0], keys[-1], *[needle] * len(holds)],
        )
    return str(keys[-1])
