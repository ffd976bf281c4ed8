"""Saving posts and comments: each once, with a note and in a folder that only their member sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from common.text import clean_line
from forum.models import Comment, Folder, Post, SavedWords

MOST_SAVED = 10_000  # posts and comments that one member keeps
MOST_FOLDERS = 100
KEPT_REMOVED = timedelta(days=1)  # what was removed can be put back for so long


class CannotSave(Exception):
    """It can't be kept; the text says why, as a sentence."""


@dataclass(frozen=True)
class Kept:
    """What a member has saved among some posts and comments."""

    posts: set[int] = field(default_factory=set)
    comments: set[int] = field(default_factory=set)


def kept_by(member: Any, posts: Iterable[Post] = (), comments: Iterable[Comment] = ()) -> Kept:
    """Which of these the member has saved: one query, none for a guest."""
    wanted = Q(post__in=[post.pk for post in posts]) | Q(comment__in=[comment.pk for comment in comments])
    if not member.is_authenticated:
        return Kept()
    rows = list(SavedWords.objects.kept().filter(wanted, member=member.pk).values_list("post", "comment"))
    return Kept({post for post, _ in rows if post}, {comment for _, comment in rows if comment})


def _mine(member: Any, thing: Post | Comment) -> Any:
    return SavedWords.objects.filter(member=member.pk, **_which(thing))


def _which(thing: Post | Comment) -> dict[str, Any]:
    return {"post": thing} if isinstance(thing, Post) else {"comment": thing}


def saved(member: Any, thing: Post | Comment) -> SavedWords | None:
    """The member's row for the thing, where they keep it."""
    return _mine(member, thing).kept().select_related("folder").first()


def save(member: Any, thing: Post | Comment) -> None:
    """Keep it for the member; saving again changes nothing. One that was removed comes back without its note.

    Raises ``CannotSave``.
    """
    if SavedWords.objects.filter(member=member.pk)[:MOST_SAVED].count() >= MOST_SAVED:
        raise CannotSave(
            gettext("You keep %(most_saved)s posts and comments, as many as anyone can. Remove some first.")
            % {"most_saved": format(MOST_SAVED, ",")}
        )
    SavedWords.objects.bulk_create([SavedWords(member=member, **_which(thing))], ignore_conflicts=True)
    _mine(member, thing).filter(removed_at__isnull=False).update(
        note="", folder=None, saved_at=timezone.now(), removed_at=None
    )


def remove(member: Any, thing: Post | Comment) -> None:
    """Take it out of what the member keeps; its note waits a day for ``put_back`` and is then gone."""
    _mine(member, thing).kept().update(removed_at=timezone.now())


def put_back(member: Any, thing: Post | Comment) -> None:
    """Undo ``remove``, with note and folder; where that can't be undone any more it does nothing."""
    _mine(member, thing).update(removed_at=None)


@transaction.atomic
def write_note(member: Any, thing: Post | Comment, note: str, folder: Folder | None) -> None:
    """Keep it with this note in this folder, whether it was saved before or not. Raises ``CannotSave``."""
    save(member, thing)
    _mine(member, thing).update(note=note, folder=folder)


# ── Folders ──────────────────────────────────────────────────────────────────────────────────────


def folders_of(member: Any) -> list[Folder]:
    return list(Folder.objects.filter(member=member.pk)[:MOST_FOLDERS])


def folder_named(member: Any, name: str) -> Folder | None:
    """The member's folder of this name, made where it is missing; None without a name. Raises ``CannotSave``."""
    name = clean_line(name)[: Folder.NAME_LIMIT].strip()
    if not name:
        return None
    mine = Folder.objects.filter(member=member.pk)
    if found := mine.filter(name__iexact=name).first():
        return found
    if mine.count() >= MOST_FOLDERS:
        raise CannotSave(
            gettext("You have %(most_folders)s folders, which is as many as anyone can. Delete one first.")
            % {"most_folders": MOST_FOLDERS}
        )
    Folder.objects.bulk_create([Folder(member=member, name=name)], ignore_conflicts=True)
    # The index compares lower case, so what is told apart there is told apart here.
    return mine.filter(name__iexact=name).first()


def chosen_folder(member: Any, chosen: str, new: str) -> Folder | None:
    """The folder that a form means: one by its name if a new one is typed, else the one chosen by its number.

    None is no folder. Raises ``CannotSave``, also for a folder that is not the member's.
    """
    if made := folder_named(member, new):
        return made
    if not chosen:
        return None
    known = chosen.isascii() and chosen.isdecimal() and len(chosen) < 19
    found = Folder.objects.filter(member=member.pk, pk=int(chosen)).first() if known else None
    if found is None:
        raise CannotSave(gettext("That folder is not here any more."))
    return found


def move(member: Any, posts: Iterable[int], comments: Iterable[int], folder: Folder | None) -> None:
    """Put what the member keeps among these into the folder, or into none."""
    wanted = Q(post__in=list(posts)) | Q(comment__in=list(comments))
    SavedWords.objects.kept().filter(wanted, member=member.pk).update(folder=folder)


def merged(post: Post, became: Comment) -> None:
    """Whoever keeps the post keeps the comment that it became, with note and folder: it is the same words."""
    SavedWords.objects.filter(post=post).update(post=None, comment=became)


def unmerged(post: Post, became: Comment) -> None:
    """The same back. A moderator, who sees the post all along, may keep it beside the comment: both rows stay then."""
    kept = SavedWords.objects.filter(post=post).values("member")
    SavedWords.objects.filter(comment=became).exclude(member__in=kept).update(post=post, comment=None)


def forget_removed() -> int:
    """Delete what was removed more than a day ago; gives how many."""
    return SavedWords.objects.filter(removed_at__lt=timezone.now() - KEPT_REMOVED).delete()[0]
