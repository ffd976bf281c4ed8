"""Saved studies: what a member keeps, with a note that only they see."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

NOTE_LIMIT = 2000  # characters


class SavedQuerySet(models.QuerySet):
    def kept(self) -> SavedQuerySet:
        """Without what its member has removed, and may still put back for a while."""
        return self.filter(removed_at__isnull=True)


class SavedStudy(models.Model):
    """A study that a member saved. ``note`` is theirs alone: no page, feed, export or desk of others shows it."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_studies", db_index=False)
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="saves")
    folder = models.ForeignKey(
        "forum.Folder", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, editable=False
    )
    note = models.TextField(max_length=NOTE_LIMIT, blank=True, default="")
    saved_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = SavedQuerySet.as_manager()

    class Meta:
        ordering = ("-saved_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["member", "study"], name="saved_once"),)
        indexes = (
            models.Index(fields=["member", "-saved_at", "-id"], name="saved_newest"),
            models.Index(
                fields=["folder", "-saved_at", "-id"],
                name="saved_in_folder",
                condition=models.Q(folder__isnull=False),
            ),
            models.Index(fields=["removed_at"], condition=models.Q(removed_at__isnull=False), name="saved_and_removed"),
        )

    def __str__(self) -> str:
        return f"study {self.study_id} saved by member {self.member_id}"

    @classmethod
    def of(cls, member: Any, studies: Any) -> set[int]:
        """The ids among ``studies`` that the member has saved; empty for a guest, without asking."""
        if not member.is_authenticated or not studies:
            return set()
        return set(cls.objects.kept().filter(member=member, study__in=studies).values_list("study_id", flat=True))
