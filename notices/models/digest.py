"""Digests: what a member was told and has not read, gathered in a mail. Off until chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Digest(models.Model):
    """A member's choice to be sent digests; without a row there are none.

    ``told_until`` is how far the last one reached, ``due_at`` when the next is made.
    """

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week, on Monday")

    HOUR = 6  # of the day (UTC) at which digests are made

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="digest")
    every = models.CharField(max_length=4, choices=Every)
    told_until = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"digest of member {self.member_id}, every {self.every}"

    @classmethod
    def choose(cls, member: Any, every: str) -> None:
        """Send the member digests so often; "" for none. Choosing the same again changes nothing."""
        if not every:
            cls.objects.filter(member=member.pk).delete()
            return
        now = timezone.now()
        digest, is_new = cls.objects.get_or_create(
            member_id=member.pk, defaults={"every": every, "told_until": now, "due_at": cls.next_after(now, every)}
        )
        if not is_new and digest.every != every:
            digest.every, digest.due_at = every, cls.next_after(now, every)
            digest.save(update_fields=["every", "due_at"])

    @classmethod
    def next_after(cls, moment: datetime, every: str) -> datetime:
        """The first moment after ``moment`` at which such a digest is made."""
        due = moment.replace(hour=cls.HOUR, minute=0, second=0, microsecond=0)
        while due <= moment or (every == cls.Every.WEEK and due.weekday() != 0):
            due += timedelta(days=1)
        return due
