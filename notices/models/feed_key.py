"""The secret in the addresses of a member's private feeds."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import models


class FeedKeyQuerySet(models.QuerySet):
    def valid(self) -> FeedKeyQuerySet:
        """Those of members who are here: a ban or a farewell closes the feeds too."""
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
    def close(cls, member: Any) -> None:
        cls.objects.filter(member=member.pk).delete()
