"""Edits that wait or were not let through, as their authors and moderators see them on pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from common.differences import Piece, differences
from forum import waiting_edits
from forum.models import Comment, Post, WaitingEdit
from moderation import holding as queue


def show(user: Any, post: Post, comments: Iterable[Comment], *, moderates: bool) -> None:
    """Note on each of these what of it waits or was not let through, if this visitor may read that: one query for
    who wrote some of it or moderates, two where something was not let through, none for others."""
    if not user.is_authenticated:
        return
    here = [("post", post), *(("comment", each) for each in comments)]
    things: dict[tuple[str, int], Any] = {
        (kind, each.pk): each for kind, each in here if not each.is_deleted and (moderates or each.is_by(user))
    }
    if not things:
        return
    rejected = [each for each in things.values() if each.is_rejected and each.is_by(user)]
    posts, ids = ([pk for kind, pk in things if kind == wanted] for wanted in ("post", "comment"))
    for edit in WaitingEdit.objects.filter(Q(post__in=posts) | Q(comment__in=ids)):
        thing = things["post" if edit.post_id else "comment", edit.post_id or edit.comment_id or 0]
        mine = thing.is_by(user)
        if (edit.is_waiting and (mine or moderates)) or (edit.is_rejected and mine):
            thing.shown_edit = edit
            rejected += [thing] if edit.is_rejected else []
    answers = queue.answers_about(rejected)
    for thing in rejected:
        (thing.shown_edit or thing).answer = answers.get(thing, "")


def changes(thing: Any, edit: WaitingEdit) -> list[tuple[str, list[Piece]]]:
    """What the edit would change in the words that are shown now, part by part, for who decides."""
    parts = [
        (gettext("Title"), getattr(thing, "title", ""), edit.title),
        (gettext("Words"), thing.text.body, edit.body),
    ]
    if edit.own_gist is not None:
        parts.append((gettext("In one or two sentences"), thing.own_gist, edit.own_gist))
    if edit.category_id:
        parts.append((gettext("Category"), str(thing.category), str(edit.category)))
    if edit.tags is not None:
        parts.append(
            (gettext("Tags"), ", ".join(sorted(tag.name for tag in thing.tags.all())), ", ".join(sorted(edit.tags)))
        )
    if edit.poll:
        terms = waiting_edits.terms_in(edit)
        parts.append(
            (
                gettext("Poll"),
                "",
                "\n".join((terms.question, *terms.options)) if terms else gettext("No poll any more."),
            )
        )
    return [(name, differences(before, after)) for name, before, after in parts if before != after]


@dataclass(frozen=True)
class Proposed:
    """An edit as who decides about it sees it. ``is_behind``: the shown words have changed since it was sent."""

    words: str
    version: int
    is_behind: bool
    is_waiting: bool
    changes: list[tuple[str, list[Piece]]]


def proposed(thing: Any) -> Proposed | None:
    """The edit of this thing that waits, or was not let through."""
    if (edit := waiting_edits.of(thing)) is None:
        return None
    behind = edit.version != thing.version
    return Proposed(waiting_edits.words_of(thing, edit), thing.version, behind, edit.is_waiting, changes(thing, edit))


def beside(user: Any, thing: Any) -> dict[str, Any]:
    edit = proposed(thing)
    return {"edit": edit if edit and edit.is_waiting else None}
