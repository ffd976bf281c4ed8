"""Counters that can be proved: each app registers how its stored numbers are computed from the rows.

``manage.py recount`` compares, prints what drifted, and mends it with ``--mend``.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True)
class Counter:
    """A stored number and the SQL expression that recomputes it.

    ``table`` is the row's table under the alias ``t``; ``truth`` is an SQL expression over ``t`` that
    gives the number afresh. Both are written by us, never taken from input.
    """

    table: str
    column: str
    truth: str

    def drifted(self) -> int:
        """How many rows hold a number that differs from the recomputed one."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.table} t WHERE t.{self.column} IS DISTINCT FROM ({self.truth})")  # noqa: S608
            return cursor.fetchone()[0]

    @transaction.atomic
    def mend(self) -> int:
        """Write the recomputed number wherever it differs; gives how many rows changed."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.table} t SET {self.column} = ({self.truth}) "  # noqa: S608
                f"WHERE t.{self.column} IS DISTINCT FROM ({self.truth})"
            )
            return cursor.rowcount


_counters: list[Counter] = []


def register(*counters: Counter) -> None:
    """Called by each app's ``ready``; registering the same counter twice keeps one."""
    _counters.extend(counter for counter in counters if counter not in _counters)


def counters() -> tuple[Counter, ...]:
    return tuple(_counters)
