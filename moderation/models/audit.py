"""The audit log: what happened to accounts and at the desk, never changed afterwards."""

from __future__ import annotations

import pgtrigger
from django.db import models


class AuditEntry(models.Model):
    """One event. Written by ``moderation.audit.write``; the database refuses to change or delete it.

    ``actor`` and ``target_id`` are plain numbers, because a row that a leaving member changed would be no log; they
    name nobody any more once the member is gone. ``network`` is a keyed hash (``moderation.limits.network_of``).
    """

    event = models.CharField(max_length=40)
    actor = models.BigIntegerField(null=True)
    target_type = models.CharField(max_length=60, blank=True, default="")
    target_id = models.CharField(max_length=40, blank=True, default="")
    detail = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=40, blank=True, default="")
    network = models.CharField(max_length=24, blank=True, default="")
    logged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
        )
        triggers = (pgtrigger.Protect(name="audit_append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.event} {self.target_type} {self.target_id}".strip()
