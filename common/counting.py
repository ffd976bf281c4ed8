"""Counts that never cost more than counting to 1,001."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

CAP = 1000


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


def capped_count(queryset: QuerySet) -> CappedCount:
    """Count the rows of ``queryset``, reading 1,001 of them at most."""
    return CappedCount.at_most(queryset.order_by()[: CAP + 1].count())
