"""Audiences: news for so many followers that a job tells them, and not the request that brought it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Audience(models.Model):
    """One new thing whose followers are being told, in the order of their ids. Written by ``notices.telling.gather``.

    ``reached`` is the last member who has been told, or passed over. ``is_withheld``: the thing is out of sight, and
    nobody is told until it comes back. The row goes when everybody has been told. In ``values`` the ids of whom not to
    tell are sealed (``common.sealing``): a masked author is among them.
    """

    kind = models.CharField(max_length=30)
    part = models.BigIntegerField()
    places = ArrayField(models.CharField(max_length=80))
    values = models.JSONField(help_text="what the statement is given besides the members")
    reached = models.BigIntegerField(default=0)
    is_withheld = models.BooleanField(default=False)
    begun_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.part}, told up to member {self.reached}"
