"""A member's record, as moderators see it beside the profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from moderation.models import Case, Report, Trust


@dataclass(frozen=True)
class Record:
    """Cases about a member and what became of them, their reports and whether they were right, and their days."""

    cases: int
    waiting: int
    upheld: int
    reports: int
    right: int
    wrong: int
    days: int = 0
    last_day: date | None = None


def of(member: Any) -> Record:
    cases = Case.objects.filter(author=member.pk).aggregate(
        cases=Count("pk"),
        waiting=Count("pk", filter=Q(state__in=Case.WAITING)),
        upheld=Count("pk", filter=Q(state=Case.State.UPHELD)),
    )
    reports = Report.objects.filter(reporter=member.pk).aggregate(
        reports=Count("pk"),
        right=Count("pk", filter=Q(was_right=True)),
        wrong=Count("pk", filter=Q(was_right=False)),
    )
    here: Any = Trust.objects.filter(member=member.pk).values("days", "last_day").first() or {}
    return Record(**cases, **reports, **here)
