"""Letters: who is to be told of a notification outside the site, how, and when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Letter(models.Model):
    """One notification that is to reach a member by mail, or on their devices.

    Written by ``notices.telling`` with the notification itself.

    It waits until ``due_at``, so that an edit, a moderator or the member's own reading can make it needless. ``parts``
    are the things that the notification has gathered since the last letter; more are added while it waits.
    """

    class Way(models.TextChoices):
        MAIL = "mail", "By mail"
        PUSH = "push", "On their devices"

    way = models.CharField(max_length=4, choices=Way, default=Way.MAIL, db_default=Way.MAIL)
    notification = models.ForeignKey("notices.Notification", models.CASCADE, related_name="letters", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="letters")
    due_at = models.DateTimeField()
    parts = ArrayField(models.BigIntegerField(), default=list, db_default=[])

    class Meta:
        constraints = (models.UniqueConstraint(fields=["notification", "way"], name="one_letter_each_way"),)
        indexes = (models.Index(fields=["way", "due_at", "id"], name="letter_due_each_way"),)

    def __str__(self) -> str:
        return f"letter {self.pk} to member {self.member_id}"
