"""Devices on which members are told: browsers that have subscribed to Web Push."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models, transaction

MOST_DEVICES = 10  # of one member; one more takes the place of the oldest


class Device(models.Model):
    """A browser of a member's: where its push service takes messages, and the keys that only it can open them with.

    ``session_key`` is the sign-in that it was added in: signing out there ends it.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    session_key = models.CharField(max_length=40, blank=True, default="")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name

    @classmethod
    @transaction.atomic
    def add(cls, member: Any, *, endpoint: str, **those: Any) -> Device:
        """Let this browser be the member's. One that was somebody else's before is theirs no more."""
        device, _ = cls.objects.update_or_create(endpoint=endpoint, defaults={"member": member, **those})
        kept = cls.objects.filter(member=member).order_by("-pk").values_list("pk", flat=True)[:MOST_DEVICES]
        cls.objects.filter(member=member).exclude(pk__in=list(kept)).delete()
        return device
