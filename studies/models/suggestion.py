"""What members suggest: studies that the library should have, and corrections of what it says of a study."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from common import wording
from common.addresses import is_on_the_web
from notices.telling import tell
from studies.errors import TooManyOpen
from studies.models.asked import Answered
from studies.models.study import Study

OPEN_SUGGESTIONS = 20  # studies, and corrections, of one member

REFUSED = gettext_noop("The study %(identifier)s that you asked for was not taken: %(why)s")
ARRIVED = gettext_noop("The study you asked for is in the library: “%(title)s”.")
APPLIED = gettext_noop("Your correction of “%(title)s” was applied. Thank you.")
NOT_APPLIED = gettext_noop("Your correction of “%(title)s” was not taken: %(why)s")
wording.know(REFUSED, ARRIVED, APPLIED, NOT_APPLIED)


class StudySuggestion(models.Model):
    """A study somebody asks for, by its identifier: one row however many ask.

    ``ask_count`` is the number of its ``StudyAsk`` rows; ``manage.py recount`` proves it.
    """

    class Kind(models.TextChoices):
        DOI = "doi", "DOI"
        PMID = "pmid", "PMID"
        PMCID = "pmcid", "PMCID"

    class Status(models.TextChoices):
        WAITING = "waiting", gettext_noop("Waiting")
        ACCEPTED = "accepted", gettext_noop("Accepted, on its way")
        ARRIVED = "arrived", gettext_noop("In the library")
        DECLINED = "declined", gettext_noop("Not taken")

    kind = models.CharField(max_length=5, choices=Kind)
    value = models.CharField(max_length=250)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    study = models.ForeignKey(Study, models.SET_NULL, null=True, blank=True, related_name="suggestions")
    ask_count = models.PositiveIntegerField(default=0, editable=False)
    answer = models.CharField(max_length=500, blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["kind", "value"], name="one_suggestion_of_a_study"),)
        indexes = (
            models.Index(fields=["-ask_count", "-id"], name="suggestions_waiting", condition=Q(status="waiting")),
            models.Index(fields=["id"], name="suggestions_not_here", condition=Q(status__in=("waiting", "accepted"))),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"

    @property
    def identifier(self) -> str:
        """The identifier as it is told from any other: a PMID by its name."""
        return f"PMID {self.value}" if self.kind == self.Kind.PMID else self.value

    @classmethod
    @transaction.atomic
    def ask(cls, kind: str, value: str, member, reason: str = "") -> StudySuggestion:
        """Ask for the study of this (normalised) identifier. A member who asks twice asks once.

        Raises ``TooManyOpen`` where too many that this member asked for wait.
        """
        fresh: Any = cls(kind=kind, value=value)
        cls.objects.bulk_create([fresh], ignore_conflicts=True)
        suggestion = cls.objects.select_for_update().get(kind=kind, value=value)
        if (
            suggestion.status in (cls.Status.DECLINED, cls.Status.ARRIVED)
            or suggestion.asks.filter(member=member).exists()
        ):
            return suggestion
        waiting = StudyAsk.objects.filter(member=member, suggestion__status=cls.Status.WAITING)
        if waiting[:OPEN_SUGGESTIONS].count() >= OPEN_SUGGESTIONS:
            raise TooManyOpen(f"{OPEN_SUGGESTIONS} studies that you asked for wait for the librarians already.")
        StudyAsk.objects.create(suggestion=suggestion, member=member, reason=reason)
        suggestion.ask_count += 1
        cls.objects.filter(pk=suggestion.pk).update(ask_count=F("ask_count") + 1)
        return suggestion

    @transaction.atomic
    def accept(self, librarian) -> None:
        """Have the record fetched; whoever asked is told when the study is in. Pressing twice fetches once."""
        from studies.fetching import request

        if self._close(self.Status.ACCEPTED, librarian, ""):
            request([self.identifier], member=librarian, reason="A member suggested it.")

    @transaction.atomic
    def decline(self, librarian, words: str) -> None:
        if self._close(self.Status.DECLINED, librarian, words):
            said = REFUSED % {"identifier": self, "why": words}
            self._tell(said, reverse("studies:suggest"), kind="correction")

    @transaction.atomic
    def arrive(self, study: Study) -> None:
        """The study is in the library: whoever asked for it is told, once."""
        open_now = type(self).objects.filter(pk=self.pk, status__in=(self.Status.WAITING, self.Status.ACCEPTED))
        if open_now.update(status=self.Status.ARRIVED, study=study):
            self.status = self.Status.ARRIVED
            words = ARRIVED % {"title": study.title[:200]}
            self._tell(words, study.get_absolute_url(), kind="wanted")

    def _close(self, status: str, librarian, words: str) -> bool:
        self.status, self.answer = status, words
        return bool(
            type(self).objects.filter(pk=self.pk, status=self.Status.WAITING)
            .update(status=status, answer=words, answered_by=librarian, answered_at=timezone.now())
        )  # fmt: skip

    def _tell(self, words: str, url: str, *, kind: str) -> None:
        members = list(self.asks.exclude(member=None).values_list("member", flat=True))
        tell(members, kind=kind, key=f"study-suggestion:{self.pk}:{self.status}", words=words, url=url)


class StudyAsk(models.Model):
    """One member who asks for one study."""

    suggestion = models.ForeignKey(StudySuggestion, models.CASCADE, related_name="asks")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="study_asks")
    reason = models.CharField(max_length=300, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["suggestion", "member"], name="one_ask_each"),)

    def __str__(self) -> str:
        return f"an ask for {self.suggestion_id}"


class Correction(Answered):
    """Another value for one field of a study, as a member suggests it. ``field`` is one of ``studies.correcting``."""

    class Status(models.TextChoices):
        WAITING = "waiting", gettext_noop("Waiting")
        ACCEPTED = "accepted", gettext_noop("Applied")
        DECLINED = "declined", gettext_noop("Not taken")

    study = models.ForeignKey(Study, models.CASCADE, related_name="corrections")
    field = models.CharField(max_length=30)
    before = models.TextField(blank=True, default="", help_text="what the library said when it was sent")
    after = models.TextField(max_length=2000)
    reason = models.CharField(max_length=500, blank=True, default="")
    source = models.URLField(max_length=500, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["member", "study", "field"], condition=Q(status="waiting"), name="one_correction_waits"
            ),
            is_on_the_web("source", "source_is_on_the_web"),
        )
        indexes = (models.Index(fields=["-id"], name="corrections_waiting", condition=Q(status="waiting")),)

    def __str__(self) -> str:
        return f"{self.field} of study {self.study_id}"

    @classmethod
    @transaction.atomic
    def send(
        cls, study: Study, member, *, field: str, before: str, after: str, reason: str = "", source: str = ""
    ) -> Correction:
        """Put a correction before the librarians; while it waits, sending another for the field replaces it.

        Raises ``TooManyOpen`` where too many of this member's wait.
        """
        words = {"before": before, "after": after, "reason": reason, "source": source}
        waiting = cls.objects.filter(study=study, member=member, field=field, status=cls.Status.WAITING)
        if not waiting.exists():
            cls.refuse_flood(member, OPEN_SUGGESTIONS)
            fresh: Any = cls(study=study, member=member, field=field, **words)
            cls.objects.bulk_create([fresh], ignore_conflicts=True)
        waiting.update(**words)
        return waiting.get()

    @transaction.atomic
    def accept(self, librarian) -> None:
        """Apply the correction to the study, as a field that imports leave alone, with a line in its history.

        Raises ``ValidationError`` where the value can't be taken any more. Pressing twice applies it once.
        """
        from studies import correcting

        if not self._answer(self.Status.ACCEPTED, librarian, ""):
            return
        correcting.apply(self, librarian)
        if self.member:
            words = APPLIED % {"title": self.study.title[:200]}
            self._tell(words)

    @transaction.atomic
    def decline(self, librarian, words: str) -> None:
        if self._answer(self.Status.DECLINED, librarian, words):
            self._tell(NOT_APPLIED % {"title": self.study.title[:200], "why": words})

    def _tell(self, words: str) -> None:
        if self.member:
            url = self.study.get_absolute_url()
            tell([self.member], kind="correction", key=f"correction:{self.pk}", words=words, url=url)

    @property
    def title(self) -> str:
        from studies import correcting

        field = correcting.FIELDS.get(self.field)
        return field.title if field else self.field
