"""Where a study's facts came from: the record of each source, as we normalised it."""

from __future__ import annotations

from django.db import models


class StudySource(models.Model):
    """The newest record of one kind of source about one study.

    A study's fields are computed from all its sources in a fixed order of precedence, so it does not
    matter which was imported first. ``digest`` tells an unchanged record without comparing it.
    """

    class Kind(models.TextChoices):
        PUBMED = "pubmed", "PubMed"
        JATS = "jats", "JATS"
        CROSSREF = "crossref", "Crossref"
        OPENALEX = "openalex", "OpenAlex"
        MEDLINE = "medline", "MEDLINE (.nbib)"
        CSL = "csl", "CSL-JSON"
        ENDNOTE = "endnote", "EndNote XML"
        RIS = "ris", "RIS"
        BIBTEX = "bibtex", "BibTeX"
        STUDYHALL = "studyhall", "another Studyhall"
        DEMO = "demo", "demo library"

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=10, choices=Kind)
    digest = models.CharField(max_length=64)
    record = models.JSONField()
    imported_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "kind"], name="one_source_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} record of study {self.study_id}"
