"""The history of a post or a comment: each change of its words, told as what went and what came.

The database keeps the *old* row of every change (``PostRevision``, ``CommentRevision``), so a change is one such row
beside the version that followed it: the next newer row, or the text as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from common.differences import Piece, differences
from common.paging import KeysetPage, paginate
from forum.models import Comment, Post, Removal
from moderation import log
from moderation.models import Case

PAGE = 10  # changes; each costs a comparison
KEPT = timedelta(days=30)  # how long moderators can still read what its author had taken out
THINGS: dict[str, type[models.Model]] = {"post": Post, "comment": Comment}


@dataclass
class Change:
    """One change: ``old`` is the version it replaced. A version nobody may read any more gives no pieces."""

    old: Any
    new: Any
    removal: Removal | None
    shows_old: bool
    shows_new: bool

    @property
    def made_at(self) -> datetime:
        return self.old.pgh_created_at

    @property
    def reason(self) -> str:
        return self.new.edit_reason if self.shows_new else ""

    def title(self) -> list[Piece]:
        return self._pieces("title") if getattr(self.old, "title", "") != getattr(self.new, "title", "") else []

    def body(self) -> list[Piece]:
        return self._pieces("body")

    def _pieces(self, field: str) -> list[Piece]:
        if not self.shows_new:
            return []
        if not self.shows_old:
            return [Piece("same", getattr(self.new, field))]
        return differences(getattr(self.old, field), getattr(self.new, field))


def with_history_for(kind: str, user) -> QuerySet[Any]:
    """The posts or comments whose history this visitor may read; that of deleted words is for moderators alone."""
    things = THINGS[kind]._default_manager.all()
    if not (user.is_authenticated and user.is_moderator):
        things = Post.objects.visible_to(user) if kind == "post" else Comment.objects.readable_by(user)
    return things.select_related("text", "author", *(["post"] if kind == "comment" else []))


def revisions_of(kind: str, thing) -> QuerySet[Any]:
    return _revisions(kind).objects.filter(**{kind: thing})


def _revisions(kind: str) -> type[Any]:
    return apps.get_model("forum", "PostRevision" if kind == "post" else "CommentRevision")


def read_history(kind: str, thing, user, after: str = "") -> tuple[KeysetPage, Change | None]:
    """One page of changes, the newest first, and what was there at first where the page reaches back to it."""
    revisions = revisions_of(kind, thing)
    page = paginate(revisions, ("-pk",), after, PAGE)
    newer = None
    if after and page.rows:
        newer = revisions.filter(pk__gt=page.rows[0].pk).order_by("pk").first()
    wanted = [row.pk for row in page.rows] + ([newer.pk] if newer else [])
    removals = {each.revision_id: each for each in Removal.objects.filter(kind=kind, revision_id__in=wanted)}
    reads_all = user.is_authenticated and user.is_moderator

    def shows(version) -> bool:
        removal = removals.get(version.pk) if version is not thing.text else None
        return removal is None or (reads_all and removal.erased_at is None)

    changes = []
    for row in page.rows:
        new = newer or thing.text
        changes.append(Change(row, new, removals.get(row.pk), shows(row), shows(new)))
        newer = row
    first = changes[-1] if changes and not page.next_cursor else None
    page.rows = changes
    return page, first


@transaction.atomic
def remove_version(kind: str, thing, revision_id: int, member, reason: str) -> None:
    """Take an earlier version of the member's own words out of sight. Asking twice does no more than asking once."""
    removal, is_new = Removal.objects.get_or_create(
        kind=kind,
        revision_id=revision_id,
        defaults={"thing_id": thing.pk, "asked_by": None if thing.pseudonym else member, "reason": reason},
    )
    if is_new:
        log.record(removal.asked_by, "remove version", removal, "At the author's request", role="a member")


def erase_removed(now: datetime | None = None) -> int:
    """Erase the words whose author had them taken out ``KEPT`` ago, unless a report about them still waits."""
    now, erased = now or timezone.now(), 0
    for kind, model in THINGS.items():
        waiting = Case.objects.filter(
            content_type=ContentType.objects.get_for_model(model),
            object_id=OuterRef("thing_id"),
            state__in=Case.WAITING,
        )
        due = Removal.objects.filter(~Exists(waiting), kind=kind, erased_at__isnull=True, asked_at__lt=now - KEPT)
        for removal in due.order_by("asked_at")[:1000]:
            blank = {"body": "", "edit_reason": ""} | ({"title": ""} if kind == "post" else {})
            with transaction.atomic():
                _revisions(kind).objects.filter(pk=removal.revision_id).update(**blank)
                erased += Removal.objects.filter(pk=removal.pk, erased_at__isnull=True).update(erased_at=now)
    return erased
