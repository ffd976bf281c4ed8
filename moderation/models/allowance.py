"""How much of a limit is used up: one row for each limit that somebody is using."""

from __future__ import annotations

from django.db import models


class Allowance(models.Model):
    """What one member or one network has used of one limit. Written by ``moderation.limits.spend``.

    ``used_until`` is the moment at which all of it will be free again: the "theoretical arrival time" of the generic
    cell rate algorithm (ITU-T I.371, ATM Forum TM 4.0). A row whose moment has passed says nothing any more.
    """

    key = models.CharField(max_length=120, primary_key=True)
    used_until = models.DateTimeField()
    span = models.PositiveIntegerField(help_text="seconds over which the limit counts")

    def __str__(self) -> str:
        return self.key
