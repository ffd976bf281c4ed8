"""The one vocabulary: what a study or a post is about."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from taggit.models import TagBase


class Tag(TagBase):
    """A word of the vocabulary. ``name`` is stored as ``common.tags.normalise`` gives it.

    ``use_count`` is the number of studies and of posts in sight that carry the tag; ``common.tags`` moves it,
    ``manage.py recount`` proves it.
    """

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True, allow_unicode=True)
    description = models.TextField(blank=True, default="", max_length=2000)
    synonym_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="synonyms")
    use_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("name",)
        indexes = (models.Index(fields=["-use_count", "name"], name="tag_by_use"),)

    def get_absolute_url(self) -> str:
        return reverse("pages:tag", args=[self.slug])
