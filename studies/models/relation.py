"""How works are related: notices and what they are about, preprints and their published versions, comments."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_noop


class RelationKind(models.TextChoices):
    """How the study is related to the other work, as the heading over that work on the study's page."""

    RETRACTED_BY = "retracted_by", gettext_noop("Retraction notice")
    REPLACED_BY = "replaced_by", gettext_noop("Retracted and published again as")
    CONCERN_IN = "concern_in", gettext_noop("Expression of concern")
    PARTLY_RETRACTED_BY = "partly_retracted_by", gettext_noop("Notice of partial retraction")
    CORRECTED_BY = "corrected_by", gettext_noop("Correction")
    REPUBLISHED_AS = "republished_as", gettext_noop("Corrected and published again as")
    RETRACTS = "retracts", gettext_noop("Retracts")
    REPLACES = "replaces", gettext_noop("Published again after the retraction of")
    CONCERN_ABOUT = "concern_about", gettext_noop("Expresses concern about")
    PARTLY_RETRACTS = "partly_retracts", gettext_noop("Retracts a part of")
    CORRECTS = "corrects", gettext_noop("Corrects")
    REPUBLISHES = "republishes", gettext_noop("Corrected version of")
    PREPRINT_OF = "preprint_of", gettext_noop("Published version")
    HAS_PREPRINT = "has_preprint", gettext_noop("Preprint")
    UPDATED_BY = "updated_by", gettext_noop("Newer version")
    UPDATES = "updates", gettext_noop("Earlier version")
    COMMENTED_BY = "commented_by", gettext_noop("Comment on this study")
    COMMENTS_ON = "comments_on", gettext_noop("Comments on")
    COMPANION = "companion", gettext_noop("Companion article")


class StudyRelation(models.Model):
    """What the records of one study say about its relation to one other work.

    The identifiers and the words stay as they came; ``other`` is the study in the library that they name, and is
    filled whenever that study is there. The other study has no row of its own for it: its page reads this one from
    its end. Without identifiers and words the row says only what happened, as "retracted".
    """

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="relations")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=RelationKind)
    source = models.CharField(max_length=10, help_text="the kind of source that says so first")
    doi = models.CharField(max_length=250, blank=True, default="")
    pmid = models.CharField(max_length=8, blank=True, default="")
    pmcid = models.CharField(max_length=15, blank=True, default="")
    text = models.CharField(max_length=500, blank=True, default="")
    date = models.CharField(max_length=10, blank=True, default="")
    other = models.ForeignKey(
        "studies.Study", models.SET_NULL, null=True, blank=True, related_name="relations_from", db_index=False
    )

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["study", "position"], name="one_relation_a_place"),
            models.CheckConstraint(condition=~Q(other=F("study")), name="no_study_is_its_own_other"),
        )
        indexes = (
            models.Index(fields=["other", "study"], condition=Q(other__isnull=False), name="relation_other"),
            models.Index(fields=["doi"], condition=~Q(doi=""), name="relation_doi"),
            models.Index(fields=["pmid"], condition=~Q(pmid=""), name="relation_pmid"),
            models.Index(fields=["pmcid"], condition=~Q(pmcid=""), name="relation_pmcid"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.doi or self.pmid or self.pmcid or self.text}"
