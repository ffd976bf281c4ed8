"""Letters: who is to be told of a notification outside the site, and when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Letter(models.Model):
    """One notification that is to reach a member by mail. Written by ``notices.telling`` with the notification itself.

    It waits until ``due_at``, so that an edit, a moderator or the member's own reading can make it needless. ``parts``
    are the things that the notification has gathered since the last letter; more are added while it waits.
    """

    notification = models.ForeignKey("notices.Notification", models.CASCADE, related_name="letters", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="letters")
    due_at = models.DateTimeField()
    parts = ArrayField(models.BigIntegerField(), default=list, db_default=[])

    class Meta:
        constraints = (models.UniqueConstraint(fields=["notification"], name="one_letter_of_a_notification"),)
        indexes = (models.Index(fields=["due_at", "id"], name="letter_due"),)

    def __str__(self) -> str:
        return f"letter {self.pk} to member {self.member_id}"
