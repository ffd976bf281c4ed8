"""Pictures of members: taken in, found by the renderer, tied to the texts that show them, swept when nothing does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import picturing
from common.deferring import defer
from common.pictures import keeping, taking
from common.pictures.taking import Refused
from common.recount import PATIENTLY
from forum.models import Draft, Picture, PictureUse, WaitingEdit
from forum.models.picture import SHELF
from moderation.models import Case

WIDTHS = (1600, 720)  # pixels: a full screen, and a column of text
UNUSED_KEPT = timedelta(days=7)  # a picture that no text shows
GONE_KEPT = timedelta(days=30)  # pictures of texts that their authors deleted
MOST_TEXTS = 5_000  # that are rendered again when a picture goes

REMOVED = _("A moderator has removed this picture; it can't be put here again.")
FULL = _("You have {count} pictures here, and no more fit. Take away some that you don't need first.")
FULL_OF_BYTES = _("Your pictures fill the {size} MB that each member has. Take away some that you don't need first.")


# ── Taken in ─────────────────────────────────────────────────────────────────────────────────────


def take(owner, data: bytes, alt: str) -> Picture:
    """The picture of this file, new or as it is here already. Raises ``taking.Refused``.

    The same file of the same member, however often and at once it comes, is one picture.
    """
    digest = hashlib.sha256(data).hexdigest()
    if found := _known(owner, digest, alt):
        return found
    _check_room(owner, 0)
    made = taking.make(data, WIDTHS)
    name, size = keeping.new_name(), sum(len(each.data) for each in made)
    keeping.keep(SHELF, name, made)
    picture = None
    try:
        with transaction.atomic():
            _lock(owner)
            if found := _known(owner, digest, alt):
                return found
            _check_room(owner, size)
            picture = Picture.objects.create(
                owner=owner, name=name, digest=digest, alt=alt, width=made[0].width, height=made[0].height,
                small_width=made[1].width if len(made) > 1 else 0, size=size,
            )  # fmt: skip
        return picture
    finally:
        if picture is None:
            keeping.forget(SHELF, name)


def _known(owner, digest: str, alt: str) -> Picture | None:
    found = Picture.objects.filter(owner=owner, digest=digest).first()
    if found is None:
        return None
    if found.removed_at:
        raise Refused(REMOVED)
    if alt and (found.alt, found.taken_back_at) != (alt, None):
        found.alt, found.taken_back_at = alt, None
        found.save(update_fields=["alt", "taken_back_at"])
    # It is about to be used again, so tonight's sweep must not find it idle.
    Picture.objects.filter(pk=found.pk).update(touched_at=timezone.now())
    return found


def _lock(owner) -> None:
    """One at a time of this member's pictures is counted and added, so that no two take the last place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"pictures of {owner.pk}"])


def room(owner) -> dict[str, int]:
    """How many pictures and bytes this member has here."""
    there = Picture.objects.filter(owner=owner, removed_at__isnull=True)
    sums = there.aggregate(count=Count("pk"), size=Sum("size"))
    return {"count": sums["count"], "size": sums["size"] or 0}


def _check_room(owner, size: int) -> None:
    taken = room(owner)
    if taken["count"] >= settings.PICTURES_MOST:
        raise Refused(FULL.format(count=taken["count"]))
    if taken["size"] + size > settings.PICTURES_SIZE:
        raise Refused(FULL_OF_BYTES.format(size=settings.PICTURES_SIZE // 1_000_000))


def with_use_counts(mine: QuerySet[Picture]) -> QuerySet[Picture]:
    """Each with ``use_count``: how many texts show it."""
    uses = PictureUse.objects.filter(picture=OuterRef("pk")).order_by().values("picture")
    return mine.annotate(use_count=Coalesce(Subquery(uses.annotate(count=Count("pk")).values("count")), 0))


# ── In texts ─────────────────────────────────────────────────────────────────────────────────────


def known(names: list[str], writer: picturing.Writer) -> dict[str, picturing.Picture]:
    """What the renderer may show of these names in a text of this writer.

    A picture that stands under a pseudonym stands nowhere else, and the other way round: it would tell who it is.
    """
    # A comment under a masked post may be its writer's, or somebody's with a name.
    elsewhere = PictureUse.objects.filter(picture=OuterRef("pk")).exclude(
        Q(comment=None, post__mask=writer.mask) | Q(comment__isnull=False, comment__mask=writer.mask)
    )
    return {
        picture.name: picturing.Picture(
            picture.name, picture.width, picture.height, picture.small_width, gone=not picture.is_shown
        )
        for picture in Picture.objects.filter(~Exists(elsewhere), owner=writer.member, name__in=names)
    }


def words_written(sender: Any, *, post_id: int, comment_id: int | None, html: str, is_new: bool, **more: Any) -> None:
    names = picturing.names_in(html)
    if names or not is_new:
        _record(post_id, comment_id, names)


@transaction.atomic
def _record(post_id: int, comment_id: int | None, names: list[str]) -> None:
    """Let a text show exactly these pictures."""
    # Locked, so that none of them is swept meanwhile; always in one order.
    there = Picture.objects.filter(name__in=names).order_by("pk").select_for_update(no_key=True)
    wanted = set(there.values_list("pk", flat=True)) if names else set()
    uses = PictureUse.objects.filter(post=post_id, comment=comment_id)
    stored = set(uses.values_list("picture", flat=True))
    if stored == wanted:
        return
    uses.exclude(picture__in=wanted).delete()
    PictureUse.objects.bulk_create(
        [PictureUse(picture_id=pk, post_id=post_id, comment_id=comment_id) for pk in sorted(wanted - stored)],
        ignore_conflicts=True,
    )
    Picture.objects.filter(pk__in=sorted(stored ^ wanted)).update(touched_at=timezone.now())


def render_again(picture: Picture) -> None:
    """Let a job render the texts that show a picture, after it has gone out of sight or come back."""
    texts = list(picture.uses.order_by("-pk").values_list("post", "comment")[:MOST_TEXTS])
    if texts:
        defer(
            "forum.render_texts",
            posts=[post for post, comment in texts if comment is None],
            comments=[comment for _, comment in texts if comment is not None],
        )


# ── Swept ────────────────────────────────────────────────────────────────────────────────────────


def _waiting(**which: Any) -> QuerySet[Case]:
    kind = ContentType.objects.get_for_model(Picture)
    return Case.objects.filter(content_type=kind, state__in=Case.WAITING, **which)


def awaits_decision(picture: Picture) -> bool:
    """Whether somebody has reported it and no moderator has decided yet."""
    return _waiting(object_id=picture.pk).exists()


def _idle(now: datetime) -> QuerySet[Picture]:
    """Pictures that nothing needs: no text that anybody can still read, and no report that waits."""
    since = now - GONE_KEPT
    uses = PictureUse.objects.filter(picture=OuterRef("pk"))
    needed = uses.filter(Q(post__deleted_at=None) | Q(post__deleted_at__gt=since) | Q(comment__isnull=False)).filter(
        Q(comment=None) | Q(comment__deleted_at=None) | Q(comment__deleted_at__gt=since)
    )
    unused = Q(~Exists(needed), touched_at__lt=now - UNUSED_KEPT) | Q(taken_back_at__isnull=False)
    return Picture.objects.filter(~Exists(_waiting(object_id=OuterRef("pk"))), unused, removed_at__isnull=True)


def sweep(now: datetime | None = None, most: int = 5_000) -> int:
    """Erase what nothing needs any more, but for what a draft or a waiting edit names; gives how many went."""
    now, swept = now or timezone.now(), 0
    for picture in _candidates(now, most):
        if not picture.taken_back_at and _is_in_a_draft(picture):
            continue
        with transaction.atomic():
            # Somebody may have put it into a text since.
            if locked := _idle(now).filter(pk=picture.pk).select_for_update().first():
                locked.erase()
                swept += 1
    return swept


@transaction.atomic
def _candidates(now: datetime, most: int) -> list[Picture]:
    with connection.cursor() as cursor:
        cursor.execute(PATIENTLY)
    return list(_idle(now).order_by("touched_at")[:most])


def _is_in_a_draft(picture: Picture) -> bool:
    drafts = Draft.objects.filter(member=picture.owner_id).annotate(words=KT("fields__body"))
    edits = WaitingEdit.objects.filter(body__contains=picture.name)
    return drafts.filter(words__contains=picture.name).exists() or edits.exists()


def sweep_files() -> int:
    """Take away files that have no picture, as a power cut may leave them; gives how many names."""
    names = set(keeping.names_on(SHELF, older_than=24 * 3600))
    gone, lot = 0, sorted(names)
    for start in range(0, len(lot), 1_000):
        some = lot[start : start + 1_000]
        there = Picture.objects.filter(name__in=some, removed_at__isnull=True).values_list("name", flat=True)
        gone += keeping.forget_all_but(SHELF, there, some)
    return gone


# ── For whoever leaves or asks for their data ────────────────────────────────────────────────────


def of_member(member) -> QuerySet[Picture]:
    """What a member has here, with files."""
    return Picture.objects.filter(owner=member.pk, removed_at__isnull=True)


def files_of(member) -> Iterator[tuple[str, Path]]:
    """The widest size of each picture, with a name for it."""
    for name in of_member(member).order_by("pk").values_list("name", flat=True):
        yield f"{name}.webp", keeping.path_of(SHELF, name)


def erase_all(pictures: Iterable[Picture]) -> int:
    """Erase these whatever needs them; the texts that showed them tell of them in words. Gives how many."""
    count = 0
    for picture in pictures:
        with transaction.atomic():
            render_again(picture)
            picture.erase()
        count += 1
    return count
