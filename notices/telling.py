"""Telling members: the one door through which notifications are made.

Each call is one statement in the caller's transaction, however many members it tells: what is rolled back was never
told. Members who have left or are banned, and those who do not want to hear of a kind, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from accounts.models import Member
from common.text import shortened
from notices import audiences, jobs, kinds, muting
from notices.models import Audience, Follow, Notification, Preference

EVERYBODY = 2**63 - 1  # no member's id is above it
WORDS_LIMIT, URL_LIMIT, KEY_LIMIT = 500, 500, 200  # characters, as the columns have them
MANY_LIMIT = WORDS_LIMIT - 12  # leaves room for a number before it
UNREAD_CAP = 100

# Around each statement below: whoever wants this kind by mail, or on a device, gets a letter with it; one that waits is
# added to.
WITH_LETTERS = """
    WITH told AS ({told} RETURNING id, member_id),
    letters AS (
        INSERT INTO notices_letter AS l (notification_id, member_id, way, due_at, parts)
        SELECT told.id, told.member_id, way.name, now() + way.grace, %(parts)s::bigint[]
        FROM told
        CROSS JOIN (VALUES ('mail', %(mail_grace)s), ('push', %(push_grace)s)) way (name, grace)
        LEFT JOIN notices_preference p ON p.member_id = told.member_id AND p.kind = %(kind)s
        WHERE CASE way.name WHEN 'mail' THEN p.place = %(mail)s
            ELSE %(push_is_on)s AND coalesce(p.push, %(is_personal)s)
                AND EXISTS (SELECT FROM notices_device d WHERE d.member_id = told.member_id)
            END
        ORDER BY told.member_id, told.id, way.name
        ON CONFLICT (notification_id, way) DO UPDATE SET parts = l.parts || excluded.parts
        RETURNING way
    )
    SELECT (SELECT count(*) FROM told), EXISTS (SELECT FROM letters WHERE way = 'mail'),
        EXISTS (SELECT FROM letters WHERE way = 'push')
"""


def _write(told: str, values: dict[str, Any], parts: Sequence[int] = ()) -> int:
    """Write the notifications that the statement ``told`` makes, and the letters with them; gives how many it wrote."""
    ways = {
        "parts": list(parts),
        "mail": Preference.Place.MAIL,
        "mail_grace": timedelta(seconds=settings.MAIL_GRACE),
        "push_grace": timedelta(seconds=settings.PUSH_GRACE),
        "push_is_on": bool(settings.PUSH_KEY),
        "is_personal": kinds.known(values["kind"]).is_personal,
    }
    with connection.cursor() as cursor:
        cursor.execute(WITH_LETTERS.format(told=told.replace("{not_muted}", NOT_MUTED)), values | ways)
        count, by_mail, by_push = cursor.fetchone()
    if by_mail:
        jobs.write_letters.configure(schedule_in={"seconds": settings.MAIL_GRACE}).defer()
    if by_push:
        jobs.push_letters.configure(schedule_in={"seconds": settings.PUSH_GRACE}).defer()
    return count


# Nobody is told of what comes under something they mute.
NOT_MUTED = """
    AND NOT EXISTS (
        SELECT FROM notices_mute muted
        JOIN unnest(%(muted_kinds)s::text[], %(muted_ids)s::bigint[]) under (kind, id)
            ON muted.kind = under.kind AND muted.object_id = under.id
        WHERE muted.member_id = m.id
    )
"""
Under = Iterable[tuple[str, int | None]]


def _muted(under: Under) -> dict[str, Any]:
    named = [(kind, pk) for kind, pk in under if pk is not None]
    return {"muted_kinds": [kind for kind, _ in named], "muted_ids": [pk for _, pk in named]}


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
        "content_type": about and ContentType.objects.get_for_model(about).pk,
        "thing": about and about.pk,
        "nothing": Follow.Level.NOTHING,
        "place": place,
        "part": part,
        **_muted(under),
    }
    return _write(TELL, values)


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
        "muted_kind": next((each.name for each in muting.mutables() if each.model is model), ""),
        "everything": Follow.Level.EVERYTHING,
        "nowhere": Preference.Place.NOWHERE,
    }
    return _write(TELL_FOLLOWERS, values)


# One notification for each member, whatever number of the things they follow; the first of them names it.
GATHER = """
    INSERT INTO notices_notification AS n
        (member_id, kind, key, words, many, url, count, is_unread, told_at, place, gathered)
    SELECT DISTINCT ON (m.id)
        m.id, %(kind)s, news.key, news.one, news.many, news.url, 1, true, now(), news.place, ARRAY[%(part)s::bigint]
    FROM unnest(%(types)s::int[], %(things)s::bigint[], %(keys)s::text[], %(places)s::text[], %(ones)s::text[],
        %(manys)s::text[], %(urls)s::text[])
        WITH ORDINALITY news (content_type_id, thing_id, key, place, one, many, url, rank)
    JOIN notices_follow f
        ON f.content_type_id = news.content_type_id AND f.object_id = news.thing_id AND f.level = %(everything)s
            AND f.member_id > %(after)s AND f.member_id <= %(until)s
    JOIN accounts_member m ON m.id = f.member_id AND m.is_active AND NOT m.id = ANY(%(besides)s)
    LEFT JOIN notices_preference p ON p.member_id = m.id AND p.kind = %(kind)s
    WHERE p.place IS DISTINCT FROM %(nowhere)s
        {not_muted}
    ORDER BY m.id, news.rank
    ON CONFLICT (member_id, key) DO UPDATE SET
        gathered = n.gathered || excluded.gathered, count = cardinality(n.gathered) + 1, many = excluded.many,
        words = CASE cardinality(n.gathered) WHEN 0 THEN excluded.words
            ELSE cardinality(n.gathered) + 1 || ' ' || excluded.many END,
        url = excluded.url, is_unread = true, is_withdrawn = false, told_at = excluded.told_at
    WHERE NOT (n.gathered || n.withheld) @> excluded.gathered
"""
# "new posts in Treatment" is "1 new post in Treatment" when one is left: which, its words have not kept.
MOVE = """
    UPDATE notices_notification n SET
        {source} = now_there.left_over, {target} = n.{target} || now_there.moved,
        count = now_there.number, is_withdrawn = now_there.number = 0,
        words = now_there.number || ' ' || CASE now_there.number
            WHEN 1 THEN regexp_replace(n.many, '^([^ ]+ [^ ]+)s ', '\\1 ') ELSE n.many END
    FROM (
        SELECT t.id, split.left_over, split.moved, cardinality(t.gathered) + {step} * cardinality(split.moved) AS number
        FROM (
            SELECT * FROM notices_notification WHERE place = ANY(%(places)s) AND {source} && %(parts)s::bigint[]
            ORDER BY member_id, id FOR NO KEY UPDATE
        ) t,
        LATERAL (
            SELECT
                coalesce(array_agg(u.part ORDER BY u.rank) FILTER (WHERE u.part <> ALL(%(parts)s)), '{{}}')
                    AS left_over,
                array_agg(u.part ORDER BY u.rank) FILTER (WHERE u.part = ANY(%(parts)s)) AS moved
            FROM unnest(t.{source}) WITH ORDINALITY u (part, rank)
        ) split
    ) now_there
    WHERE n.id = now_there.id
"""


@dataclass(frozen=True)
class Gathering:
    """One new thing under a followed thing, to be gathered with others under ``key``.

    Alone it is told in the words ``one``; several as their number and ``many``, whose second word ends in "s"
    ("new posts in Treatment"). ``place`` is where ``withhold`` finds it.
    """

    thing: models.Model
    key: str
    place: str
    one: str
    many: str
    url: str


def gather(
    news: Sequence[Gathering], *, part: int, kind: str, besides: Iterable[int | None] = (), under: Under = ()
) -> int:
    """Tell each follower of these things, at "everything", of one new thing, ``part``: once, by the first they follow.

    What has been gathered under a key already is not told again. Followers in great number are told by a job
    (``notices.audiences``), which is deferred in this transaction. Gives how many were told now.
    """
    for each in news:
        _check(kind, each.key, each.url)
    if not news:
        return 0
    values: dict[str, Any] = {
        "kind": kind,
        "part": part,
        "types": [ContentType.objects.get_for_model(each.thing).pk for each in news],
        "things": [each.thing.pk for each in news],
        "keys": [each.key for each in news],
        "places": [each.place for each in news],
        "ones": [shortened(each.one, WORDS_LIMIT) for each in news],
        "manys": [shortened(each.many, MANY_LIMIT) for each in news],
        "urls": [each.url for each in news],
        "besides": [pk for pk in besides if pk is not None],
        **_muted(under),
        "everything": Follow.Level.EVERYTHING,
        "nowhere": Preference.Place.NOWHERE,
    }
    if not audiences.is_large(values):
        return tell_gathered(values | {"after": 0, "until": EVERYBODY})
    places = list(dict.fromkeys(values["places"]))
    audience = Audience.objects.create(kind=kind, part=part, places=places, values=values)
    jobs.tell_audience.defer(audience_id=audience.pk)
    return 0


def tell_gathered(values: dict[str, Any]) -> int:
    """Tell those followers whose ids lie above "after", up to "until"."""
    return _write(GATHER, values, parts=[values["part"]])


def withhold(places: Sequence[str], part: int) -> None:
    """Count ``part`` no more in what gathered it at these places: it went out of sight."""
    audiences.withhold(places, part)  # first: who is being told at this moment is found by what follows
    _move("gathered", "withheld", -1, places, [part])


def give_back(places: Sequence[str], part: int) -> None:
    """Count ``part`` again where it was withheld."""
    _move("withheld", "gathered", +1, places, [part])
    _go_on(audiences.give_back(places, part))


def _move(source: str, target: str, step: int, places: Sequence[str], parts: Sequence[int]) -> None:
    if places and parts:
        with connection.cursor() as cursor:
            moved = MOVE.format(source=source, target=target, step=step)
            cursor.execute(moved, {"places": list(places), "parts": list(parts)})


def move_parts(
    parts: Sequence[int], from_place: str, to_place: str, *, in_sight: Sequence[int], is_shown: bool
) -> None:
    """Let what tells of these parts alone stand at another place; those ``in_sight`` are shown if it ``is_shown``.

    What has gathered them counts them no more, since it leads to the place they left; where they come back to a place
    that had gathered them, it counts those of them again that are in sight.
    """
    alone = Notification.objects.filter(part__in=list(parts))
    alone.filter(place=from_place).update(place=to_place)
    alone.filter(place=to_place, is_withdrawn=False).exclude(part__in=list(in_sight)).update(is_withdrawn=True)
    alone.filter(place=to_place, part__in=list(in_sight), is_withdrawn=True, count__gt=0).update(is_withdrawn=False)
    _move("gathered", "withheld", -1, [from_place], parts)
    _move("withheld", "gathered", +1, [to_place], in_sight)
    if not is_shown:
        withdraw(to_place)


def withdraw(place: str, part: int | None = None) -> None:
    """Show nobody any more what tells of a place, or of one part of it: it went out of sight."""
    audiences.withhold([place], part)
    _at(place, part).filter(is_withdrawn=False).update(is_withdrawn=True)


def restore(place: str, part: int | None = None, *, besides: Iterable[int] = ()) -> None:
    """Show again what tells of a place, or of one part of it, but not of those parts that are out of sight still."""
    withdrawn = _at(place, part).filter(is_withdrawn=True, count__gt=0)
    besides = list(besides)
    withdrawn.exclude(part__in=besides, part__isnull=False).update(is_withdrawn=False)
    _go_on(audiences.give_back([place], part, besides=besides))


def _go_on(ids: Iterable[int]) -> None:
    for pk in ids:
        jobs.tell_audience.defer(audience_id=pk)


# Whose letters lie still need not get them.
READ_HERE = """
    WITH read AS (
        UPDATE notices_notification SET is_unread = false
        WHERE member_id = %(member)s AND is_unread AND place = %(place)s
            AND (part = ANY(%(parts)s::bigint[]) OR (part IS NULL AND gathered <@ %(parts)s::bigint[]))
        RETURNING id
    )
    DELETE FROM notices_letter l USING read WHERE l.notification_id = read.id
"""


def read_here(member: Any, place: str, parts: Iterable[int]) -> None:
    """Mark as read what tells the member of a place they look at, and of those parts of it that are before them."""
    with connection.cursor() as cursor:
        cursor.execute(READ_HERE, {"member": member.pk, "place": place, "parts": list(parts)})


def take_back(members: Iterable[int], *, kind: str, key: str) -> None:
    """Untell these members what they have not read yet."""
    if ids := list(members):
        Notification.objects.filter(member__in=ids, key=key, kind=kind, is_unread=True).delete()


def _at(place: str, part: int | None) -> models.QuerySet[Notification]:
    told = Notification.objects.filter(place=place).exclude(place="")
    return told if part is None else told.filter(part=part)


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
