"""Notifications: what a member is told on the site."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from common import wording


class NotificationQuerySet(models.QuerySet):
    def of(self, member: Any) -> NotificationQuerySet:
        """What this member was told, but for what tells of a thing that is out of sight now."""
        return self.filter(member=member.pk, is_withdrawn=False)

    def unread(self) -> NotificationQuerySet:
        return self.filter(is_unread=True)

    def read_until(self, moment: datetime) -> None:
        """Mark as read what was told up to ``moment``: what has come since the page was drawn stays unread."""
        self.unread().filter(told_at__lte=moment).mark_read()

    @transaction.atomic
    def mark_read(self) -> None:
        """Mark them read. What has been read on the site is sent nowhere any more."""
        from notices.models import Letter

        letters = list(
            Letter.objects.filter(notification__in=self.order_by().values("pk")).values_list("pk", flat=True)
        )
        self.update(is_unread=False)
        if letters:
            # What has gathered more in this moment is unread again, and its letter stays.
            Letter.objects.filter(pk__in=letters, notification__is_unread=False).delete()


class Notification(models.Model):
    """One thing told to one member. Written by ``notices.telling``, never by hand.

    ``key`` names what is told of, so that a member is told of it once (``retraction:12:10.1000/notice``). ``count`` is
    how many things of one kind it has gathered; ``told_at`` moves when it gathers more.

    What tells of something that can go out of sight says where that stands (``place``, as "post:12") and which ``part``
    of the place it is; one that gathers keeps the ids of what it counts (``gathered``), and of what it has counted and
    that is out of sight now (``withheld``).
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
    place = models.CharField(max_length=80, blank=True, default="", db_default="", editable=False)
    part = models.BigIntegerField(null=True, blank=True, editable=False)
    gathered = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    withheld = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    is_withdrawn = models.BooleanField(default=False, db_default=False, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-told_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["member", "key"], name="told_once"),)
        indexes = (
            models.Index(fields=["member", "-told_at", "-id"], name="told_newest"),
            models.Index(fields=["member"], condition=Q(is_unread=True), name="told_and_unread"),
            models.Index(fields=["place"], condition=~Q(place=""), name="told_of_a_place"),
        )

    def __str__(self) -> str:
        return self.words

    @property
    def said(self) -> str:
        """Its words in the language of whoever reads them now."""
        return wording.in_words_of_reader(self.words)

    @property
    def day(self) -> date:
        return timezone.localtime(self.told_at).date()

    def mark_read(self) -> None:
        type(self).objects.filter(pk=self.pk).mark_read()
        self.is_unread = False
