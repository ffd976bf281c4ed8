"""Mails at once: what a member wants to be told of by mail, as soon as it has settled.

A ``Letter`` was written with the notification, in the transaction of what it tells of. The job here takes those that
are due, a member's in one transaction: it looks again at what may be told, puts the mails into the outbox and takes the
letters away, so that each becomes one mail, whoever runs it and however often. What has been read, hidden or taken back
in the meantime, and what goes to somebody without a confirmed address, becomes none.

A member is sent ``settings.MAILS_AN_HOUR`` at most; what is more waits, and several that wait are one mail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.language import spoken_to
from common.addresses import absolute
from common.text import clean_line, shortened
from notices import kinds, unsubscribing
from notices.models import Letter, MailAllowance, Notification, Preference
from notices.models.mail import Mail, MemberMessage
from notices.recipients import address_of

TOGETHER = 4  # so many letters that are due at once are one mail
MOST = 40  # notifications in one mail
THREAD = 10  # names of a thread in one header; the root and the last of them

Told = tuple[Notification, list[int]]
Letters = tuple[Notification, list[int], kinds.Content]


def write_due(most: int = 5000) -> int:
    """Make mails of the letters that are due, of up to ``most`` members; gives how many went into the outbox."""
    written = 0
    for _ in range(most):
        with transaction.atomic():
            due = due_by(Letter.Way.MAIL).select_for_update(skip_locked=True, of=("self",))
            first = due.select_related("member").order_by("due_at", "pk").first()
            if first is None:
                break
            written += _write_to(first.member, list(due.filter(member=first.member_id).order_by("pk")[:MOST]))
    return written


def due_by(way: str) -> QuerySet[Letter]:
    """The letters that are to go this way now."""
    return Letter.objects.filter(way=way, due_at__lte=timezone.now())


def _write_to(member: Any, letters: Sequence[Letter]) -> int:
    """Write one member's mails and take the letters away; those that exceed the hour's allowance wait on."""
    address = address_of(member)
    with spoken_to(member):
        wanted = _wanted(member, letters) if address else []
    mails = [wanted] if len(wanted) >= TOGETHER else [[each] for each in wanted]
    allowance = MailAllowance.of(member) if mails else None
    waiting: list[int] = []
    sent = 0
    for each in mails:
        later = allowance.take() if allowance else None
        if later is not None:
            waiting += [notification.pk for notification, _, _ in each]
            Letter.objects.filter(way=Letter.Way.MAIL, notification__in=waiting).update(due_at=later)
            continue
        with spoken_to(member):
            message_to(member, address, each).send()
        sent += 1
    Letter.objects.filter(pk__in=[letter.pk for letter in letters]).exclude(notification__in=waiting).delete()
    return sent


def _wanted(member: Any, letters: Sequence[Letter]) -> list[Letters]:
    """What of the letters is still to be told, in order, with its contents."""
    told = Notification.objects.of(member).unread().in_bulk([letter.notification_id for letter in letters])
    chosen = Preference.objects.filter(member=member, place=Preference.Place.MAIL).values_list("kind", flat=True)
    by_mail = set(chosen)
    pairs = [
        (told[letter.notification_id], letter.parts)
        for letter in letters
        if letter.notification_id in told and told[letter.notification_id].kind in by_mail
    ]
    return contents_of(member, pairs)


def contents_of(member: Any, told: Iterable[Told]) -> list[Letters]:
    """The contents of notifications, each with the parts that are to be told; without what the member may not see."""
    of_kind: dict[str, list[Told]] = defaultdict(list)
    for notification, parts in told:
        still = [part for part in dict.fromkeys(parts) if part in notification.gathered]
        if still or not parts:
            of_kind[notification.kind].append((notification, still))
    found: list[Letters] = []
    for name, pairs in of_kind.items():
        kind = kinds.named(name)
        contents = kind.contents(member, pairs) if kind and kind.contents else _words(pairs)
        found += [(each, parts, contents[each.pk]) for each, parts in pairs if each.pk in contents]
    return sorted(found, key=lambda each: (each[0].told_at, each[0].pk))


def _words(pairs: Iterable[Told]) -> dict[int, kinds.Content]:
    return {notification.pk: kinds.Content(notification.said) for notification, _ in pairs}


# ── The message ──────────────────────────────────────────────────────────────────────────────────


def _number_of(told: int) -> str:
    return ngettext("%(count)s notification", "%(count)s notifications", told) % {"count": told}


def message_to(member: Any, address: str, told: Sequence[Letters]) -> MemberMessage:
    """The mail of one notification, or of several together."""
    [(first, _, content), *others] = told
    kind = kinds.named(first.kind)
    about = unsubscribing.ALL if others or kind is None else kind.name
    link = absolute(reverse("notices:unsubscribe", args=[unsubscribing.token_for(member, about)]))
    context = {
        "member": member,
        "told": [
            {
                "words": each.said,
                "url": absolute(each.url),
                "passages": [
                    kinds.Passage(passage.who, passage.text, absolute(passage.url)) for passage in content.passages
                ],
            }
            for each, _, content in told
        ],
        "kind": None if others else kind,
        "site_name": settings.SITE_NAME,
        "all_url": absolute(reverse("notices:notifications")),
        "settings_url": absolute(reverse("notices:preferences")),
        "unsubscribe_url": link,
    }
    subject = content.subject if not others else f"{settings.SITE_NAME}: {_number_of(len(told))}"
    message = MemberMessage(
        # A line break in a title, however it came there, ends no header (and Django would refuse it).
        subject=shortened(clean_line(subject), 150) or settings.SITE_NAME,
        body=render_to_string("notices/letter.txt", context),
        to=[address],
        headers=_headers(None if others else content, about, link),
    )
    message.attach_alternative(render_to_string("notices/letter.html", context), "text/html")
    message.member, message.about, message.told = member, about, {each.pk: parts for each, parts, _ in told}
    return message


def _headers(content: kinds.Content | None, about: str, link: str) -> dict[str, str]:
    """What mail readers and other programs read: the thread, the list, and how to end it by one press (RFC 8058)."""
    headers = {
        "List-Id": f"<{about.replace('_', '-')}.{urlsplit(settings.SITE_URL).hostname}>",
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    if content and content.name:
        headers["Message-ID"] = message_id(content.name)
    if content and content.thread:
        names = content.thread if len(content.thread) <= THREAD else [content.thread[0], *content.thread[1 - THREAD :]]
        headers["In-Reply-To"] = message_id(names[-1])
        headers["References"] = " ".join(map(message_id, names))
    return headers


def message_id(name: str) -> str:
    """The Message-ID of the mail of this name, the same at any time and for everybody."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{name}@{domain}>"


# ── Looking again before it leaves ───────────────────────────────────────────────────────────────


@transaction.atomic
def is_stale(mail: Mail) -> bool:
    """Whether a mail of the outbox tells of what was read, hidden or ended in the meantime.

    Called when it is about to be sent, which may be hours after it was written. A stale mail is taken away; what of it
    is still to be told gets letters anew.
    """
    if not mail.told or mail.about == "digest":
        return False
    member: Any = mail.member
    pairs = {pk: list(parts) for pk, parts in mail.told}
    told = Notification.objects.of(member).unread().in_bulk(pairs) if address_of(member) else {}
    left = contents_of(member, [(each, pairs[pk]) for pk, each in told.items()])
    by_mail = set(Preference.objects.filter(member=member, place=Preference.Place.MAIL).values_list("kind", flat=True))
    left = [each for each in left if each[0].kind in by_mail]
    if {each.pk: parts for each, parts, _ in left} == pairs:
        return False
    mail.delete()
    due = timezone.now() + timedelta(seconds=settings.MAIL_GRACE)
    Letter.objects.bulk_create(
        [Letter(notification=each, member=member, due_at=due, parts=parts) for each, parts, _ in left],
        ignore_conflicts=True,
    )
    return True
