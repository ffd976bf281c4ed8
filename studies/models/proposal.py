"""Summaries that members propose, and drafts that a program makes: words on their way to being a summary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from common import wording
from moderation import reputation
from notices.telling import tell
from studies.models.asked import Answered

OPEN_PROPOSALS = 10  # of one member

PUBLISHED = gettext_noop("Your summary of “%(title)s” was published. Thank you.")
NOT_TAKEN = gettext_noop("Your summary of “%(title)s” was not taken: %(why)s")
wording.know(PUBLISHED, NOT_TAKEN)


class SummaryProposal(Answered):
    """A summary as a member would have it. Published by ``Summary.write`` with the member as its writer."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ACCEPTED = "accepted", "Published"
        DECLINED = "declined", "Not taken"

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="summary_proposals")
    tldr = models.TextField("TL;DR", max_length=600)
    body = models.TextField("summary", max_length=10_000, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    accepted = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["member", "study"], condition=models.Q(status="waiting"), name="one_proposal_waits"
            ),
        )
        indexes = (models.Index(fields=["-id"], name="proposals_waiting", condition=models.Q(status="waiting")),)

    def __str__(self) -> str:
        return self.tldr[:80]

    @classmethod
    @transaction.atomic
    def send(
        cls, study, member, *, tldr: str, body: str, reason: str = "", accepted: Iterable[dict[str, str]] = ()
    ) -> SummaryProposal:
        """Put a proposal before the librarians; while it waits, sending another replaces its words.

        Raises ``TooManyOpen`` where too many of this member's wait.
        """
        words = {"tldr": tldr, "body": body, "reason": reason, "accepted": list(accepted)}
        waiting = cls.objects.filter(study=study, member=member, status=cls.Status.WAITING)
        if not waiting.exists():
            cls.refuse_flood(member, OPEN_PROPOSALS)
            fresh: Any = cls(study=study, member=member, **words)
            cls.objects.bulk_create([fresh], ignore_conflicts=True)
        waiting.update(**words)
        return waiting.get()

    @transaction.atomic
    def accept(self, librarian) -> None:
        """Close the proposal because it was published, and tell the member, who earns by it."""
        reputation.hold(self.member_id)
        if self._answer(self.Status.ACCEPTED, librarian, "") and self.member:
            reputation.settle("summary", self.member_id, [self.pk])
            words = PUBLISHED % {"title": self.study.title[:200]}
            tell(
                [self.member],
                kind="correction",
                key=f"proposal:{self.pk}",
                words=words,
                url=self.study.get_absolute_url(),
            )

    @transaction.atomic
    def decline(self, librarian, words: str) -> None:
        """Say no, with words for the member."""
        if self._answer(self.Status.DECLINED, librarian, words) and self.member:
            said = NOT_TAKEN % {"title": self.study.title[:200], "why": words}
            tell(
                [self.member],
                kind="correction",
                key=f"proposal:{self.pk}",
                words=said,
                url=self.study.get_absolute_url(),
            )


class SummaryDraft(models.Model):
    """A summary that a program wrote, for a librarian to work on. It is never shown to anybody else."""

    class Status(models.TextChoices):
        WAITING = "waiting", "being written"
        DONE = "done", "written"
        FAILED = "failed", "failed"

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="summary_drafts")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    writer_name = models.CharField(max_length=100, blank=True, default="")
    tldr = models.TextField(blank=True, default="")
    body = models.TextField(blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"draft {self.pk} about study {self.study_id}"
