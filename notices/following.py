"""Following things: anything that has a row of its own can be followed, whatever floor it stands on."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from accounts.models import Member
from notices.models import Follow


def _type(thing: models.Model | type[models.Model]) -> ContentType:
    return ContentType.objects.get_for_model(thing)


def follow(member: Member, thing: models.Model, level: str = Follow.Level.EVERYTHING) -> None:
    """Let the member follow the thing at this level; following it again only sets the level."""
    Follow.objects.bulk_create(
        [Follow(member=member, content_type=_type(thing), object_id=thing.pk, level=level)],
        update_conflicts=True,
        unique_fields=["content_type", "object_id", "member"],
        update_fields=["level"],
    )


def unfollow(member: Member, thing: models.Model) -> None:
    """End it; without a follow it does nothing."""
    Follow.objects.filter(member=member, content_type=_type(thing), object_id=thing.pk).delete()


def followers_of(thing: models.Model, level: str = Follow.Level.EVERYTHING) -> set[int]:
    """The ids of the members who follow the thing at this level."""
    follows = Follow.objects.filter(content_type=_type(thing), object_id=thing.pk, level=level)
    return set(follows.values_list("member_id", flat=True))


def followed_among(member: Member, things: Iterable[models.Model]) -> set[int]:
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


def forget(thing: models.Model) -> None:
    """End every follow of a thing that is about to go."""
    Follow.objects.filter(content_type=_type(thing), object_id=thing.pk).delete()
