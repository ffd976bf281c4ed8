"""How far the weekly look at every study's standing has come."""

from __future__ import annotations

from django.db import models


class StandingRound(models.Model):
    """One source asked about every study it may know. There is one row for a source; each round starts it anew."""

    source = models.CharField(max_length=10, unique=True)
    started_at = models.DateTimeField()
    last_study = models.BigIntegerField(default=0, help_text="the id of the study asked about last")
    asked = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=300, blank=True, default="", help_text="what stopped the last try")

    def __str__(self) -> str:
        return f"{self.source}: {self.asked} asked"
