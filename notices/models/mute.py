"""Mutes: what a member does not want to meet."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Mute(models.Model):
    """A member mutes a thing: a member, a tag, a category, or hides one post. Made and ended by ``notices.muting``.

    ``kind`` is the name of a registered kind of things, ``object_id`` the thing's id.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mutes", db_index=False)
    kind = models.CharField(max_length=10)
    object_id = models.BigIntegerField()
    muted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        # In this order it is also the index by which it is asked whether one member mutes one thing.
        constraints = (models.UniqueConstraint(fields=["member", "kind", "object_id"], name="muted_once"),)
        indexes = (
            models.Index(fields=["member", "-id"], name="mutes_of_member"),
            models.Index(fields=["kind", "object_id", "member"], name="mutes_of_thing"),
        )

    def __str__(self) -> str:
        return f"{self.member} mutes {self.kind} {self.object_id}"
