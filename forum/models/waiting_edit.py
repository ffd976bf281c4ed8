"""An edit that waits for a moderator, beside the words that are shown."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class WaitingEdit(models.Model):
    """What the author of a post or comment wants it to say; one for a thing, the last one that was sent.

    ``version`` is the thing's, as it was left by the sending: where the thing has another, somebody has changed it
    since. ``category``, ``tags``, ``own_gist`` and ``poll`` are empty where the edit leaves them as they are. Of one
    that was let through only ``gist_before`` is kept, for its undoing: the words are the thing's own then.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        REJECTED = "rejected", "Not let through"
        APPROVED = "approved", "Let through"

    post = models.OneToOneField("forum.Post", models.CASCADE, null=True, blank=True, related_name="waiting_edit")
    comment = models.OneToOneField("forum.Comment", models.CASCADE, null=True, blank=True, related_name="waiting_edit")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=settings.TITLE_LIMIT, blank=True, default="")
    body = models.TextField(max_length=settings.BODY_LIMIT)
    category = models.ForeignKey("forum.Category", models.SET_NULL, null=True, blank=True, related_name="+")
    tags: Any = ArrayField(models.CharField(max_length=100), null=True, blank=True)
    # "" is a gist that is taken away, which an edit may do.
    own_gist: Any = models.CharField(max_length=settings.GIST_LIMIT, null=True, blank=True)  # noqa: DJ001
    gist_before = models.CharField(max_length=settings.GIST_LIMIT, blank=True, default="")
    poll = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=settings.EDIT_REASON_LIMIT, blank=True, default="")
    sent_at = models.DateTimeField(default=timezone.now)

    answer = ""  # why it was not let through, where a page shows that (``forum.showing_edits.show``)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(post__isnull=False, comment__isnull=True) | Q(post__isnull=True, comment__isnull=False),
                name="edit_of_one_thing",
            ),
        )

    def __str__(self) -> str:
        return f"edit of {'post' if self.post_id else 'comment'} {self.post_id or self.comment_id}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_rejected(self) -> bool:
        return self.state == self.State.REJECTED
