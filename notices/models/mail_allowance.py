"""How many mails at once a member has been sent lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

HOUR = timedelta(hours=1)


class MailAllowance(models.Model):
    """The moments of a member's mails at once of the last hour: ``settings.MAILS_AN_HOUR`` at most."""

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    recent = ArrayField(models.DateTimeField(), default=list)

    def __str__(self) -> str:
        return f"mails to member {self.member_id} of the last hour"

    @staticmethod
    def of(member: Any) -> MailAllowance:
        """The member's, locked for this transaction."""
        MailAllowance.objects.bulk_create([MailAllowance(member=member)], ignore_conflicts=True)
        return MailAllowance.objects.select_for_update().get(member=member)

    def take(self) -> datetime | None:
        """Take one mail from it and give ``None``; where none is left, the moment from which there is one again."""
        now = timezone.now()
        self.recent = [moment for moment in self.recent if moment > now - HOUR]
        if len(self.recent) >= settings.MAILS_AN_HOUR:
            return min(self.recent) + HOUR
        self.recent.append(now)
        self.save(update_fields=["recent"])
        return None
