"""Ending mails without signing in: a signed token names the member and what they do not want any more."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext

from accounts.models import Member
from notices import kinds
from notices.models import Digest, Letter, Preference

SALT = "notices.unsubscribing"
DIGEST, ALL = "digest", "all"  # what is ended beside one kind of notification: digests; every mail at once


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


def title_of(what: str) -> str:
    """What it ends, in the words of a page."""
    kind = kinds.named(what)
    named = {DIGEST: gettext("the digest"), ALL: gettext("mails at once")}
    return named.get(what) or gettext("mails about “%(value)s”") % {"value": gettext(kind.title) if kind else what}


@transaction.atomic
def end(member: Member, what: str) -> None:
    """End it; once ended, ending again does nothing. On the site the member is told as before."""
    if what == DIGEST:
        Digest.choose(member, "")
        return
    by_mail = Preference.objects.filter(member=member, place=Preference.Place.MAIL)
    waiting = Letter.objects.filter(member=member, way=Letter.Way.MAIL)
    if what != ALL:
        by_mail, waiting = by_mail.filter(kind=what), waiting.filter(notification__kind=what)
    by_mail.update(place=Preference.Place.SITE)
    waiting.delete()
