"""What members keep of the community: saved posts and comments, with notes and folders that only they see."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

NOTE_LIMIT = 2000  # characters


class Folder(models.Model):
    """A folder of one member; nobody else sees it. Upper floors put what is saved of theirs into it too."""

    NAME_LIMIT = 60  # characters

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="folders", db_index=False)
    name = models.CharField(max_length=NAME_LIMIT)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint("member", Lower("name"), name="one_folder_of_a_name"),)

    def __str__(self) -> str:
        return self.name


class SavedWordsQuerySet(models.QuerySet):
    def kept(self) -> SavedWordsQuerySet:
        """Without what its member has removed, and may still put back for a while."""
        return self.filter(removed_at__isnull=True)


class SavedWords(models.Model):
    """A post or a comment that a member saved. ``note`` and ``folder`` are theirs alone."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_words", db_index=False)
    post = models.ForeignKey("forum.Post", models.CASCADE, null=True, blank=True, related_name="+")
    comment = models.ForeignKey("forum.Comment", models.CASCADE, null=True, blank=True, related_name="+")
    folder = models.ForeignKey(Folder, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    note = models.TextField(max_length=NOTE_LIMIT, blank=True, default="")
    saved_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = SavedWordsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "saved words"
        ordering = ("-saved_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=["member", "post"], name="post_saved_once"),
            models.UniqueConstraint(fields=["member", "comment"], name="comment_saved_once"),
            models.CheckConstraint(
                condition=Q(post__isnull=False, comment__isnull=True) | Q(post__isnull=True, comment__isnull=False),
                name="saved_is_one_thing",
            ),
        )
        indexes = (
            models.Index(fields=["member", "-saved_at", "-id"], name="saved_words_newest"),
            models.Index(fields=["folder", "-saved_at", "-id"], name="saved_words_in_folder"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="saved_words_removed"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.thing_id} saved by member {self.member_id}"

    @property
    def kind(self) -> str:
        return "post" if self.post_id else "comment"

    @property
    def thing_id(self) -> Any:
        return self.post_id or self.comment_id
