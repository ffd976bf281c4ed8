"""Which accounts signed in on one device or from one network lately: a hint for moderators, and no more than that.

Kept are keyed hashes, which say that two are the same and nothing else; each goes ``settings.TRACE_DAYS`` days after
it was last seen. One statement at a sign-in writes them, and nothing at any other request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.models import Member
from moderation.limits import network_of
from moderation.models import Trace

COOKIE = "device"
SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")
SHOWN = 50  # accounts named for one member

# In one order, so that two sign-ins at the same moment do not wait in a circle.
NOTE = """
    INSERT INTO moderation_trace (member_id, kind, hash, seen_at)
    SELECT %(member)s, place.kind, place.hash, %(now)s
    FROM unnest(%(kinds)s::text[], %(hashes)s::text[]) place (kind, hash) ORDER BY place.kind
    ON CONFLICT (member_id, kind, hash) DO UPDATE SET seen_at = excluded.seen_at
"""
SHARED = """
    SELECT m.id, array_agg(DISTINCT theirs.kind), max(theirs.seen_at)
    FROM moderation_trace ours
    JOIN moderation_trace theirs ON theirs.kind = ours.kind AND theirs.hash = ours.hash
        AND theirs.member_id <> ours.member_id AND theirs.seen_at > %(since)s
    JOIN accounts_member m ON m.id = theirs.member_id
    WHERE ours.member_id = %(member)s AND ours.seen_at > %(since)s
    GROUP BY m.id ORDER BY max(theirs.seen_at) DESC, m.id LIMIT %(most)s
"""


def note(request: HttpRequest, member: Member) -> None:
    """Note where this sign-in comes from. The device is known again by a random cookie, set with the answer."""
    known = request.COOKIES.get(COOKIE, "")
    device = known if SHAPE.fullmatch(known) else secrets.token_urlsafe(24)
    request._device = device  # type: ignore[attr-defined]
    key = hmac.new(settings.SECRET_KEY.encode(), f"device/{device}".encode(), hashlib.sha256).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE,
            {
                "member": member.pk, "now": timezone.now(), "kinds": [Trace.Kind.DEVICE, Trace.Kind.NETWORK],
                "hashes": [key, network_of(request)],
            },
        )  # fmt: skip


def set_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Where somebody has signed in with this request: let the device be known again."""
    if device := getattr(request, "_device", ""):
        response.set_cookie(
            COOKIE, device, max_age=settings.TRACE_DAYS * 86_400, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip


def _since() -> datetime:
    return timezone.now() - timedelta(days=settings.TRACE_DAYS)


@dataclass
class Linked:
    """Another account, and what it shares: devices, a network, or both."""

    member: Member
    kinds: list[str] = field(default_factory=list)
    seen_at: datetime | None = None

    @property
    def what(self) -> str:
        return " and ".join(f"a {Trace.Kind(kind).label}" for kind in self.kinds)


def linked_to(member: Any) -> list[Linked]:
    """The accounts that share a device or a network with the member, those seen last first. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED, {"member": member.pk, "since": _since(), "most": SHOWN})
        rows: Iterable[Any] = cursor.fetchall()
    found = Member.objects.in_bulk([row[0] for row in rows])
    return [Linked(found[pk], sorted(kinds), seen) for pk, kinds, seen in rows if pk in found]


def sweep() -> int:
    """Forget what is older; gives how many rows went."""
    return Trace.objects.filter(seen_at__lte=_since()).delete()[0]
