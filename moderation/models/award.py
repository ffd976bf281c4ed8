"""Badges that members have."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Award(models.Model):
    """One member's badge: for which thing (``object_id``, 0 for none), and when it was earned. By ``badges`` alone."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="awards")
    badge = models.CharField(max_length=30)
    object_id = models.BigIntegerField(default=0)
    earned_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["badge", "member"], name="one_badge_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.badge} of {self.member_id}"
