"""Ending mails without signing in: a signed token names the member and what they do not want any more."""

from __future__ import annotations

from typing import Any

from django.core import signing

from accounts.models import Member
from notices.models import Digest

SALT = "notices.unsubscribing"


def token_for(member: Any, what: str) -> str:
    """The token of a mail's unsubscribe address. It can't run out: a mail may be old when somebody has enough."""
    return signing.dumps([member.pk, what], salt=SALT)


def read(token: str) -> tuple[Member, str] | None:
    """Whom the token is of, and what it ends; None for one that is not ours, or of somebody who has left."""
    try:
        pk, what = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    member = Member.objects.filter(pk=pk).first()
    return (member, what) if member else None


def end(member: Member, what: str) -> None:
    """End it; once ended, ending again does nothing. A new kind of mail adds its line here."""
    if what == "digest":
        Digest.choose(member, "")
