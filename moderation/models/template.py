"""Reasons that moderators give often, kept so that they need not be typed."""

from __future__ import annotations

from django.db import models


class ReasonTemplate(models.Model):
    """One sentence, offered wherever a moderator gives a reason. ``position`` orders them."""

    text = models.CharField(max_length=500, unique=True)
    position = models.PositiveSmallIntegerField(default=100)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.text
