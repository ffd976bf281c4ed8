"""A member asks the moderators to look again at a sanction: one thread between them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.sanction import Sanction


class Appeal(models.Model):
    """One appeal against one sanction. Written by ``moderation.appeals``."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        LIFTED = "lifted", _("The sanction was lifted")
        KEPT = "kept", _("The sanction stays")

    sanction = models.ForeignKey(Sanction, models.CASCADE, related_name="appeals")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    waits_for_moderators = models.BooleanField(default=True, help_text="whether the member wrote last")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["sanction"], condition=Q(state="open"), name="one_open_appeal_for_a_sanction"
            ),
        )
        indexes = (models.Index(fields=["opened_at"], condition=Q(state="open"), name="appeals_open"),)
        permissions = (("answer_appeal", "Can answer appeals"),)

    def __str__(self) -> str:
        return f"Appeal {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class AppealMessage(models.Model):
    """One message of an appeal's thread: the member's, or a moderator's, who is named to moderators only."""

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    is_by_moderator = models.BooleanField(default=False)
    words: Any = models.CharField(max_length=4000)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.words[:80]
