"""Copies of all of a member's data, made for them when they ask."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models.member import Member
from common.deferring import defer

KEPT = timedelta(days=7)
GIVEN_UP = timedelta(hours=1)  # a worker that has been at it for so long is taken for dead


class DataCopy(models.Model):
    """One copy, from when it was asked for until its file is removed. Made by ``accounts.copying``."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        BUILDING = "building", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    OPEN = (State.WAITING, State.BUILDING)

    member = models.ForeignKey(Member, models.CASCADE, related_name="data_copies")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=40, blank=True, default="", help_text="its name in our folder")
    size = models.BigIntegerField(default=0, help_text="bytes")

    class Meta:
        verbose_name_plural = "data copies"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["member"], condition=Q(state__in=["waiting", "building"]), name="one_copy_is_made_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"copy {self.pk} for member {self.member_id}"

    @classmethod
    @transaction.atomic
    def ask(cls, member: Any) -> DataCopy:
        """Have a copy made; while one is being made, asking again gives that one."""
        fresh: Any = cls(member_id=member.pk)
        cls.objects.bulk_create([fresh], ignore_conflicts=True)
        copy = cls.objects.get(member=member.pk, state__in=cls.OPEN)
        if copy.asked_at == fresh.asked_at:
            defer("accounts.make_copy", copy_id=copy.pk)
        return copy

    @classmethod
    def claim(cls, pk: int) -> DataCopy | None:
        """Take the work on this copy; None where it is done, or somebody is at it."""
        now = timezone.now()
        left = Q(state=cls.State.WAITING) | Q(state=cls.State.BUILDING, started_at__lt=now - GIVEN_UP)
        taken = cls.objects.filter(left, pk=pk).update(
            state=cls.State.BUILDING, started_at=now, file=f"{secrets.token_hex(16)}.zip"
        )
        return cls.objects.select_related("member").get(pk=pk) if taken else None

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def expires_at(self) -> Any:
        return self.ready_at and self.ready_at + KEPT

    @property
    def can_be_fetched(self) -> bool:
        return self.state == self.State.READY and self.ready_at is not None and timezone.now() < self.ready_at + KEPT

    @property
    def path(self) -> Path:
        return folder() / self.file

    def remove(self) -> None:
        """Forget the copy, and its file first: a row without its file does no harm."""
        if self.file:
            self.path.unlink(missing_ok=True)
        self.delete()


def folder() -> Path:
    """Where copies lie: not among what is served, and only for us to read."""
    path = Path(settings.VAR_DIR) / "copies"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
