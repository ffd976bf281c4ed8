"""Words that a member is still writing."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Draft(models.Model):
    """What one member has typed in one place and not sent: never shown to anybody else. Kept by ``forum.drafts``.

    ``fields`` are the form's, as typed. ``form`` is the form (the tab) that wrote last, ``version`` how often it was.
    """

    class Kind(models.TextChoices):
        POST_NEW = "post_new", _("New post")
        POST_EDIT = "post_edit", _("Edit of a post")
        COMMENT_NEW = "comment_new", _("Comment")
        COMMENT_REPLY = "comment_reply", _("Reply")
        COMMENT_EDIT = "comment_edit", _("Edit of a comment")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    thing_id = models.BigIntegerField(default=0, help_text="the post or comment it is about; 0 for a new post")
    fields = models.JSONField(default=dict)
    form = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "kind", "thing_id"], name="one_draft_for_a_place"),)
        indexes = (
            models.Index(fields=["member", "-updated_at", "-id"], name="draft_newest"),
            models.Index(fields=["updated_at"], name="draft_due"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.thing_id or ''}".strip()

    @property
    def seen(self) -> str:
        """What a form that shows this draft carries, to tell later whether another one has written since."""
        return f"{self.pk}-{self.version}"
