"""Notifications: what a member is told on the site."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class NotificationQuerySet(models.QuerySet):
    def of(self, member: Any) -> NotificationQuerySet:
        return self.filter(member=member.pk)

    def unread(self) -> NotificationQuerySet:
        return self.filter(is_unread=True)

    def read_until(self, moment: datetime) -> None:
        """Mark as read what was told up to ``moment``: what has come since the page was drawn stays unread."""
        self.unread().filter(told_at__lte=moment).update(is_unread=False)


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

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-told_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["member", "key"], name="told_once"),)
        indexes = (
            models.Index(fields=["member", "-told_at", "-id"], name="told_newest"),
            models.Index(fields=["member"], condition=Q(is_unread=True), name="told_and_unread"),
        )

    def __str__(self) -> str:
        return self.words

    @property
    def day(self) -> date:
        return timezone.localtime(self.told_at).date()

    def mark_read(self) -> None:
        type(self).objects.filter(pk=self.pk).update(is_unread=False)
        self.is_unread = False
