"""Saved searches: a member's way of looking into the library, followed like a tag."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse


class SavedSearchQuerySet(models.QuerySet):
    def of(self, member: Any) -> SavedSearchQuerySet:
        """The member's own: nobody else may know of a search."""
        return self.filter(member=member.pk)


class SavedSearch(models.Model):
    """Words and facets of the library. ``query`` is the query string in its one spelling (``studies.searches``)."""

    NAME_LIMIT = 150  # characters
    QUERY_LIMIT = 1500  # characters

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches", db_index=False)
    name = models.CharField(max_length=NAME_LIMIT)
    query = models.CharField(max_length=QUERY_LIMIT)
    made_at = models.DateTimeField(auto_now_add=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = (models.UniqueConstraint(fields=["member", "query"], name="one_search_of_a_member"),)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('studies:library')}?{self.query}"
