"""Editing what somebody else wrote, with a note that everyone sees; and putting their own words back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from forum import told
from forum.history import revisions_of
from forum.models import Comment, CommentTerms, Post, ThreadTerms
from moderation.acting import CannotDo
from moderation.models import Action

NOTE = "Edited by a moderator: {}"


@transaction.atomic
def reword(thing: Post | Comment, moderator, reason: str, *, body: str, title: str | None = None) -> Action | None:
    """Let the thing have these words; what it had stays in its history. The line names that version, never its words:
    those are their author's to take along, or to have removed."""
    locked, text = _locked(thing)
    before = text.body_html
    if (text.body, getattr(text, "title", None)) == (body, title):
        return None
    earlier = revisions_of(_kind(thing), locked).order_by("-pgh_id").values_list("pk", flat=True).first()
    _write(locked, text, body, title, NOTE.format(reason))
    version = type(locked).objects.values_list("version", flat=True).get(pk=locked.pk)
    kept = revisions_of(_kind(thing), locked).order_by("-pgh_id").values_list("pk", flat=True).first()
    terms = _terms(locked)
    details = {"revision": kept if kept != earlier else None, "version": version, "note": terms.note}
    type(terms).objects.filter(pk=terms.pk).update(note=NOTE.format(reason)[:500])
    told.of_edit(thing, before, text.body_html)
    return told.record(moderator, "edit", thing, reason, details=details)


@transaction.atomic
def put_back(thing: Post | Comment, moderator, reason: str, action: Action) -> Action | None:
    """Let the thing have the words again that the moderator replaced. Raises ``CannotDo`` where it was edited since."""
    locked, text = _locked(thing)
    old = revisions_of(_kind(thing), locked).order_by("-pgh_id").first()
    if old is not None and old.pk != action.details["revision"]:
        raise CannotDo(gettext("It was edited since: the earlier words are in its history."))
    if old is None or not old.body:
        raise CannotDo(gettext("The earlier words are gone from its history."))
    before = text.body_html
    _write(locked, text, old.body, getattr(old, "title", None), "")
    terms = _terms(locked)
    type(terms).objects.filter(pk=terms.pk).update(note=action.details["note"])
    told.of_edit(thing, before, text.body_html)
    return told.record(moderator, "undo edit", thing, reason, undoes=action)


def _kind(thing: Any) -> str:
    return "post" if isinstance(thing, Post) else "comment"


def _locked(thing: Any) -> tuple[Any, Any]:
    model = type(thing)
    row = model.objects.select_for_update(no_key=True).get(pk=thing.pk)
    if row.is_deleted:
        raise CannotDo(gettext("Its author has deleted it."))
    text = type(thing.text).objects.select_for_update().get(pk=thing.pk)
    if model is Comment:
        text.comment = row
    return row, text


def _terms(thing: Any) -> Any:
    if isinstance(thing, Post):
        return ThreadTerms.objects.get_or_create(post=thing)[0]
    return CommentTerms.objects.get_or_create(comment=thing)[0]


def _write(thing: Any, text: Any, body: str, title: str | None, reason: str) -> None:
    change: dict[str, Any] = {"edited_at": timezone.now(), "version": F("version") + 1}
    if title is not None:
        change["title"] = text.title = title
        if not thing.own_gist:
            change["gist"] = thing.gist_of(body)
    type(thing).objects.filter(pk=thing.pk).update(**change)
    text.body, text.edit_reason = body, reason[:200]
    text.save()
