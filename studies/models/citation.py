"""Citations: a study's references to other works, in order."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Citation(models.Model):
    """One reference of a study.

    The text and the identifiers stay as they came; ``cited`` is the study in the library that they
    name, and is filled whenever that study is there (``studies.importing.linking``).
    """

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="citations")
    position = models.PositiveIntegerField()
    text = models.TextField(blank=True, default="")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    doi = models.CharField(max_length=250, blank=True, default="")
    pmid = models.CharField(max_length=8, blank=True, default="")
    pmcid = models.CharField(max_length=15, blank=True, default="")
    cited = models.ForeignKey(
        "studies.Study", models.SET_NULL, null=True, blank=True, related_name="citing", db_index=False
    )

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["study", "position"], name="one_citation_a_place"),
            models.CheckConstraint(condition=~Q(cited=F("study")), name="no_study_cites_itself"),
        )
        indexes = (
            models.Index(fields=["cited", "study"], name="citation_cited"),
            models.Index(fields=["doi"], condition=~Q(doi=""), name="citation_doi"),
            models.Index(fields=["pmid"], condition=~Q(pmid=""), name="citation_pmid"),
            models.Index(fields=["pmcid"], condition=~Q(pmcid=""), name="citation_pmcid"),
        )

    def __str__(self) -> str:
        return self.text or self.doi or self.pmid
