"""By what a work is known again, and what became of studies that were merged into others."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class TitleKey(models.Model):
    """What one source calls a study: title in one spelling (``studies.importing.identity``), year and first author.

    A study has one for each different way in which its sources put it. One with a title that tells nothing has none.
    """

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="title_keys")
    title = models.CharField(max_length=300)
    start = models.CharField(max_length=16, help_text="the first letters of the title: those of one start are compared")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    author = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        indexes = (
            models.Index(fields=["title"], name="title_key"),
            models.Index(fields=["start", "author"], name="title_key_start"),
        )

    def __str__(self) -> str:
        return self.title


class OtherIdentifier(models.Model):
    """An identifier that leads to a study beside its own three: that of a study which was merged into it."""

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="other_identifiers")
    name = models.CharField(max_length=5, choices=[("doi", "DOI"), ("pmid", "PMID"), ("pmcid", "PMCID")])
    value = models.CharField(max_length=250)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["name", "value"], name="an_identifier_leads_to_one_study"),)

    def __str__(self) -> str:
        return f"{self.get_name_display()} {self.value}"


class MergedStudy(models.Model):
    """A study that is no more: its old number leads to the study that it was merged into.

    Always to one that is there: when that one is merged in its turn, this row is moved along. ``facts`` holds what the
    gone study said and the kept one does not show; ``digests`` are those of its records that were not taken over, so
    that an import knows them again; ``thread`` is its discussion where the kept study had one of its own.
    """

    old_id = models.BigIntegerField(primary_key=True)
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="merged_studies")
    title = models.CharField(max_length=1000)
    facts = models.JSONField(default=dict)
    digests = ArrayField(models.CharField(max_length=64), default=list)
    thread = models.ForeignKey("forum.Post", models.SET_NULL, null=True, blank=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    merged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "merged studies"

    def __str__(self) -> str:
        return f"study {self.old_id}, now {self.study_id}"


class MergeProposal(models.Model):
    """Two studies that are likely one work, for a librarian to decide; the lower number is ``study``.

    Once they are merged ``other`` is empty, ``study`` the kept one and ``gone_id`` the number of the other.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        MERGED = "merged", "Merged"
        APART = "apart", "Kept apart"

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="merge_proposals")
    other = models.ForeignKey(
        "studies.Study", models.CASCADE, null=True, blank=True, related_name="merge_proposals_as_other"
    )
    gone_id = models.BigIntegerField(null=True, blank=True)
    why = models.CharField(max_length=500)
    score = models.PositiveSmallIntegerField(help_text="how alike the titles are, of 100")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=500, blank=True, default="")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["study", "other"], name="one_proposal_for_two_studies"),
            models.CheckConstraint(condition=Q(other__isnull=True) | Q(study__lt=F("other")), name="lower_study_first"),
        )
        indexes = (models.Index(fields=["-score", "id"], name="proposal_open", condition=Q(state="open")),)

    def __str__(self) -> str:
        return f"{self.study_id} and {self.other_id or self.gone_id}: {self.why}"
