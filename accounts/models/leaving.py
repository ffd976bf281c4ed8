"""Members on their way out, and the names of those who went."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models.member import Member
from common.addresses import absolute
from common.personal import Choice

UNDO = timedelta(days=14)
SALT = "accounts.leaving"


class Leaving(models.Model):
    """A member who has asked to leave. Until ``due_at`` they can think better of it; ``begun_at`` is the end of that.

    The work itself keeps ``place`` and ``after``: how far others' words have been swept for the name.
    """

    CHOICES = ((Choice.REMOVE.value, _("removed")), (Choice.KEEP.value, _("kept without a name")))

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="leaving")
    choice = models.CharField(max_length=6, choices=CHOICES)
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(db_index=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    place = models.PositiveIntegerField(default=0)
    after = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name_plural = "leaving"

    def __str__(self) -> str:
        return f"member {self.member_id} leaves on {self.due_at:%Y-%m-%d}"

    @property
    def path(self) -> str:
        """Where the farewell can be taken back, by whoever has the link: from a page of ours."""
        token = signing.Signer(salt=SALT).sign_object([self.member_id, int(self.asked_at.timestamp())])
        return reverse("accounts:stay", args=[token])

    @property
    def link(self) -> str:
        """The same, for a mail."""
        return absolute(self.path)

    @classmethod
    def behind(cls, token: str) -> Leaving | None:
        """The farewell that a link can still take back."""
        try:
            member, asked = signing.Signer(salt=SALT).unsign_object(token)
        except signing.BadSignature:
            return None
        found = cls.objects.select_related("member").filter(member=member, begun_at__isnull=True).first()
        return found if found and int(found.asked_at.timestamp()) == asked else None

    @classmethod
    def due(cls) -> models.QuerySet[Leaving]:
        """Whose time is over, those first whose farewell has begun."""
        over = cls.objects.filter(due_at__lte=timezone.now(), member__is_active=False)
        return over.order_by(F("begun_at").asc(nulls_last=True), "due_at")


class GoneName(models.Model):
    """The name of a member who left, as a keyed hash of its skeleton: nobody can take it, and nobody can read it."""

    hash = models.CharField(max_length=64, primary_key=True)

    def __str__(self) -> str:
        return self.hash[:8]

    @classmethod
    def keep(cls, member: Member) -> None:
        cls.objects.get_or_create(hash=next(_hashes(member.username)))

    @classmethod
    def holds(cls, name: str) -> bool:
        """Whether a member who left had this name, or one that looks like it."""
        return cls.objects.filter(hash__in=list(_hashes(name))).exists()


def _hashes(name: str) -> Iterator[str]:
    """The hash of a name under each of the site's keys, the present one first."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield hmac.new(key.encode(), f"gone/{names.skeleton(name)}".encode(), hashlib.sha256).hexdigest()


def is_taken(name: str, besides: int | None = None) -> bool:
    """Whether this name, or one that looks like it, is a member's or was one's who left."""
    alike = Member.objects.filter(name_key=names.skeleton(name)).exclude(pk=besides)
    return alike.exists() or GoneName.holds(name)
