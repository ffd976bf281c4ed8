"""To which address a member can be written."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress


def address_of(member: Any) -> str:
    """The member's address where they have confirmed it; "" for whoever has not, is banned or has left."""
    if not member.is_active or not member.email:
        return ""
    confirmed = EmailAddress.objects.filter(user=member.pk, email__iexact=member.email, verified=True)
    return member.email if confirmed.exists() else ""
