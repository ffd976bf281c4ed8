"""How far a member is trusted, and the days they were here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Trust(models.Model):
    """A member's level (0 to 4), as ``moderation.trust`` computed it last; without a row it is 0.

    A moderator may hold it at ``held_level``, with a reason that only moderators read.
    """

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="trust")
    level = models.PositiveSmallIntegerField(default=0)
    days = models.PositiveIntegerField(default=0, help_text="on which the member was here, in UTC")
    last_day = models.DateField(null=True, blank=True)
    held_level = models.PositiveSmallIntegerField(null=True, blank=True)
    held_reason = models.CharField(max_length=500, blank=True, default="")
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    held_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(level__lte=4), name="trust_goes_to_four"),
            models.CheckConstraint(condition=Q(held_level__isnull=True) | Q(held_level__lte=4), name="held_to_four"),
        )
        indexes = (models.Index(fields=["last_day"], name="trust_seen_lately"),)

    def __str__(self) -> str:
        return f"level {self.level} of {self.member_id}"
