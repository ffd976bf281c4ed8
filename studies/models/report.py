"""Errors in the library that members report."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.language import as_stored
from common import wording
from notices.telling import tell
from studies.models.asked import Answered

OPEN_REPORTS = 20  # of one member

ANSWERED = gettext_noop("About the error you reported in “%(title)s”: %(outcome)s.")
wording.know(ANSWERED)


class ErrorReport(Answered):
    """What a member says is wrong with a study. A librarian answers, and the member is told."""

    class Kind(models.TextChoices):
        SUMMARY = "summary", _("The summary or TL;DR says something wrong")
        RECORD = "record", _("The record is wrong: title, authors, journal, date, identifiers")
        STANDING = "standing", _("It was retracted or corrected, or wrongly shown so")
        DUPLICATE = "duplicate", _("It is here twice")
        OTHER = "other", _("Something else")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        MENDED = "mended", _("Mended")
        NO_ERROR = "no-error", _("Not an error")
        KNOWN = "known", _("Reported before")

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="error_reports")
    kind = models.CharField(max_length=10, choices=Kind)
    words = models.TextField(max_length=2000)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["member", "study", "kind"], condition=Q(status="waiting"), name="one_report_of_a_kind_waits"
            ),
        )
        indexes = (models.Index(fields=["-id"], name="reports_waiting", condition=Q(status="waiting")),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.words[:80]}"

    @classmethod
    @transaction.atomic
    def send(cls, study, member, *, kind: str, words: str) -> tuple[ErrorReport, bool]:
        """Put a report before the librarians; gives it and whether it is new.

        One of a kind waits for a member and a study: a second is not taken, and the first is given. Raises
        ``TooManyOpen`` where too many of this member's wait.
        """
        waiting = cls.objects.filter(study=study, member=member, kind=kind, status=cls.Status.WAITING)
        if before := waiting.first():
            return before, False
        cls.refuse_flood(member, OPEN_REPORTS)
        fresh: Any = cls(study=study, member=member, kind=kind, words=words)
        cls.objects.bulk_create([fresh], ignore_conflicts=True)
        report = waiting.get()
        return report, report.words == words

    @transaction.atomic
    def settle(self, librarian, status: str, words: str) -> None:
        """Answer the report and tell its member. One that was answered meanwhile stays as it is."""
        if self._answer(status, librarian, words) and self.member:
            with as_stored():
                outcome = str(self.get_status_display()).lower()
            said = ANSWERED % {"title": self.study.title[:150], "outcome": outcome}
            url = self.study.get_absolute_url()
            tell(
                [self.member],
                kind="correction",
                key=f"error-report:{self.pk}",
                words=f"{said} {words}".strip(),
                url=url,
            )
