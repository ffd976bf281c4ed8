"""What moderators did: one row an action, never changed."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models

# Verbs whose names are no words.
IN_WORDS = {"approve-edit": "approve an edit", "reject-edit": "reject an edit", "hide-everything": "hide everything"}


class Action(models.Model):
    """One thing a moderator did to one thing, with the reason. Written by ``moderation.log.record``."""

    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="moderation_actions"
    )
    action = models.CharField(max_length=30)
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.BigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    label = models.CharField(max_length=300, help_text="the thing's name at that moment")
    role = models.CharField(max_length=20, blank=True, default="", help_text="in which role, for the public log")
    reason = models.CharField(max_length=500)
    details = models.JSONField(default=dict, blank=True, help_text="what undoing it needs")
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    batch = models.UUIDField(null=True, blank=True, help_text="what was done to many things at once shares it")
    acted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        # Whoever leaves takes their name out of it; nothing else may ever change.
        triggers = (
            pgtrigger.Protect(
                name="action_kept", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(exclude=["moderator"])
            ),
            pgtrigger.Protect(name="action_stays", operation=pgtrigger.Delete),
        )
        indexes = (
            models.Index(fields=["content_type", "object_id", "-id"], name="action_on_thing"),
            models.Index(fields=["batch"], name="action_batch", condition=models.Q(batch__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.deed} {self.label}"

    @property
    def deed(self) -> str:
        """The verb in words, as the log says it."""
        undoing, it, verb = self.action.rpartition("undo ")
        return f"{undoing}{it}{IN_WORDS.get(verb, verb)}"
