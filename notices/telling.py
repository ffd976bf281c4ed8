"""Telling members: the one door through which notifications are made.

Each call is one statement in the caller's transaction, however many members it tells: what is rolled back was never
told. Members who have left or are banned, and those who do not want to hear of a kind, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from accounts.models import Member
from common.text import shortened
from notices import kinds
from notices.models import Follow, Notification, Preference

WORDS_LIMIT, URL_LIMIT, KEY_LIMIT = 500, 500, 200  # characters, as the columns have them
MANY_LIMIT = WORDS_LIMIT - 12  # leaves room for a number before it
UNREAD_CAP = 100

# In the order of the index, so that two who tell the same members do not wait for each other.
TELL = """
    INSERT INTO notices_notification (member_id, kind, key, words, many, url, count, is_unread, told_at)
    SELECT m.id, %(kind)s, %(key)s, %(words)s, '', %(url)s, 1, true, now()
    FROM accounts_member m
    LEFT JOIN notices_preference p ON p.member_id = m.id AND p.kind = %(kind)s
    WHERE m.id = ANY(%(members)s) AND m.is_active AND p.place IS DISTINCT FROM %(nowhere)s
    ORDER BY m.id
    ON CONFLICT (member_id, key) DO NOTHING
"""

TELL_FOLLOWERS = """
    INSERT INTO notices_notification (member_id, kind, key, words, many, url, count, is_unread, told_at)
    SELECT m.id, %(kind)s, news.key, CASE news.count WHEN 1 THEN news.one ELSE news.count || ' ' || news.many END,
        news.many, news.url, news.count, true, now()
    FROM unnest(%(things)s::bigint[], %(keys)s::text[], %(ones)s::text[], %(manys)s::text[], %(urls)s::text[],
        %(counts)s::int[]) news (thing_id, key, one, many, url, count)
    JOIN notices_follow f
        ON f.content_type_id = %(content_type)s AND f.object_id = news.thing_id AND f.level = %(everything)s
    JOIN accounts_member m ON m.id = f.member_id AND m.is_active
    LEFT JOIN notices_preference p ON p.member_id = m.id AND p.kind = %(kind)s
    WHERE p.place IS DISTINCT FROM %(nowhere)s
    ORDER BY m.id, news.key
    ON CONFLICT (member_id, key) DO UPDATE SET
        count = notices_notification.count + excluded.count,
        words = notices_notification.count + excluded.count || ' ' || excluded.many,
        many = excluded.many, url = excluded.url, is_unread = true, told_at = excluded.told_at
"""


def tell(
    members: Iterable[Member | int],
    *,
    kind: str,
    key: str,
    words: str,
    url: str,
    besides: Member | int | None = None,
) -> int:
    """Tell these members, each once for a ``key`` however often this is called; gives how many were told now.

    Takes members or their ids; ``kind`` is a registered kind (``notices.kinds``), ``words`` a sentence in plain text
    (cut at 500 characters), ``url`` an address of this site. ``besides`` is who did it: nobody is told of their own
    deed. Raises ``LookupError`` for an unknown kind and ``ValueError`` for an address elsewhere or a key too long.
    """
    _check(kind, key, url)
    ids = {_id(member) for member in members} - {_id(besides)}
    if not ids:
        return 0
    values: dict[str, Any] = {
        "kind": kind,
        "key": key,
        "words": shortened(words, WORDS_LIMIT),
        "url": url,
        "members": sorted(id for id in ids if id is not None),
        "nowhere": Preference.Place.NOWHERE,
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL, values)
        return cursor.rowcount


@dataclass(frozen=True)
class News:
    """So many new things under one followed thing.

    One of them is told in the words ``one``; several as their number and ``many`` ("new studies under minoxidil").
    """

    thing_id: int
    key: str
    one: str
    many: str
    url: str
    count: int


def tell_followers(model: type[models.Model], news: Sequence[News], *, kind: str) -> int:
    """Tell everyone who follows a thing of ``model`` that more has gathered under it; gives how many rows it touched.

    What has a ``key`` that a member was told of before adds to that notification and makes it unread again. So this
    counts each time it is called: whoever calls it twice for the same news in two transactions tells it twice.
    """
    for each in news:
        _check(kind, each.key, each.url)
    if not news:
        return 0
    values: dict[str, Any] = {
        "kind": kind,
        "content_type": ContentType.objects.get_for_model(model).pk,
        "things": [each.thing_id for each in news],
        "keys": [each.key for each in news],
        "ones": [shortened(each.one, WORDS_LIMIT) for each in news],
        "manys": [shortened(each.many, MANY_LIMIT) for each in news],
        "urls": [each.url for each in news],
        "counts": [each.count for each in news],
        "everything": Follow.Level.EVERYTHING,
        "nowhere": Preference.Place.NOWHERE,
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL_FOLLOWERS, values)
        return cursor.rowcount


def _id(member: Member | int | None) -> int | None:
    return member.pk if isinstance(member, Member) else member


def _check(kind: str, key: str, url: str) -> None:
    kinds.known(kind)
    if not key or len(key) > KEY_LIMIT:
        raise ValueError(f"A key has 1 to {KEY_LIMIT} characters: {key[:40]!r}")
    if not url.startswith("/") or url.startswith(("//", "/\\")) or len(url) > URL_LIMIT:
        raise ValueError(f"A notification leads to an address of this site: {url[:40]!r}")


def unread_count(member: Any) -> int:
    """How many notifications the member has not read, counted to ``UNREAD_CAP`` at most: one probe of an index."""
    unread = Notification.objects.of(member).unread().order_by()
    return unread[:UNREAD_CAP].count()
