"""How works are related: notices and what they are about, preprints and their published versions, comments."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class RelationKind(models.TextChoices):
    """How the study is related to the other work, as the heading over that work on the study's page."""

    RETRACTED_BY = "retracted_by", "Retraction notice"
    REPLACED_BY = "replaced_by", "Retracted and published again as"
    CONCERN_IN = "concern_in", "Expression of concern"
    PARTLY_RETRACTED_BY = "partly_retracted_by", "Notice of partial retraction"
    CORRECTED_BY = "corrected_by", "Correction"
    REPUBLISHED_AS = "republished_as", "Corrected and published again as"
    RETRACTS = "retracts", "Retracts"
    REPLACES = "replaces", "Published again after the retraction of"
    CONCERN_ABOUT = "concern_about", "Expresses concern about"
    PARTLY_RETRACTS = "partly_retracts", "Retracts a part of"
    CORRECTS = "corrects", "Corrects"
    REPUBLISHES = "republishes", "Corrected version of"
    PREPRINT_OF = "preprint_of", "Published version"
    HAS_PREPRINT = "has_preprint", "Preprint"
    UPDATED_BY = "updated_by", "Newer version"
    UPDATES = "updates", "Earlier version"
    COMMENTED_BY = "commented_by", "Comment on this study"
    COMMENTS_ON = "comments_on", "Comments on"
    COMPANION = "companion", "Companion article"


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
