"""The operators of search: one table of what each takes, and to which kinds of results it applies.

A kind that an operator does not apply to is left out of a search that is narrowed by it: ``category:treatment`` finds
posts and comments alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext_noop

from common.search import Query, parse

KINDS = ("study", "post", "comment", "member", "tag")
YEAR = re.compile(r"(?P<how>[<>]=?)?(?P<year>[12][0-9]{3})(?:-(?P<until>[12][0-9]{3}))?")


@dataclass(frozen=True)
class Years:
    """Whole years, both ends among them."""

    first: int = 1000
    last: int = 2999

    @classmethod
    def read(cls, value: str) -> Years | None:
        """From "2015", "2015-2020", ">2018", "<=2018"; None for anything else."""
        match = YEAR.fullmatch(value)
        if match is None or (match["how"] and match["until"]):
            return None
        year = int(match["year"])
        if match["until"]:
            return cls(min(year, int(match["until"])), max(year, int(match["until"])))
        bounds = {">": cls(year + 1), ">=": cls(year), "<": cls(last=year - 1), "<=": cls(last=year)}
        return bounds.get(match["how"] or "", cls(year, year))

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """From the first moment, up to and without the second."""
        return datetime(self.first, 1, 1, tzinfo=UTC), datetime(self.last + 1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Operator:
    """``values`` are all that it takes, where those are few; ``example`` and ``words`` explain it."""

    name: str
    kinds: tuple[str, ...]
    example: str
    words: str
    values: tuple[str, ...] = ()
    takes: Callable[[str], bool] = bool

    def accepts(self, value: str) -> bool:
        return value.casefold() in self.values if self.values else self.takes(value)


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("tag", ("study", "post", "comment"), "tag:minoxidil", gettext_noop(
            "with this tag; of comments, on "
            "posts with it"
        )),
        Operator("author", ("study", "post", "comment"), "author:morgan",
        gettext_noop("by this member; of studies, by this author")),
        Operator("category", ("post", "comment"), "category:treatment", gettext_noop("in this category")),
        Operator("type", KINDS, "type:comment", gettext_noop(
            "only studies, posts, comments, "
            "members or tags"
        ), values=KINDS),
        Operator(
            "year", ("study", "post", "comment"), "year:2015-2020", gettext_noop(
                "of these years; also year:2018 "
                "and year:>2018"
            ),
            takes=lambda value: Years.read(value) is not None,
        ),
        Operator(
            "has", ("post", "comment"), "has:study",
            gettext_noop("that name a study of the library; has:poll: posts that ask by a poll, and comments on them"),
            values=("study", "poll"),
        ),
        Operator("is", ("post",), "is:answered", gettext_noop("whose question was answered"), values=("answered",)),
    )
}  # fmt: skip


def read(typed: str) -> Query:
    """The query as the site's search understands it; never raises."""
    return parse(typed, {name: operator.accepts for name, operator in OPERATORS.items()})


def kinds_of(query: Query) -> tuple[str, ...]:
    """The kinds of results that the operators of a query leave."""
    wanted = {value.casefold() for value in query.values("type")}
    unwanted = {value.casefold() for value in query.values("type", negated=True)}
    narrowed = [OPERATORS[each.name] for each in query.filters if not each.negated]
    return tuple(
        kind
        for kind in KINDS
        if (not wanted or wanted == {kind})
        and kind not in unwanted
        and all(kind in operator.kinds for operator in narrowed)
    )
