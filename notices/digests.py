"""Making digests: each member's in a transaction of its own, so that one is made once, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.language import spoken_to
from common.addresses import absolute
from common.text import clean_line, shortened
from notices import kinds, letters, unsubscribing
from notices.models import Digest, Notification, Preference
from notices.models.mail import MemberMessage
from notices.recipients import address_of

MOST = 40  # notifications in one mail; the rest is counted and linked
DIGEST = unsubscribing.DIGEST


@dataclass(frozen=True)
class Item:
    """A notification as the mail shows it, with the lines under it."""

    words: str
    url: str
    lines: list[kinds.Line]


def send_due(most: int = 5000) -> int:
    """Make the digests that are due, up to ``most``; gives how many mails went into the outbox."""
    sent = 0
    for _ in range(most):
        with transaction.atomic():
            due = Digest.objects.filter(due_at__lte=timezone.now()).select_for_update(skip_locked=True)
            digest = due.order_by("due_at", "pk").first()
            if digest is None:
                break
            sent += _send(digest)
    return sent


def _send(digest: Digest) -> bool:
    """Send what the member has not read, if there is anything, and note how far it reached."""
    now, since = timezone.now(), digest.told_until
    digest.told_until, digest.due_at = now, Digest.next_after(now, digest.every)
    digest.save(update_fields=["told_until", "due_at"])
    member = digest.member
    address = address_of(member)
    if not address:
        return False
    with spoken_to(member):
        return _write_to(member, address, digest, since, now)


def _write_to(member: Any, address: str, digest: Digest, since: datetime, now: datetime) -> bool:
    news = _news(digest, since, now)
    count = news.count()
    if not count:
        return False
    newest = list(news[:MOST])
    # What its member has muted since, or may not see, is not told after all.
    told = {each.pk for each, _, _ in letters.contents_of(member, [(each, each.gathered) for each in newest])}
    items = _items([each for each in newest if each.pk in told], since)
    count -= len(newest) - len(items)
    if not items:
        return False
    link = absolute(reverse("notices:unsubscribe", args=[unsubscribing.token_for(member, DIGEST)]))
    context = {
        "member": member,
        "items": items,
        "more": count - len(items),
        "every": str(digest.get_every_display()).lower(),
        "site_name": settings.SITE_NAME,
        "all_url": absolute(reverse("notices:notifications")),
        "settings_url": absolute(reverse("notices:preferences")),
        "unsubscribe_url": link,
    }
    what = (
        items[0].words
        if count == 1
        else ngettext("%(count)s notification", "%(count)s notifications", count) % {"count": count}
    )
    message = MemberMessage(
        subject=shortened(clean_line(f"{settings.SITE_NAME}: {what}"), 150),
        body=render_to_string("notices/digest.txt", context),
        to=[address],
        # RFC 8058: a mail reader ends the digest by a POST of this body to that address.
        headers={
            "List-Id": f"<digest.{urlsplit(settings.SITE_URL).hostname}>",
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("notices/digest.html", context), "text/html")
    message.member, message.about = member, DIGEST
    message.send()
    return True


def _news(digest: Digest, since: datetime, until: datetime):
    elsewhere = Preference.objects.filter(member=digest.member_id).exclude(place=Preference.Place.DIGEST)
    told = Notification.objects.of(digest.member).unread().filter(told_at__gt=since, told_at__lte=until)
    return told.exclude(kind__in=elsewhere.values("kind")).order_by("-told_at", "-pk")


def _items(news: list[Notification], since: datetime) -> list[Item]:
    lines: dict[int, list[kinds.Line]] = {}
    for kind in kinds.all_kinds():
        if kind.lines and (of_kind := [told for told in news if told.kind == kind.name]):
            lines |= kind.lines(of_kind, since)
    return [
        Item(
            told.said,
            absolute(told.url),
            [kinds.Line(line.words, absolute(line.url)) for line in lines.get(told.pk, [])],
        )
        for told in news
    ]
