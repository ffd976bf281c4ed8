"""What people did to a study: its history, for everyone to read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_noop


class StudyChange(models.Model):
    """One change of one study by a member, a librarian or a job. Written by ``StudyChange.record``, never changed."""

    class Kind(models.TextChoices):
        EDITED = "edited", gettext_noop("Edited by a librarian")
        SUMMARY = "summary", gettext_noop("Summary")
        EVIDENCE = "evidence", gettext_noop("Evidence level")
        STANDING = "standing", gettext_noop("Standing")
        MERGED = "merged", gettext_noop("Merged")
        CORRECTED = "corrected", gettext_noop("Correction accepted")
        IMPORTED = "imported", gettext_noop("Imported")

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=12, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="study_changes"
    )
    words = models.CharField(max_length=500, help_text="what happened, as a sentence")
    reason = models.CharField(max_length=500, blank=True, default="")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=["study", "-id"], name="change_of_study"),
            models.Index(fields=["-id"], name="change_of_standing", condition=models.Q(kind="standing")),
        )

    def __str__(self) -> str:
        return self.words

    @classmethod
    def record(
        cls,
        study,
        kind: str,
        words: str,
        *,
        actor=None,
        reason: str = "",
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> StudyChange:
        """Write one line of a study's history, in the transaction of the change itself.

        ``words`` is the sentence that readers see; ``before`` and ``after`` hold the fields that changed, as JSON
        values. ``actor`` is None where a job did it.
        """
        return cls.objects.create(
            study=study, kind=kind, words=words[:500], actor=actor, reason=reason[:500],
            before=before or {}, after=after or {},
        )  # fmt: skip
