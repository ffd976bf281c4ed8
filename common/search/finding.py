"""Finding what a question asks for over generated ``tsvector`` columns, reading a bounded number of rows.

Each round looks at two sets of candidates. *Near* is the newest rows of everything, or of the rarest thing that the
question is narrowed to (an author, a tag): they are read by that thing's index and then tried for the words. A common
word fills the list from these alone, and an author of three comments has no more than three. Only where near neither
filled the list nor was all there is, *far* asks the index of words for the newest rows that have them, and tries those
for the rest. So a rare word with a common filter is found as surely as a common word with a rare filter, and neither
reads a table. What is both middling common and middling narrowed may be found in part: ``Found.count`` says "or more".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchRank
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL

from common.counting import CAP, CappedCount
from common.search.question import Question

NEAR = 5000  # rows looked at of each narrowing
FAR = 1000  # rows taken from the index of words
CANDIDATES = 300  # rows ranked in a round, the newest of those found
WEIGHTS = (0.1, 0.3, 0.6, 1.0)  # of D, C, B, A


@dataclass(frozen=True)
class Near:
    """Where candidates are read before any word is tried: ``ids`` gives at most ``NEAR`` of them, newest first.

    ``is_whole`` says that fewer than ``NEAR`` are all there is, so that nothing more need be looked for.
    """

    ids: QuerySet | RawSQL
    is_whole: bool = True


@dataclass(frozen=True)
class Found:
    """``rows``, best first, and how many have every word: ``count`` is exact, or known to be larger."""

    rows: list[Any] = field(default_factory=list)
    count: CappedCount = CappedCount(0)  # noqa: RUF009 - frozen

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def find(rows: QuerySet, vector: str, question: Question, most: int) -> list[Any]:
    """The best ``most`` of ``rows`` for the question, best first; see ``search``."""
    return search(rows, vector, question, most).rows


def search(
    rows: QuerySet, vector: str, question: Question, most: int, near: Sequence[Near] = (), skip: int = 0
) -> Found:
    """The best of ``rows`` for the question, after the first ``skip`` of them.

    ``rows`` are those in sight and narrowed as asked, without an order. ``vector`` is the path from them to the
    ``tsvector`` column, in a one-to-one table. Without ``near`` the newest of all rows are looked at first. Takes at
    most one query a round, and one for the rows; a question without words gives nothing, unless ``near`` is given:
    then the newest, as narrowed.
    """
    found: dict[Any, None] = {}
    count = None
    rounds = question.rounds() or ([None] if near else [])
    for query in rounds:
        ids, counted = _round(rows, vector, question, query, skip + most, near)
        count = count or counted
        found.update(dict.fromkeys(ids))
        if len(found) >= skip + most:
            break
    ids = list(found)[skip : skip + most]
    by_id = {row.pk: row for row in rows.filter(pk__in=ids)} if ids else {}
    return Found([by_id[pk] for pk in ids if pk in by_id], count or CappedCount(0))


def matching(rows: QuerySet, vector: str, question: Question) -> QuerySet:
    """Those of ``rows`` that have every word: for a small set of rows, or a list that is read in their own order."""
    if (query := question.strict()) is not None:
        return rows.filter(**{vector: query})
    for unwanted in question.excluded():
        rows = rows.filter(**{vector: unwanted})
    return rows


def newest(model: Any, *order: str) -> Near:
    """The newest rows of a whole table."""
    return Near(model._default_manager.order_by(*(order or ("-pk",))).values("pk")[:NEAR])


def statement(
    rows: QuerySet, vector: str, question: Question, query: Any, most: int, near: Sequence[Near]
) -> tuple[str, Sequence[Any]]:
    """One round as SQL: (id, how many were found, whether there may be more), best first."""
    relation, column = vector.split("__")
    texts = rows.model._meta.get_field(relation).related_model._default_manager.order_by()
    near = list(near) or [newest(rows.model)]
    parts: list[str] = []
    params: list[Any] = []

    def add(name: str, ids: QuerySet | RawSQL) -> None:
        sql, values = (ids.sql, ids.params) if isinstance(ids, RawSQL) else ids.query.sql_with_params()
        parts.append(f"{name} (id) AS MATERIALIZED ({sql})")
        params.extend(values)

    for number, each in enumerate(near):
        add(f"near{number}", each.ids)
    everything = " UNION ".join(f"SELECT id FROM near{number}" for number in range(len(near)))  # noqa: S608
    parts.append(f"near (id) AS MATERIALIZED ({everything})")
    rows = rows.order_by()
    close = rows.filter(pk__in=RawSQL("SELECT id FROM near", ()))
    if query is None:
        for unwanted in question.excluded():
            close = close.filter(**{vector: unwanted})
    else:
        close = close.filter(**{vector: query})
    add("close", close.values("pk"))
    # Each of these is asked once, before anything is read: "far" costs nothing where near is enough.
    whole = " OR ".join(
        f"(SELECT count(*) FROM near{number}) < {NEAR}"  # noqa: S608 - our own words
        for number, each in enumerate(near)
        if each.is_whole
    )
    enough = f"((SELECT count(*) FROM close) > {CAP}{f' OR {whole}' if whole else ''})"  # noqa: S608
    found = "SELECT id FROM close"
    if query is not None:
        sql, values = texts.filter(**{column: query}).order_by("-pk").values("pk")[:FAR].query.sql_with_params()
        there = rows.filter(pk__in=RawSQL("SELECT id FROM words", ()))
        parts.append(f"words (id) AS MATERIALIZED (SELECT * FROM ({sql}) newest WHERE NOT {enough})")  # noqa: S608
        params.extend(values)
        add("far", there.filter(RawSQL(f"NOT {enough}", (), output_field=BooleanField())).values("pk"))  # noqa: S611
        found += " UNION SELECT id FROM far"
    parts.append(f"found (id) AS MATERIALIZED ({found})")
    parts.append(f"best (id) AS MATERIALIZED (SELECT id FROM found ORDER BY id DESC LIMIT {CANDIDATES})")  # noqa: S608
    more = f"NOT {enough}" if query is None else f"(NOT {enough} AND (SELECT count(*) FROM words) = {FAR})"  # noqa: S608
    best = texts.filter(pk__in=RawSQL("SELECT id FROM best", ())).annotate(
        all=RawSQL("(SELECT count(*) FROM found)", ()),
        more=RawSQL(more, (), output_field=BooleanField()),  # noqa: S611
    )
    if query is None:
        best = best.order_by("-pk")
    else:
        rank = SearchRank(F(column), query, weights=list(WEIGHTS), normalization=1)
        best = best.annotate(rank=rank).order_by("-rank", "-pk")
    sql, values = best.values_list("pk", "all", "more")[:most].query.sql_with_params()
    return f"WITH {', '.join(parts)} {sql}", [*params, *values]


def _round(
    rows: QuerySet, vector: str, question: Question, query: Any, most: int, near: Sequence[Near]
) -> tuple[list[Any], CappedCount]:
    try:
        sql, params = statement(rows, vector, question, query, most, near)
    except EmptyResultSet:  # narrowed to nothing
        return [], CappedCount(0)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchall()
    if not found:
        return [], CappedCount(0)
    number, more = found[0][1:3]
    return [row[0] for row in found], CappedCount(min(number, CAP), number > CAP or more)
