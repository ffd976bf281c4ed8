"""Reports, and the case they make together about one thing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Case(models.Model):
    """All that was reported about one thing since somebody last looked. One open case for a thing.

    ``words`` and ``label`` are the thing as it was at the first report: an edit does not take the evidence away.
    ``weight`` is the sum of how often each reporter was right before (``Report.weight``): the queue's order,
    after ``concern``: what ``moderation.lens`` says of its words.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLAIMED = "claimed", "Claimed"
        ESCALATED = "escalated", "For the admins"
        UPHELD = "upheld", "Acted on"
        REJECTED = "rejected", "Within the rules"

    WAITING = (State.OPEN, State.CLAIMED, State.ESCALATED)

    kind = models.CharField(max_length=20, help_text="what was reported, as reporting.reportables calls it")
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.BigIntegerField()
    thing = GenericForeignKey("content_type", "object_id")
    label = models.CharField(max_length=300)
    words = models.TextField(blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="cases_about"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    was_hidden_by_reports = models.BooleanField(default=False)
    was_hidden_by_decision = models.BooleanField(default=False)
    weight = models.FloatField(default=0)
    concern = models.FloatField(default=0, db_default=0.0)
    report_count = models.PositiveIntegerField(default=0)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="claimed_cases"
    )
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="closed_cases"
    )
    answer = models.CharField(max_length=500, blank=True, default="", help_text="what the reporters were told")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-weight", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["content_type", "object_id"],
                condition=Q(state__in=["open", "claimed", "escalated"]),
                name="one_open_case_for_a_thing",
            ),
        )
        permissions = (("decide_case", "Can decide about reports"),)
        indexes = (
            models.Index(
                fields=["-concern", "-weight", "id"],
                condition=Q(state__in=["open", "claimed", "escalated"]),
                name="case_first",
            ),
            models.Index(fields=["author", "-id"], name="case_author"),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def is_waiting(self) -> bool:
        return self.state in self.WAITING


class Report(models.Model):
    """One member's report, once for each case. ``was_right`` is what came of it; None while the case waits."""

    class Reason(models.TextChoices):
        HARM = "harm", _("Dangerous advice about health")
        SELF_HARM = "self-harm", _("Somebody may hurt themselves")
        RUDE = "rude", _("Rude, hateful or threatening")
        SPAM = "spam", _("Advertising or spam")
        PRIVATE = "private", _("Tells something private about a person")
        FALSE = "false", _("False or misleading")
        OFF_TOPIC = "off-topic", _("In the wrong place")
        OTHER = "other", _("Something else")

    case = models.ForeignKey(Case, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reports")
    reason = models.CharField(max_length=10, choices=Reason)
    note = models.CharField(max_length=1000, blank=True, default="")
    weight = models.FloatField(default=0.5)
    was_right: Any = models.BooleanField(null=True, blank=True)
    reported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["case", "reporter"], name="one_report_of_a_member"),)
        indexes = (models.Index(fields=["reporter", "was_right"], name="report_record"),)

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.case}"
