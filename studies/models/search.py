"""Saved searches: a member's way of looking into the library or the whole site, followed like a tag."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop


class SavedSearchQuerySet(models.QuerySet):
    def of(self, member: Any) -> SavedSearchQuerySet:
        """The member's own: nobody else may know of a search."""
        return self.filter(member=member.pk)


class SavedSearch(models.Model):
    """What a member looks for again and again. ``query`` is in its one spelling.

    Of the library it is the query string of its facets (``studies.searches``); of the whole site the words and
    operators as the search box takes them (``pages.searching``).
    """

    class Place(models.TextChoices):
        LIBRARY = "library", gettext_noop("The library")
        SITE = "site", gettext_noop("Everything")

    NAME_LIMIT = 150  # characters
    QUERY_LIMIT = 1500  # characters

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches", db_index=False)
    place = models.CharField(max_length=10, choices=Place, default=Place.LIBRARY, db_default=Place.LIBRARY)
    name = models.CharField(max_length=NAME_LIMIT)
    query = models.CharField(max_length=QUERY_LIMIT)
    made_at = models.DateTimeField(auto_now_add=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = (models.UniqueConstraint(fields=["member", "place", "query"], name="one_search_of_a_member"),)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        if self.place == self.Place.SITE:
            return f"{reverse('pages:search')}?{urlencode({'q': self.query})}"
        return f"{reverse('studies:library')}?{self.query}"


class NewWords(models.Model):
    """A post or comment that no saved search has been tried on yet: written with its words, taken out by a job."""

    post = models.ForeignKey("forum.Post", models.CASCADE, null=True, related_name="+", db_index=False)
    comment = models.ForeignKey("forum.Comment", models.CASCADE, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name_plural = "new words"
        constraints = (
            models.UniqueConstraint(fields=["post"], name="post_is_new_once"),
            models.UniqueConstraint(fields=["comment"], name="comment_is_new_once"),
        )

    def __str__(self) -> str:
        return f"post {self.post_id}" if self.post_id else f"comment {self.comment_id}"


class FoundWords(models.Model):
    """A post or comment that a saved search found when it was new, and on which day its member was told."""

    search = models.ForeignKey(SavedSearch, models.CASCADE, related_name="found", db_index=False)
    post = models.ForeignKey("forum.Post", models.CASCADE, null=True, related_name="+", db_index=False)
    comment = models.ForeignKey("forum.Comment", models.CASCADE, null=True, related_name="+", db_index=False)
    found_on = models.DateField(default=timezone.localdate)

    class Meta:
        verbose_name_plural = "found words"
        constraints = (
            models.UniqueConstraint(fields=["search", "post"], name="post_found_once"),
            models.UniqueConstraint(fields=["search", "comment"], name="comment_found_once"),
        )
        indexes = (
            models.Index(fields=["post"], name="found_posts", condition=Q(post__isnull=False)),
            models.Index(fields=["comment"], name="found_comments", condition=Q(comment__isnull=False)),
            models.Index(fields=["found_on"], name="found_age"),
        )

    def __str__(self) -> str:
        return f"{f'post {self.post_id}' if self.post_id else f'comment {self.comment_id}'} for search {self.search_id}"
