"""Our plain-language text about a study, who stands behind it, and every version that was saved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.models import Member
from common import markdown, wording
from moderation import log
from moderation.acting import done_to
from notices import following
from notices.telling import tell
from studies.errors import NotYours, StaleEdit
from studies.models.change import StudyChange

FORMER_MEMBER = gettext_noop("a former member")
MACHINE_TEXT = gettext_noop("Machine text, not reviewed")
NOT_REVIEWED = gettext_noop("Not reviewed")
WITHDRAW = "take back the review"  # in the moderators' log

RENEWED = gettext_noop("“%(title)s” has a new summary.")
wording.know(RENEWED)


class Writer(models.TextChoices):
    MEMBER = "member", gettext_noop("a member")
    LIBRARIAN = "librarian", gettext_noop("the librarians")
    MODEL = "model", gettext_noop("a language model")


def _member(related_name: str) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name=related_name
    )


class Told(models.Model):
    """What a summary and each of its versions tell of themselves: the words, who wrote them and who reviewed them.

    A member is referred to, so that a new name is shown and a member who leaves takes it along; the name texts are for
    those who have no account here, a model above all.
    """

    tldr = models.TextField("TL;DR", max_length=600)
    body = models.TextField("summary", max_length=10_000, blank=True, default="")
    writer_kind = models.CharField(max_length=10, choices=Writer, default=Writer.LIBRARIAN)
    writer = _member("+")
    writer_name = models.CharField(max_length=100, blank=True, default="", help_text="of a writer without account")
    written_on = models.DateField()
    editor = _member("+")
    reviewer = _member("+")
    reviewer_name = models.CharField(max_length=100, blank=True, default="")
    reviewed_on = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_reviewed(self) -> bool:
        return self.reviewed_on is not None

    @property
    def is_unreviewed_machine_text(self) -> bool:
        return self.writer_kind == Writer.MODEL and not self.is_reviewed

    @property
    def mark(self) -> str:
        """What stands beside the words wherever they are shown; "" once a person has reviewed them."""
        if self.is_reviewed:
            return ""
        return MACHINE_TEXT if self.writer_kind == Writer.MODEL else NOT_REVIEWED

    @property
    def tldr_with_mark(self) -> str:
        """The TL;DR for places that have no room for a mark of its own: ``description``, gists, files."""
        return f"{self.mark}: {self.tldr}" if self.mark else self.tldr

    @property
    def written_by(self) -> str:
        """Who wrote it, in words: a name where there is one, else the kind of writer."""
        if self.writer is not None:
            return self.writer.username
        if self.writer_kind == Writer.MEMBER and not self.writer_name:
            return FORMER_MEMBER
        return self.writer_name or Writer(self.writer_kind).label

    @property
    def reviewed_by(self) -> str:
        """Who reviewed it, in words; "" where nobody has."""
        if not self.is_reviewed:
            return ""
        return self.reviewer.username if self.reviewer is not None else self.reviewer_name or "a librarian"

    @property
    def provenance(self) -> dict[str, Any]:
        """Who stands behind it, as JSON values for files and interfaces."""
        return {
            "written_by": self.written_by,
            "writer_kind": self.writer_kind,
            "written_on": self.written_on.isoformat(),
            "reviewed": self.is_reviewed,
            "reviewed_by": self.reviewed_by,
            "reviewed_on": self.reviewed_on.isoformat() if self.reviewed_on else None,
            "mark": self.mark,
        }


TOLD = tuple(field.attname for field in Told._meta.concrete_fields)


class Summary(Told):
    """TL;DR and summary of one study as they stand now.

    ``body`` is Markdown; ``body_html`` is rendered at save. Each save keeps its words as a ``SummaryVersion``.
    """

    Writer = Writer

    study = models.OneToOneField("studies.Study", models.CASCADE, related_name="summary", primary_key=True)
    body_html = models.TextField(editable=False, default="")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "summaries"
        indexes = (
            models.Index(fields=["study"], name="summaries_not_reviewed", condition=models.Q(reviewed_on__isnull=True)),
        )

    def __str__(self) -> str:
        return self.tldr[:80]

    @transaction.atomic
    def save(self, *args, **kwargs) -> None:
        """Save with the Markdown rendered and the version kept, and let search see the new words."""
        from studies.searching import refresh_text  # it reads this model, among others

        self.body_html = markdown.render(self.body)
        super().save(*args, **kwargs)
        SummaryVersion.keep(self)
        refresh_text(self.study)

    @classmethod
    @transaction.atomic
    def write(
        cls,
        study,
        *,
        tldr: str,
        body: str,
        editor,
        version: int,
        writer=None,
        writer_kind: str = Writer.LIBRARIAN,
        writer_name: str = "",
        written_on: date | None = None,
        reason: str = "",
        accepted: Iterable[dict[str, str]] = (),
        reviewed: bool = False,
        keeps_writer: bool = False,
    ) -> Summary:
        """Let these be the words about ``study``, as a new version by ``editor``.

        ``version`` is the one the editor started from, 0 where there was none: raises ``StaleEdit`` when another was
        saved meanwhile. ``accepted`` are the findings of the check that the editor ticked off. With ``keeps_writer``
        who wrote the version before stays its writer. New words are not reviewed unless the editor says they
        are; saying it where one may not raises ``NotYours``. The same words sent again are one version.
        """
        from studies.discussion import follow_summary
        from studies.models.study import Study

        Study.objects.select_for_update(no_key=True).get(pk=study.pk)  # whoever else saves waits here
        now = cls.objects.select_related("writer", "editor", "reviewer").filter(study=study).first()
        if now and (now.tldr, now.body) == (tldr, body) and now.version == version + 1 and now.editor_id == editor.pk:
            return now
        if (now.version if now else 0) != version:
            raise StaleEdit
        summary = cls(study=study, tldr=tldr, body=body, editor=editor, version=version + 1)
        if now and keeps_writer:
            summary.writer_kind, summary.writer, summary.writer_name = now.writer_kind, now.writer, now.writer_name
            summary.written_on = now.written_on
        else:
            summary.writer_kind, summary.writer, summary.writer_name = writer_kind, writer, writer_name
            summary.written_on = written_on or timezone.localdate()
        if reviewed:
            summary._mark_reviewed(editor)
        summary._reason, summary._accepted = reason, list(accepted)
        summary.save()
        words = "The summary was changed." if now else "A summary was written."
        StudyChange.record(
            study, StudyChange.Kind.SUMMARY, f"{words} Version {summary.version}.", actor=editor, reason=reason
        )
        study.summary = summary
        follow_summary(study)
        tell(
            following.followers_of(study), kind="summary", key=f"summary:{study.pk}:{summary.version}",
            words=RENEWED % {"title": study.title[:200]}, url=study.get_absolute_url(), besides=editor,
        )  # fmt: skip
        return summary

    @transaction.atomic
    def review(self, librarian) -> None:
        """Say that ``librarian`` has checked these words. Pressing twice changes nothing more.

        Raises ``NotYours`` where the librarian wrote them and is not the only one, ``StaleEdit`` when another version
        was saved meanwhile.
        """
        from studies.discussion import follow_summary

        now = Summary.objects.select_for_update(no_key=True).get(pk=self.pk)
        if now.version != self.version:
            raise StaleEdit
        if now.is_reviewed:
            return
        self._mark_reviewed(librarian)
        fields = ("reviewer", "reviewer_name", "reviewed_on")
        reviewed = {name: getattr(self, name) for name in fields}
        Summary.objects.filter(pk=self.pk).update(**reviewed)
        SummaryVersion.objects.filter(study_id=self.pk, number=self.version).update(**reviewed)
        StudyChange.record(
            self.study,
            StudyChange.Kind.SUMMARY,
            f"Version {self.version} of the summary was reviewed.",
            actor=librarian,
        )
        follow_summary(self.study)

    # What reports do (``moderation.reporting``): the words stay, but nobody vouches for them until a librarian has
    # looked again. The line of the log keeps whose review it was.

    @property
    def is_hidden(self) -> bool:
        return not self.is_reviewed

    @transaction.atomic
    def hide(self, moderator, reason: str):
        """Take the review back; undone by ``unhide``. Gives the line of the log, None where there is no review."""
        now = Summary.objects.select_for_update(no_key=True).select_related("study").get(pk=self.pk)
        if now.reviewed_on is None:
            return None
        details = {
            "version": now.version, "reviewer": now.reviewer_id, "reviewer_name": now.reviewer_name,
            "reviewed_on": now.reviewed_on.isoformat(),
        }  # fmt: skip
        now._set_review(reason, "taken back", reviewer=None, reviewer_name="", reviewed_on=None)
        return log.record(moderator, WITHDRAW, now, reason, details=details)

    @transaction.atomic
    def unhide(self, moderator, reason: str):
        """Let the review that was taken back last stand again; None where the words, or the review, are others now."""
        now = Summary.objects.select_for_update(no_key=True).select_related("study").get(pk=self.pk)
        line = done_to(now).filter(action=WITHDRAW, undone_by__isnull=True).first()
        if line is None or now.is_reviewed or now.version != line.details["version"]:
            return None
        reviewer = Member.objects.filter(pk=line.details["reviewer"]).first()
        day = date.fromisoformat(line.details["reviewed_on"])
        now._set_review(
            reason, "put back", reviewer=reviewer, reviewer_name=line.details["reviewer_name"],
            reviewed_on=day,
        )  # fmt: skip
        return log.record(moderator, f"undo {WITHDRAW}", now, reason, undoes=line)

    def _set_review(self, reason: str, done: str, **review: Any) -> None:
        from studies.discussion import follow_summary

        Summary.objects.filter(pk=self.pk).update(**review)
        SummaryVersion.objects.filter(study_id=self.pk, number=self.version).update(**review)
        words = f"The review of version {self.version} of the summary was {done}."
        StudyChange.record(self.study, StudyChange.Kind.SUMMARY, words, reason=reason)
        self.refresh_from_db()
        self.study.summary = self
        follow_summary(self.study)

    def get_absolute_url(self) -> str:
        return f"{self.study.get_absolute_url()}#tldr-title"

    def _mark_reviewed(self, librarian) -> None:
        if why := self.why_not_reviewed_by(librarian):
            raise NotYours(why)
        self.reviewer, self.reviewer_name, self.reviewed_on = librarian, "", timezone.localdate()

    def why_not_reviewed_by(self, librarian) -> str:
        """Why this librarian can't review these words, as a sentence; "" where they can.

        Nobody reviews what they wrote, unless there is no other librarian who could.
        """
        if self.writer_id is None or self.writer_id != librarian.pk:
            return ""
        others = Member.objects.librarians().exclude(pk=librarian.pk)
        return gettext("You wrote this text: another librarian has to review it.") if others.exists() else ""

    # What the next save says of its version; set by ``write``.
    _reason: str = ""
    _accepted: list[dict[str, str]] = []


class SummaryVersion(Told):
    """A summary as it was once saved. Written with each save; only its review is added later.

    ``accepted`` holds the findings of the check that the editor ticked off.
    """

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="summary_versions")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True, default="")
    accepted = models.JSONField(default=list, blank=True)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["study", "number"], name="one_summary_version_of_a_number"),)

    def __str__(self) -> str:
        return f"version {self.number} of the summary of study {self.study_id}"

    @classmethod
    def keep(cls, summary: Summary) -> None:
        """Keep what ``summary`` says now, unless its version is kept already."""
        told: dict[str, Any] = {name: getattr(summary, name) for name in TOLD}
        row: Any = cls(
            study_id=summary.pk, number=summary.version, reason=summary._reason, accepted=summary._accepted, **told
        )
        cls.objects.bulk_create([row], ignore_conflicts=True)
