"""Telling members by name, and the followers of a thing that more has gathered under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from accounts.models import Member
from common.text import shortened
from notices import muting
from notices.models import Follow, Notification, Preference
from notices.telling.statement import MANY_LIMIT, WORDS_LIMIT, Under, check, muted, write

# In the order of the index, so that two who tell the same members do not wait for each other.
TELL = """
    INSERT INTO notices_notification (member_id, kind, key, words, many, url, count, is_unread, told_at, place, part)
    SELECT m.id, %(kind)s, %(key)s, %(words)s, '', %(url)s, 1, true, now(), %(place)s, %(part)s
    FROM accounts_member m
    LEFT JOIN notices_preference p ON p.member_id = m.id AND p.kind = %(kind)s
    WHERE m.id = ANY(%(members)s) AND m.is_active AND p.place IS DISTINCT FROM %(nowhere)s
        AND NOT EXISTS (
            SELECT FROM notices_follow f
            WHERE f.content_type_id = %(content_type)s AND f.object_id = %(thing)s AND f.member_id = m.id
                AND f.level = %(nothing)s
        )
        {not_muted}
    ORDER BY m.id
    ON CONFLICT (member_id, key) DO NOTHING
"""

# Of the new things those do not count for a member that carry something they mute: few carry what anybody mutes, and
# from those the mutes are found.
TELL_FOLLOWERS = """
    INSERT INTO notices_notification (member_id, kind, key, words, many, url, count, is_unread, told_at)
    SELECT m.id, %(kind)s, news.key,
        CASE WHEN news.count = 1 THEN news.one WHEN counted.number = 1 THEN '1 ' || news.single
            ELSE counted.number || ' ' || news.many END,
        news.many, news.url, counted.number, true, now()
    FROM unnest(%(things)s::bigint[], %(keys)s::text[], %(ones)s::text[], %(singles)s::text[], %(manys)s::text[],
        %(urls)s::text[], %(counts)s::int[]) news (thing_id, key, one, single, many, url, count)
    JOIN notices_follow f
        ON f.content_type_id = %(content_type)s AND f.object_id = news.thing_id AND f.level = %(everything)s
    JOIN accounts_member m ON m.id = f.member_id AND m.is_active
    LEFT JOIN (
        SELECT mute.member_id, carried.thing_id, count(DISTINCT carried.new_id) AS number
        FROM unnest(%(carried_things)s::bigint[], %(carried_new)s::bigint[], %(carried_kinds)s::text[],
            %(carried_ids)s::bigint[]) carried (thing_id, new_id, kind, id)
        JOIN notices_mute mute ON mute.kind = carried.kind AND mute.object_id = carried.id
        GROUP BY 1, 2
    ) left_out ON left_out.member_id = m.id AND left_out.thing_id = news.thing_id
    CROSS JOIN LATERAL (SELECT news.count - coalesce(left_out.number, 0) AS number) counted
    LEFT JOIN notices_preference p ON p.member_id = m.id AND p.kind = %(kind)s
    WHERE p.place IS DISTINCT FROM %(nowhere)s AND counted.number > 0
        AND NOT EXISTS (
            SELECT FROM notices_mute muted
            WHERE muted.member_id = m.id AND muted.kind = %(muted_kind)s AND muted.object_id = news.thing_id
        )
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
    about: models.Model | None = None,
    place: str = "",
    part: int | None = None,
    under: Under = (),
) -> int:
    """Tell these members, each once for a ``key`` however often this is called; gives how many were told now.

    Takes members or their ids; ``kind`` is a registered kind (``notices.kinds``), ``words`` a sentence in plain text
    (cut at 500 characters), ``url`` an address of this site. ``besides`` is who did it: nobody is told of their own
    deed. ``about`` is a thing of which those hear nothing who follow it at "nothing"; ``place`` and ``part`` are what
    ``withdraw`` and ``restore`` know it again by. ``under`` is what it comes under, by the names of things that can be
    muted ([("member", 3), ("tag", 12)]): who mutes one of them hears nothing. Raises ``LookupError`` for an unknown
    kind and ``ValueError`` for an address elsewhere or a key too long.
    """
    check(kind, key, url)
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
        "content_type": about and ContentType.objects.get_for_model(about).pk,
        "thing": about and about.pk,
        "nothing": Follow.Level.NOTHING,
        "place": place,
        "part": part,
        **muted(under),
    }
    return write(TELL, values)


@dataclass(frozen=True)
class News:
    """So many new things under one followed thing.

    One of them is told in the words ``one``; several as their number and ``many`` ("new studies under minoxidil"), and
    one that is left of several as "1" and ``single``. ``carried`` is what some of them carry that can be muted, by
    their ids: (7, "tag", 12).
    """

    thing_id: int
    key: str
    one: str
    many: str
    url: str
    count: int
    single: str = ""
    carried: Sequence[tuple[int, str, int]] = ()


def tell_followers(model: type[models.Model], news: Sequence[News], *, kind: str) -> int:
    """Tell everyone who follows a thing of ``model`` that more has gathered under it; gives how many rows it touched.

    What has a ``key`` that a member was told of before adds to that notification and makes it unread again. So this
    counts each time it is called: whoever calls it twice for the same news in two transactions tells it twice.
    """
    for each in news:
        check(kind, each.key, each.url)
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
        "singles": [shortened(each.single or each.many, MANY_LIMIT) for each in news],
        "counts": [each.count for each in news],
        "carried_things": [each.thing_id for each in news for _ in each.carried],
        "carried_new": [pk for each in news for pk, _, _ in each.carried],
        "carried_kinds": [kind for each in news for _, kind, _ in each.carried],
        "carried_ids": [pk for each in news for _, _, pk in each.carried],
        "muted_kind": next((each.name for each in muting.mutables() if each.model is model), ""),
        "everything": Follow.Level.EVERYTHING,
        "nowhere": Preference.Place.NOWHERE,
    }
    return write(TELL_FOLLOWERS, values)


def take_back(members: Iterable[int], *, kind: str, key: str) -> None:
    """Untell these members what they have not read yet."""
    if ids := list(members):
        Notification.objects.filter(member__in=ids, key=key, kind=kind, is_unread=True).delete()


def _id(member: Member | int | None) -> int | None:
    return member.pk if isinstance(member, Member) else member
