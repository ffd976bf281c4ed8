"""Notifications: what a member is told on the site."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Notification(models.Model):
    """One thing told to one member. Written by ``notices.telling``, never by hand.

    ``key`` names what is told of, so that a member is told of it once (``retraction:12:10.1000/notice``). ``count`` is
    how many things of one kind it has gathered; ``told_at`` moves when it gathers more.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    words = models.CharField(max_length=500)
    many = models.CharField(max_length=500, blank=True, default="", help_text="the words that follow the count")
    url = models.CharField(max_length=500)
    count = models.PositiveIntegerField(default=1)
    is_unread = models.BooleanField(default=True)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-told_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["member", "key"], name="told_once"),)
        indexes = (
            models.Index(fields=["member", "-told_at", "-id"], name="told_newest"),
            models.Index(fields=["member"], condition=Q(is_unread=True), name="told_and_unread"),
        )

    def __str__(self) -> str:
        return self.words
