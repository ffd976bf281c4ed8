"""Authors of studies, in the order a study names them."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from common.text import slugify_title


class Author(models.Model):
    """A person or a group who wrote studies.

    ``key`` is ``orcid:0000-…`` where the ORCID iD is known, else ``name:family|given`` in one spelling
    (see ``studies.importing.people``): two people of one spelling and no ORCID iD share a row.
    """

    key = models.CharField(max_length=300, unique=True, editable=False)
    family = models.CharField(max_length=150, blank=True, default="")
    given = models.CharField(max_length=150, blank=True, default="")
    collective = models.CharField(max_length=300, blank=True, default="")
    orcid = models.CharField(max_length=19, blank=True, default="")

    class Meta:
        ordering = ("family", "given", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.collective or f"{self.given} {self.family}".strip()

    @property
    def slug(self) -> str:
        return slugify_title(self.name)

    def get_absolute_url(self) -> str:
        return reverse("studies:author", args=[self.pk, self.slug])


class Authorship(models.Model):
    """One place in a study's list of authors; ``position`` starts at 1."""

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="authorships")
    author = models.ForeignKey(Author, models.PROTECT, related_name="authorships")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["study", "position"], name="one_author_a_place"),)
        indexes = (models.Index(fields=["author", "-study"], name="authorship_newest"),)

    def __str__(self) -> str:
        return f"{self.author} ({self.position})"
