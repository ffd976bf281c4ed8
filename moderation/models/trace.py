"""Where members signed in from, as hashes that only say whether two are the same."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Trace(models.Model):
    """That a member signed in on a device, or from a network, within the last days. Kept by ``moderation.linking``."""

    class Kind(models.TextChoices):
        DEVICE = "device", "device"
        NETWORK = "network", "network"

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="traces", db_index=False)
    kind = models.CharField(max_length=7, choices=Kind)
    hash = models.CharField(max_length=64)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "kind", "hash"], name="one_trace_of_a_place"),)
        indexes = (models.Index(fields=["kind", "hash"], name="trace_shared"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.member_id}"
