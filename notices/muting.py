"""Muting: what a member does not want to meet in any list, count, search, feed of their own or mail.

A member mutes members, tags and categories, and hides single posts. Muting changes what one reader is shown and nothing
else: whoever is muted can't tell. It never reaches a thing whose author is not named, or muting would name them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, models

from notices.models import Mute

MOST_MUTES = 300  # members, tags and categories that one member mutes
MOST_HIDDEN = 5000  # posts that one member hides
POST = "post"  # the kind that is hidden one by one; how many there are is not read, only whether one is among them

MUTED = """
    SELECT kind, object_id FROM notices_mute WHERE member_id = %(member)s AND kind <> %(post)s
    UNION ALL
    (SELECT kind, object_id FROM notices_mute WHERE member_id = %(member)s AND kind = %(post)s LIMIT 1)
"""


class TooManyMutes(Exception):
    """The member mutes as much as anyone may."""


@dataclass(frozen=True)
class Mutable:
    """A kind of thing that can be muted: ``name`` stands in addresses, ``title`` over the list of mutes.

    ``visible_to`` narrows the model's rows to those that a member may know of.
    """

    name: str
    model: type[models.Model]
    title: str
    visible_to: Callable[[models.QuerySet, Any], models.QuerySet] | None = None

    def seen_by(self, member: Any) -> models.QuerySet:
        rows = self.model._default_manager.all()
        return self.visible_to(rows, member) if self.visible_to else rows


@dataclass(frozen=True)
class Muted:
    """What one reader mutes: ids of members, tags and categories, and whether they hide any post."""

    members: frozenset[int] = frozenset()
    tags: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    hides: bool = False

    def __bool__(self) -> bool:
        return bool(self.members or self.tags or self.categories or self.hides)

    def besides(self, kind: str, pk: int) -> Muted:
        """The same without one thing, for the page where its reader has chosen to see it."""
        if kind == POST:
            return self
        name = PLURALS[kind]
        return replace(self, **{name: getattr(self, name) - {pk}})


NOTHING = Muted()
PLURALS = {"member": "members", "tag": "tags", "category": "categories"}

_mutables: dict[str, Mutable] = {}


def register(*mutables: Mutable) -> None:
    """Called by an app's ``ready``; adding a kind again changes nothing."""
    for each in mutables:
        _mutables.setdefault(each.name, each)


def mutables() -> tuple[Mutable, ...]:
    return tuple(_mutables.values())


def muted_by(member: Any) -> Muted:
    """What the member mutes: one query a request, however often it is asked; none for a guest, who mutes nothing."""
    if not member.is_authenticated:
        return NOTHING
    kept = getattr(member, "_muted", None)
    if kept is None:
        kept = member._muted = _read(member.pk)
    return kept


def _read(member_id: int) -> Muted:
    with connection.cursor() as cursor:
        cursor.execute(MUTED, {"member": member_id, "post": POST})
        rows = cursor.fetchall()
    ids = {name: frozenset(pk for kind, pk in rows if kind == single) for single, name in PLURALS.items()}
    return Muted(**ids, hides=any(kind == POST for kind, _ in rows))


def mute(member: Any, kind: str, pk: int) -> bool:
    """Mute a thing; muting it again changes nothing. Gives whether it is new.

    Raises ``TooManyMutes`` for a member who mutes ``MOST_MUTES`` things, or hides ``MOST_HIDDEN`` posts, already.
    """
    mine = Mute.objects.filter(member=member.pk)
    if mine.filter(kind=kind, object_id=pk).exists():
        return False
    alike, most = (mine.filter(kind=POST), MOST_HIDDEN) if kind == POST else (mine.exclude(kind=POST), MOST_MUTES)
    if alike.order_by()[:most].count() >= most:
        raise TooManyMutes
    Mute.objects.bulk_create([Mute(member_id=member.pk, kind=kind, object_id=pk)], ignore_conflicts=True)
    _forget(member)
    return True


def unmute(member: Any, kind: str, pk: int) -> None:
    """End it; without a mute it does nothing."""
    Mute.objects.filter(member=member.pk, kind=kind, object_id=pk).delete()
    _forget(member)


def is_muted(member: Any, kind: str, pk: int) -> bool:
    """Whether the member mutes this member, tag or category; costs nothing where ``muted_by`` has been asked."""
    return pk in getattr(muted_by(member), PLURALS[kind])


def _forget(member: Any) -> None:
    member._muted = None
