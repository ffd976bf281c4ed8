"""Follows: who wants to be told about what."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


class Follow(models.Model):
    """A member follows a thing of any kind. Made and ended by ``notices.following``.

    ``is_automatic`` is one that came with what the member wrote; a choice made by hand takes its place.
    """

    class Level(models.TextChoices):
        EVERYTHING = "everything", _("Everything")
        REPLIES = "replies", _("Replies to me")
        NOTHING = "nothing", _("Nothing")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows", db_index=False)
    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+", db_index=False)
    object_id = models.BigIntegerField()
    level = models.CharField(max_length=10, choices=Level, default=Level.EVERYTHING)
    followed_at = models.DateTimeField(auto_now_add=True)
    is_automatic = models.BooleanField(default=False, db_default=False, editable=False)

    thing = GenericForeignKey()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            # In this order it is also the index by which the followers of a thing are found.
            models.UniqueConstraint(fields=["content_type", "object_id", "member"], name="followed_once"),
        )
        indexes = (models.Index(fields=["member", "-id"], name="follows_of_member"),)

    def __str__(self) -> str:
        return f"{self.member} follows {self.content_type} {self.object_id}"
