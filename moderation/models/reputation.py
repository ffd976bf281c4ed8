"""What members earned and lost here: the ledger, and its sum."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Reputation(models.Model):
    """The sums of a member's ledger, and the lock on it: written by ``moderation.reputation`` alone.

    ``public_points`` counts only what everybody can see happen. A row comes with the first entry; who has none has 0.
    """

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reputation")
    points = models.IntegerField(default=0)
    public_points = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.points} of {self.member_id}"


class ReputationEntry(models.Model):
    """What one thing earned or cost a member on one day: ``count`` times what its kind is worth.

    ``kind`` is a source of ``moderation.reputation``, ``object_id`` the thing that this source speaks of. Upvotes
    of one day on one thing are one entry: it names no voter, and tells no hour at which somebody was here.
    """

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reputation_entries", db_index=False
    )
    kind = models.CharField(max_length=30)
    object_id = models.BigIntegerField()
    day = models.DateField()
    count = models.PositiveIntegerField()
    points = models.IntegerField()
    is_public = models.BooleanField()

    class Meta:
        verbose_name_plural = "reputation entries"
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "object_id", "day", "member"], name="one_entry_for_a_thing_and_day"
            ),
            models.CheckConstraint(condition=Q(count__gt=0), name="entry_counts_something"),
        )
        indexes = (models.Index(fields=["member", "-day", "-id"], name="entry_newest"),)

    def __str__(self) -> str:
        return f"{self.points:+} {self.kind} {self.object_id}"
