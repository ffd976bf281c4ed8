"""Facts about a study that its own page shows and no list does."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from studies.models.source import StudySource
from studies.registries import registry_of


class StudyFacts(models.Model):
    """Who was studied and how, who paid, whose interest is in it, where it was registered. Each may be unknown.

    ``origins`` tells of each field that a record filled which kind of source did. Fields that a librarian set stand in
    the study's ``kept_fields``.
    """

    FIELDS = ("population", "intervention", "comparison", "outcome", "funding", "conflicts", "registrations")

    study = models.OneToOneField("studies.Study", models.CASCADE, related_name="facts", primary_key=True)
    population = models.TextField(blank=True, default="", help_text="who was studied")
    intervention = models.TextField(blank=True, default="", help_text="what was done or given")
    comparison = models.TextField(blank=True, default="", help_text="what it was compared with")
    outcome = models.TextField("primary outcome", blank=True, default="", help_text="what was measured")
    funding = ArrayField(models.TextField(), blank=True, default=list, help_text="who paid, each with the grant")
    conflicts = models.TextField("conflicts of interest", blank=True, default="")
    registrations = ArrayField(models.CharField(max_length=60), blank=True, default=list)
    origins = models.JSONField(blank=True, default=dict, editable=False)

    class Meta:
        verbose_name_plural = "facts of studies"

    @property
    def named_origins(self) -> list[tuple[str, str]]:
        """Each field that a record filled, with the name of the source."""
        names = dict(StudySource.Kind.choices)
        return [(field, names.get(kind, kind)) for field, kind in self.origins.items()]

    @property
    def registered(self) -> list[tuple[str, str, str]]:
        """(number, name of the register, address there) of each registration, the first forty."""
        return [(number, *registry_of(number)) for number in self.registrations[:40]]

    def __str__(self) -> str:
        return f"facts of study {self.study_id}"
