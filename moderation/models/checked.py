"""What was asked of the check for spam, and how the check is."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q


class Checked(models.Model):
    """Some words of one thing, asked about once. The words are not here: ``digest`` is a keyed hash of them.

    ``due_at`` is when to ask (again); empty once it is answered. ``told_as`` is what moderators have said of the
    words since, as far as the service was told.
    """

    class State(models.TextChoices):
        DUE = "due", "To be asked"
        CLEAN = "clean", "No spam"
        SPAM = "spam", "Spam"
        GIVEN_UP = "given up", "Given up"
        GONE = "gone", "Gone before they were asked about"

    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    object_id = models.BigIntegerField()
    digest = models.CharField(max_length=32)
    is_edit = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    told_as = models.CharField(max_length=4, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["content_type", "object_id", "digest"], name="words_checked_once"),
        )
        indexes = (
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="check_due"),
            models.Index(fields=["made_at"], name="check_made"),
        )

    def __str__(self) -> str:
        return f"{self.content_type_id} {self.object_id}: {self.state}"


class CheckStanding(models.Model):
    """How the check is: one row. Until ``paused_until`` nobody asks, since it failed ``failures`` times on end."""

    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=10, choices=Checked.State, blank=True, default="")
    failed_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=500, blank=True, default="")
    failures = models.PositiveSmallIntegerField(default=0)
    paused_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.trouble or self.answer
