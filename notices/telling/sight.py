"""What tells of a place: out of sight with it, moved with it, and read where its reader looks at the place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

from common.deferring import defer
from notices import audiences
from notices.models import Notification

UNREAD_CAP = 100

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
        defer("notices.tell_audience", audience_id=pk)


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


def unread_count(member: Any) -> int:
    """How many notifications the member has not read, counted to ``UNREAD_CAP`` at most: one probe of an index."""
    unread = Notification.objects.of(member).unread().order_by()
    return unread[:UNREAD_CAP].count()


def _at(place: str, part: int | None) -> models.QuerySet[Notification]:
    told = Notification.objects.filter(place=place).exclude(place="")
    return told if part is None else told.filter(part=part)
