"""Counters that can be proved: each app registers how its stored numbers are computed from the rows.

``manage.py recount`` compares, prints what drifted, and mends it with ``--mend``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction

# A recount of everything takes longer than any page may.
PATIENTLY = "SET LOCAL statement_timeout = 0"


@dataclass(frozen=True)
class Counter:
    """A stored number and the SQL expression that recomputes it.

    ``table`` is the row's table under the alias ``t``; ``truth`` is an SQL expression over ``t`` that
    gives the number afresh. Both are written by us, never taken from input.
    """

    table: str
    column: str
    truth: str

    @transaction.atomic
    def drifted(self) -> int:
        """How many rows hold a number that differs from the recomputed one."""
        with connection.cursor() as cursor:
            cursor.execute(PATIENTLY)
            cursor.execute(f"SELECT count(*) FROM {self.table} t WHERE {self._differs}")  # noqa: S608
            return cursor.fetchone()[0]

    @transaction.atomic
    def mend(self) -> int:
        """Write the recomputed number wherever it differs; gives how many rows changed.

        Safe while members write: the rows are locked first, so that whoever is counting at this moment is done, and
        recomputed only then.
        """
        with connection.cursor() as cursor:
            cursor.execute(PATIENTLY)
            cursor.execute(
                f"SELECT t.id FROM {self.table} t WHERE {self._differs} ORDER BY t.id FOR NO KEY UPDATE OF t"  # noqa: S608
            )
            ids = [pk for (pk,) in cursor.fetchall()]
            cursor.execute(
                f"UPDATE {self.table} t SET {self.column} = ({self.truth}) "  # noqa: S608
                f"WHERE t.id = ANY(%s) AND {self._differs}",
                [ids],
            )
            return cursor.rowcount

    @transaction.atomic
    def mend_rows(self, ids: Collection[int]) -> None:
        """The same for a few rows, which the caller has changed what is counted of."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.table} t SET {self.column} = ({self.truth}) "  # noqa: S608
                f"WHERE t.id = ANY(%s) AND {self._differs}",
                [sorted(ids)],
            )

    @property
    def _differs(self) -> str:
        return f"t.{self.column} IS DISTINCT FROM ({self.truth})"


@dataclass(frozen=True)
class Sums(Counter):
    """A table of stored numbers, one row for each group of other rows, as far as the number is not nought.

    ``keys`` are the columns that name the group, unique together; ``truth`` is a query that gives them, in order, and
    the number afresh. All are written by us, never taken from input.
    """

    keys: tuple[str, ...] = ()

    @transaction.atomic
    def drifted(self) -> int:
        """How many groups have a number that differs from the recomputed one, or have it without being there."""
        with connection.cursor() as cursor:
            cursor.execute(PATIENTLY)
            cursor.execute(
                f"SELECT count(*) FROM {self.table} t FULL JOIN {self._true} USING ({self._keys})"  # noqa: S608
                f" WHERE coalesce(t.{self.column}, 0) <> coalesce(truth.number, 0)"
            )
            return cursor.fetchone()[0]

    @transaction.atomic
    def mend(self) -> int:
        """Write the recomputed numbers wherever they differ; gives how many rows changed. Writers wait meanwhile."""
        if not self.drifted():
            return 0
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {self.table} IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute(
                f"INSERT INTO {self.table} AS t ({self._keys}, {self.column}) SELECT * FROM {self._true}"  # noqa: S608
                f" ON CONFLICT ({self._keys}) DO UPDATE SET {self.column} = excluded.{self.column}"
                f" WHERE t.{self.column} <> excluded.{self.column}"
            )
            changed = cursor.rowcount
            same = " AND ".join(f"truth.{key} = t.{key}" for key in self.keys)
            cursor.execute(
                f"DELETE FROM {self.table} t WHERE NOT EXISTS (SELECT FROM {self._true} WHERE {same})"  # noqa: S608
            )
            return changed + cursor.rowcount

    @property
    def _keys(self) -> str:
        return ", ".join(self.keys)

    @property
    def _true(self) -> str:
        return f"({self.truth}) truth ({self._keys}, number)"


_counters: list[Counter] = []


def register(*counters: Counter) -> None:
    """Called by each app's ``ready``; registering the same counter twice keeps one."""
    _counters.extend(counter for counter in counters if counter not in _counters)


def counters() -> tuple[Counter, ...]:
    return tuple(_counters)
