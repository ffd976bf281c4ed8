"""What a member keeps, as one list: saved studies beside saved posts and comments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext, gettext_noop

from common.paging import BAD_CURSOR, KeysetPage, cursor_of, values_of
from forum import saving
from forum.models import Comment, Folder, Post, SavedWords
from studies.models import SavedStudy, Study

KINDS = {"study": gettext_noop("Studies"), "post": gettext_noop("Posts"), "comment": gettext_noop("Comments")}
SORTS = ("new", "old")
GONE = (
    gettext_noop("This post was deleted by its author."), gettext_noop("This comment was deleted by its author."),
    gettext_noop("This post was hidden by a moderator."), gettext_noop("This comment was hidden by a moderator."),
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which of it: of one kind ("" for all), in one folder (None for all, 0 for what is in none), with words."""

    kind: str = ""
    folder: int | None = None
    words: str = ""

    def rows(self, member: Any) -> list[QuerySet]:
        """Of each table what is wanted; all are paged together."""
        tables: list[QuerySet] = []
        if self.kind in ("", "study"):
            tables.append(SavedStudy.objects.kept().filter(member=member.pk))
        if self.kind != "study":
            words = SavedWords.objects.kept().filter(member=member.pk)
            if self.kind:
                words = words.filter(**{f"{self.kind}__isnull": False})
            tables.append(words)
        return [self._narrowed(rows) for rows in tables]

    def _narrowed(self, rows: QuerySet) -> QuerySet:
        if self.folder is not None:
            rows = rows.filter(folder=self.folder or None)
        for word in self.words.split():
            rows = rows.filter(Q(note__icontains=word) | self._titled(rows.model, word))
        return rows

    @staticmethod
    def _titled(model: Any, word: str) -> Q:
        if model is SavedStudy:
            return Q(study__title__icontains=word)
        # What is out of sight is not found by its words.
        shown = {"is_hidden": False, "deleted_at__isnull": True, "title__icontains": word}
        return Q(**{f"post__{name}": value for name, value in shown.items()}) | Q(
            **{f"comment__post__{name}": value for name, value in shown.items()},
            comment__is_hidden=False,
            comment__deleted_at__isnull=True,
        )


def paginate(member: Any, wanted: Wanted, sort: str, after: str) -> KeysetPage:
    """One page of all tables together, by when each was saved. Raises ``Http404`` for a cursor that doesn't fit."""
    size, down = settings.LIST_PAGE, sort == "new"
    cursor = _read(after) if after else None
    order = ("-saved_at", "-pk") if down else ("saved_at", "pk")
    found: list[tuple[Any, ...]] = []
    for rows in wanted.rows(member):
        rank = _rank(rows)
        if cursor:
            rows = rows.filter(_after(cursor, rank, down))
        found += [(row.saved_at, rank, row.pk, row) for row in rows.order_by(*order)[: size + 1]]
    sign = -1 if down else 1
    found.sort(key=lambda each: (sign * each[0].timestamp(), each[1], sign * each[2]))
    shown = found[:size]
    last = shown[-1] if shown else None
    more = cursor_of([last[0].isoformat(), last[1], last[2]]) if last and len(found) > size else ""
    return KeysetPage([each[3] for each in shown], more, is_first=not after)


def _rank(rows: QuerySet) -> int:
    return 0 if rows.model is SavedStudy else 1


def _read(after: str) -> tuple[datetime, int, int]:
    moment, rank, pk = values_of(after, [str, int, int])
    try:
        saved_at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Http404(BAD_CURSOR) from error
    if not -(2**63) <= pk < 2**63:
        raise Http404(BAD_CURSOR)
    return saved_at, rank, pk


def _after(cursor: tuple[datetime, int, int], rank: int, down: bool) -> Q:
    moment, at_rank, pk = cursor
    step = "lt" if down else "gt"
    later = Q(**{f"saved_at__{step}": moment})
    if rank > at_rank:
        return later | Q(saved_at=moment)
    if rank == at_rank:
        return later | Q(**{"saved_at": moment, f"pk__{step}": pk})
    return later


def show(rows: Sequence[Any], member: Any) -> None:
    """Give each row what is shown of it: ``kind``, ``thing_id``, ``item`` (its name in forms), and ``shown``, which is
    None where this member may not read it; ``gone`` then says why."""
    studies = Study.objects.for_list().in_bulk([row.study_id for row in rows if isinstance(row, SavedStudy)])
    words = [row for row in rows if isinstance(row, SavedWords)]
    posts = Post.objects.for_list().in_bulk([row.post_id for row in words if row.post_id])
    comments = Comment.objects.select_related("author", "post", "post__category").in_bulk(
        [row.comment_id for row in words if row.comment_id]
    )
    for row in rows:
        if _is_study(row):
            row.kind, row.thing_id, row.shown = "study", row.study_id, studies[row.study_id]
        else:
            thing = posts[row.post_id] if row.post_id else comments[row.comment_id]
            row.shown = thing if can_read(thing, member) else None
            row.gone = "" if row.shown else why_gone(thing)
        row.item = f"{row.kind}-{row.thing_id}"


def _is_study(row: Any) -> bool:
    return isinstance(row, SavedStudy)


def can_read(thing: Post | Comment, member: Any) -> bool:
    return thing.can_be_read_by(member) and (isinstance(thing, Post) or thing.post.can_be_read_by(member))


def why_gone(thing: Post | Comment) -> str:
    """Why it is not shown, as a sentence that tells nothing of its words."""
    is_post = isinstance(thing, Post)
    if thing.is_deleted:
        return gettext("This post was deleted by its author." if is_post else "This comment was deleted by its author.")
    if thing.is_hidden:
        return gettext("This post was hidden by a moderator." if is_post else "This comment was hidden by a moderator.")
    return gettext("The post that this comment stands under is out of sight.")


@transaction.atomic
def move(member: Any, items: Iterable[str], folder: Folder | None) -> None:
    """Put what the member keeps among these ("study-12", "post-3") into the folder, or into none."""
    ids: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for item in items:
        kind, _, number = item.partition("-")
        if kind in ids and number.isascii() and number.isdecimal() and len(number) < 19:
            ids[kind].append(int(number))
    SavedStudy.objects.kept().filter(member=member.pk, study__in=ids["study"]).update(folder=folder)
    saving.move(member, ids["post"], ids["comment"], folder)


def delete_folder(member: Any, pk: int) -> None:
    """Delete one's folder; what is in it stays saved, in no folder."""
    Folder.objects.filter(member=member.pk, pk=pk).delete()
