"""The secret in the addresses of a member's private feeds."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.shortcuts import get_object_or_404

from accounts import barring


class FeedKeyQuerySet(models.QuerySet):
    def valid(self) -> FeedKeyQuerySet:
        """Those of members who are here: a farewell closes the feeds too."""
        return self.filter(member__is_active=True)


class FeedKey(models.Model):
    """Whoever knows the token reads the member's private feeds, and nothing else of theirs."""

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="feed_key")
    token = models.CharField(max_length=43, unique=True, editable=False)
    made_at = models.DateTimeField(auto_now=True)

    objects = FeedKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"feed key of member {self.member_id}"

    @classmethod
    def renew(cls, member: Any) -> FeedKey:
        """Give the member a key, 256 bits of chance; the one before opens nothing any more."""
        return cls.objects.update_or_create(member_id=member.pk, defaults={"token": secrets.token_urlsafe(32)})[0]

    @classmethod
    def opened_by(cls, token: str) -> Any:
        """The member whose feeds this token opens. Raises ``Http404`` for one that opens nothing, and
        ``PermissionDenied`` while the member may not sign in: a reader asks again later, where 410 would end it."""
        member = get_object_or_404(cls.objects.valid().select_related("member"), token=token).member
        if barring.page_for(member):
            raise PermissionDenied("Whoever this address belongs to may not sign in at present.")
        return member

    @classmethod
    def close(cls, member: Any) -> None:
        cls.objects.filter(member=member.pk).delete()
