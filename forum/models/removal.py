"""Earlier versions that their authors had taken out of the history."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Removal(models.Model):
    """One earlier version of a post or comment, taken out of everyone's sight but the moderators' by its author.

    The words themselves go later (``forum.history.erase_removed``), so that nobody gets rid of what a moderator has
    yet to look at. ``reason`` is for moderators only: it often says the very thing that should not be read.
    """

    class Kind(models.TextChoices):
        POST = "post", "Post"
        COMMENT = "comment", "Comment"

    kind = models.CharField(max_length=10, choices=Kind)
    thing_id = models.BigIntegerField(help_text="the post's or the comment's number")
    revision_id = models.BigIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "revision_id"], name="one_removal_of_a_revision"),)
        indexes = (models.Index(fields=["asked_at"], condition=models.Q(erased_at__isnull=True), name="removal_due"),)

    def __str__(self) -> str:
        return f"version {self.revision_id} of {self.kind} {self.thing_id}"
