"""How posts and comments are ranked: columns the database generates, so no job ever has to."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Cast, Greatest
from django.utils import timezone
from django.utils.translation import gettext_noop

# As the tabs name them, with a capital.
NAMES = (
    gettext_noop("Hot"), gettext_noop("New"), gettext_noop("Top"), gettext_noop("Active"), gettext_noop("Unanswered"),
    gettext_noop("Answered"),
)  # fmt: skip
SORTS = ("hot", "new", "top", "active", "unanswered", "answered")
PERIODS = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}

DAY = 86_400.0  # seconds; ten times the votes are worth one day of age
Z = 1.2816  # one-sided 90 %


class EpochSeconds(Func):
    """Seconds since 1970 of a timestamp, in UTC, as an expression PostgreSQL knows to be immutable."""

    template = "extract(epoch from %(expressions)s AT TIME ZONE 'UTC')::double precision"
    output_field = models.FloatField()


def hotness(score: str, posted_at: str) -> models.Expression:
    """``log10(max(score, 1)) + posted_at / 86400 s`` over the columns of these names."""
    votes = Func(
        Cast(Greatest(F(score), Value(1)), models.FloatField()), function="log", output_field=models.FloatField()
    )
    return votes + EpochSeconds(F(posted_at)) / Value(DAY)


def wilson(score: str) -> models.Expression:
    """The Wilson lower bound of the share of upvotes, z = 1.2816, over a column of upvotes.

    With n votes, all of them up, the bound (Wilson 1927) reduces to n / (n + z²).
    """
    votes = Cast(Greatest(F(score), Value(0)), models.FloatField())
    return votes / (votes + Value(Z * Z))


def since(period: str):
    """The moment a period of ``top`` begins, None for all time."""
    return timezone.now() - PERIODS[period] if period in PERIODS else None
