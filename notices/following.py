"""Following things: anything that has a row of its own can be followed, whatever floor it stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from notices.models import Follow

MOST_FOLLOWS = 1000  # things that one member follows


class TooManyFollows(Exception):
    """The member follows as much as anyone may."""


@dataclass(frozen=True)
class Followable:
    """A kind of thing that has a "Follow" button: ``name`` stands in addresses, ``title`` over the list of follows.

    ``visible_to`` narrows the model's rows to those that a member may know of; without it everyone may know of all.
    One that ``has_levels`` is followed at a level of one's choice, and "nothing" is kept.
    """

    name: str
    model: type[models.Model]
    title: str
    visible_to: Callable[[models.QuerySet, Any], models.QuerySet] | None = None
    has_levels: bool = False

    def seen_by(self, member: Any) -> models.QuerySet:
        rows = self.model._default_manager.all()
        return self.visible_to(rows, member) if self.visible_to else rows


_followables: dict[str, Followable] = {}


def register(*followables: Followable) -> None:
    """Add kinds of things that can be followed from a page; adding one again changes nothing."""
    for each in followables:
        _followables.setdefault(each.name, each)


def followables() -> tuple[Followable, ...]:
    return tuple(_followables.values())


def _type(thing: models.Model | type[models.Model]) -> ContentType:
    return ContentType.objects.get_for_model(thing)


def follow(member: Any, thing: models.Model, level: str = Follow.Level.EVERYTHING) -> None:
    """Let the member follow the thing at this level; following it again only sets the level.

    Raises ``TooManyFollows`` for a member who follows ``MOST_FOLLOWS`` things already.
    """
    by_hand = Follow.objects.filter(member=member, is_automatic=False)
    if by_hand[:MOST_FOLLOWS].count() >= MOST_FOLLOWS:
        raise TooManyFollows
    Follow.objects.bulk_create(
        [Follow(member=member, content_type=_type(thing), object_id=thing.pk, level=level)],
        update_conflicts=True,
        unique_fields=["content_type", "object_id", "member"],
        update_fields=["level", "is_automatic"],
    )


def follow_by_itself(member: int, thing: models.Model, level: str) -> None:
    """Let the member of this id follow what they take part in, unless they follow it or have chosen "nothing"."""
    row = Follow(member_id=member, content_type=_type(thing), object_id=thing.pk, level=level, is_automatic=True)
    Follow.objects.bulk_create([row], ignore_conflicts=True)


def level_of(member: Any, thing: models.Model) -> str:
    """The level at which the member follows the thing; "" where they do not, and for a guest."""
    if not member.is_authenticated:
        return ""
    mine = Follow.objects.filter(content_type=_type(thing), object_id=thing.pk, member=member)
    return mine.values_list("level", flat=True).first() or ""


def unfollow(member: Any, thing: models.Model) -> None:
    """End it; without a follow it does nothing."""
    Follow.objects.filter(member=member, content_type=_type(thing), object_id=thing.pk).delete()


def followers_of(thing: models.Model, level: str = Follow.Level.EVERYTHING) -> set[int]:
    """The ids of the members who follow the thing at this level."""
    follows = Follow.objects.filter(content_type=_type(thing), object_id=thing.pk, level=level)
    return set(follows.values_list("member_id", flat=True))


def followed_among(member: Any, things: Iterable[models.Model]) -> set[int]:
    """The ids of those among ``things``, all of one model, that the member follows; a guest follows nothing."""
    things = list(things)
    if not member.is_authenticated or not things:
        return set()
    follows = Follow.objects.filter(
        content_type=_type(things[0]), object_id__in=[thing.pk for thing in things], member=member
    )
    return set(follows.values_list("object_id", flat=True))


def move(kept: models.Model, gone: models.Model) -> None:
    """Let whoever follows ``gone`` follow ``kept`` instead. Call it where two things become one.

    Who follows both keeps the level they have for ``kept``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_follow (member_id, content_type_id, object_id, level, followed_at)"
            " SELECT member_id, content_type_id, %s, level, followed_at FROM notices_follow"
            " WHERE content_type_id = %s AND object_id = %s ORDER BY member_id ON CONFLICT DO NOTHING",
            [kept.pk, _type(kept).pk, gone.pk],
        )
    forget(gone)


LEND = """
    INSERT INTO notices_follow (member_id, content_type_id, object_id, level, followed_at, is_automatic)
    SELECT member_id, content_type_id, %(to)s, level, followed_at, true FROM notices_follow
    WHERE content_type_id = %(type)s AND object_id = %(of)s ORDER BY member_id ON CONFLICT DO NOTHING
"""
# Who follows no longer one of the things to which their follow was lent.
ENDED = """
    SELECT own.member_id FROM notices_follow own
    WHERE own.content_type_id = %(type)s AND own.object_id = %(of)s AND EXISTS (
        SELECT FROM unnest(%(to)s::bigint[]) thing (id) WHERE NOT EXISTS (
            SELECT FROM notices_follow there WHERE there.content_type_id = %(type)s AND there.object_id = thing.id
                AND there.member_id = own.member_id))
"""
# A follow that was lent has the moment of the one it was made of, and is nobody's own choice since. What else the
# thing consists of may be followed by the same member: then the follow is lent by that from now on.
GIVE_BACK = """
    WITH lent AS (
        SELECT lent.id, other.level, other.followed_at
        FROM notices_follow own
        JOIN notices_follow lent ON lent.content_type_id = %(type)s AND lent.object_id = %(to)s
            AND lent.member_id = own.member_id AND lent.is_automatic AND lent.followed_at = own.followed_at
        LEFT JOIN LATERAL (
            SELECT f.level, f.followed_at FROM notices_follow f
            WHERE f.content_type_id = %(type)s AND f.object_id = ANY(%(parts)s) AND f.member_id = own.member_id
            ORDER BY f.followed_at LIMIT 1
        ) other ON true
        WHERE own.content_type_id = %(type)s AND own.object_id = %(of)s
    ), ended AS (
        DELETE FROM notices_follow f USING lent WHERE f.id = lent.id AND lent.followed_at IS NULL
    )
    UPDATE notices_follow f SET level = lent.level, followed_at = lent.followed_at FROM lent
    WHERE f.id = lent.id AND lent.followed_at IS NOT NULL
"""


def lend(to: models.Model, of: models.Model) -> None:
    """Let whoever follows ``of`` follow ``to`` as well, now a part of it; who does already keeps their level."""
    with connection.cursor() as cursor:
        cursor.execute(LEND, {"type": _type(of).pk, "to": to.pk, "of": of.pk})


def give_back(of: models.Model, lent_to: Mapping[int, Sequence[int]]) -> None:
    """Take back what ``lend`` did, from all to which the follows of ``of`` came, the nearest first.

    Each is the id of a thing like ``of``, with the ids of what is still a part of it. Who chose a level since keeps
    it; who ended following one of them follows neither.
    """
    known = {"type": _type(of).pk, "of": of.pk}
    with connection.cursor() as cursor:
        cursor.execute(ENDED, known | {"to": list(lent_to)})
        ended = [member for (member,) in cursor.fetchall()]
        for thing, parts in lent_to.items():
            cursor.execute(GIVE_BACK, known | {"to": thing, "parts": list(parts)})
    Follow.objects.filter(content_type=_type(of), object_id=of.pk, member__in=ended).delete()


def forget(thing: models.Model) -> None:
    """End every follow of a thing that is about to go."""
    Follow.objects.filter(content_type=_type(thing), object_id=thing.pk).delete()
