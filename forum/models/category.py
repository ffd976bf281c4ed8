"""Categories: the one shelf a post stands on."""

from __future__ import annotations

from django.db import models
from django.urls import reverse


class Category(models.Model):
    """A shelf of the community. ``position`` orders them in menus."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=100)
    allows_pseudonyms = models.BooleanField(
        "posts without a name", default=False, db_default=False, help_text="members may post here under a pseudonym"
    )
    takes_answers = models.BooleanField(
        "answers", default=True, db_default=True, help_text="a comment may be marked as the answer to a post here"
    )

    class Meta:
        verbose_name_plural = "categories"
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("forum:category", args=[self.slug])
