"""Counts that never cost more than counting to 1,001."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

CAP = 1000
SIFTED = 3000  # rows looked at where some are not counted


@dataclass(frozen=True)
class CappedCount:
    """A count that is exact up to ``CAP`` and only known to be larger above. Prints as ``6`` or ``1000+``."""

    number: int
    more: bool = False

    @classmethod
    def at_most(cls, number: int) -> CappedCount:
        return cls(min(number, CAP), number > CAP)

    def __str__(self) -> str:
        return f"{self.number}+" if self.more else str(self.number)

    def __bool__(self) -> bool:
        return self.number > 0


def capped_count(
    queryset: QuerySet, sieve: Callable[[Any], Any] | None = None, by: tuple[str, ...] = ()
) -> CappedCount:
    """Count the rows of ``queryset``, reading 1,001 of them at most.

    ``by`` is the order of an index that leads to them: without one PostgreSQL may gather all of them before it counts.

    Those that ``sieve`` leaves out are not counted; then ``SIFTED`` are read at most, and of more it is only told that
    there are more.
    """
    if sieve is None:
        return CappedCount.at_most(queryset.order_by(*by)[: CAP + 1].count())
    near = queryset.order_by(*by)[: SIFTED + 1]
    kept = sieve(queryset.model._default_manager.filter(pk__in=near.values("pk")))[: CAP + 1].count()
    return CappedCount(min(kept, CAP), kept > CAP or near.count() > SIFTED)
