"""What stands against a member: warnings and bans, what they say to it, and what moderators note for each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core import signing
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from common.addresses import absolute

FOR_GOOD = datetime(9000, 1, 1, tzinfo=UTC)
"""The end of what has none, where a moment is needed to compare with."""
SALT = "moderation.sanction"


class Kind(models.TextChoices):
    """What a sanction keeps a member from. A warning keeps them from writing until they have read it."""

    WARNING = "warning", gettext_noop("Warning")
    SIGN_IN = "sign-in", gettext_noop("Signing in")
    WRITE = "write", gettext_noop("Posting, commenting and changing what they wrote")
    VOTE = "vote", gettext_noop("Voting and reacting")
    REPORT = "report", gettext_noop("Reporting and suggesting")


BANS = (Kind.SIGN_IN, Kind.WRITE, Kind.VOTE, Kind.REPORT)


class SanctionSet(models.QuerySet["Sanction"]):
    def standing(self) -> SanctionSet:
        """Those that hold now. Nothing runs to end one: it ends by its ``until``."""
        running = Q(until__isnull=True) | Q(until__gt=timezone.now())
        return self.filter(running, lifted_at__isnull=True, acknowledged_at__isnull=True)


class Sanction(models.Model):
    """One warning, or one ban from one or several things; for good where ``until`` is empty.

    Given and lifted by ``moderation.sanctions`` alone, which keeps ``Member.sanctioned_until`` true.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sanctions", db_index=False)
    kinds: Any = ArrayField(models.CharField(max_length=10, choices=Kind))
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = SanctionSet.as_manager()

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=["member", "-id"], name="sanctions_of_member"),)
        constraints = (models.CheckConstraint(condition=Q(kinds__len__gt=0), name="sanction_of_something"),)

    def __str__(self) -> str:
        return f"{self.title} of {self.member_id}"

    @property
    def is_warning(self) -> bool:
        return Kind.WARNING in self.kinds

    @property
    def title(self) -> str:
        """ "Warning", or "No voting and reacting, no posting …"."""
        if self.is_warning:
            return gettext("Warning")
        kinds = [gettext(Kind(kind).label) for kind in self.kinds]
        return gettext("Barred from %(kinds)s") % {"kinds": ", ".join(kinds).lower()}

    @property
    def is_standing(self) -> bool:
        is_over = self.lifted_at or self.acknowledged_at or (self.until and self.until <= timezone.now())
        return not is_over

    @property
    def token(self) -> str:
        return signing.Signer(salt=SALT).sign_object([self.pk, self.member_id])

    @property
    def path(self) -> str:
        """Where the member reads of it and answers, signed in or not: for their own eyes."""
        return reverse("moderation:appeal", args=[self.token])

    @property
    def link(self) -> str:
        """The same, for a mail."""
        return absolute(self.path)

    @classmethod
    def behind(cls, token: str) -> Sanction | None:
        """The sanction that a link speaks of."""
        try:
            pk, member = signing.Signer(salt=SALT).unsign_object(token)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return cls.objects.select_related("member").filter(pk=pk, member=member).first()


class MemberNote(models.Model):
    """What moderators tell each other about a member. Nobody else ever reads it."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="moderators_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    words = models.CharField(max_length=2000)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.words[:80]
