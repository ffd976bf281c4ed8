"""What waits for a moderator before others see it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Held(models.Model):
    """One thing that waits, or has waited, for a moderator's first look; one row for a thing, its words stay there.

    ``told_at`` is when those were told whom it had to tell; empty as long as nobody was. ``concern`` is what
    ``moderation.lens`` says of its words: the queue's order.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Not let through"
        WITHDRAWN = "withdrawn", "Deleted by its author"

    class Why(models.TextChoices):
        FIRST = "first", "First words of a new member"
        DOMAIN = "domain", "Links to a site that is new here"
        RULE = "rule", "A rule"
        CHECK = "check", "Taken for spam by the check"

    kind = models.CharField(max_length=20, help_text="what waits, as acting.moderable calls it")
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.BigIntegerField()
    thing = GenericForeignKey("content_type", "object_id")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="held",
        help_text="nobody under a pseudonym",
    )  # fmt: skip
    why = ArrayField(models.CharField(max_length=10, choices=Why), default=list)
    said = models.CharField(max_length=500, blank=True, default="", help_text="the domains and rules")
    concern = models.FloatField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    held_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="closed_held"
    )
    answer = models.CharField(max_length=500, blank=True, default="", help_text="what the author was told")

    class Meta:
        verbose_name = "waiting post or comment"
        verbose_name_plural = "waiting posts and comments"
        ordering = ("-concern", "pk")
        constraints = (models.UniqueConstraint(fields=["content_type", "object_id"], name="one_held_for_a_thing"),)
        permissions = (("decide_held", "Can approve and reject what waits"),)
        indexes = (
            models.Index(fields=["-concern", "id"], condition=Q(state="waiting"), name="held_queue"),
            models.Index(fields=["author", "-id"], name="held_author"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def reasons(self) -> str:
        """Why it waits, in a sentence."""
        named = ", ".join(str(self.Why(each).label) for each in self.why)
        return f"{named} ({self.said})" if self.said else named
