"""Journals: where studies appeared."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse


class Journal(models.Model):
    """A journal, known again by any of its ISSNs, else by its title (``title_key``)."""

    title = models.CharField(max_length=300)
    title_key = models.CharField(max_length=300, unique=True, editable=False)
    abbreviation = models.CharField(max_length=150, blank=True, default="")
    issns = ArrayField(models.CharField(max_length=9), default=list, blank=True)
    nlm_id = models.CharField(max_length=20, blank=True, default="")
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)

    class Meta:
        ordering = ("title",)
        indexes = (GinIndex(fields=["issns"], name="journal_issns"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("studies:journal", args=[self.slug])

    @property
    def short_title(self) -> str:
        return self.abbreviation or self.title
