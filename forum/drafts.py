"""Drafts: what members type is kept until it is sent, whatever becomes of the tab, the session or the sending.

A ``Keeper`` is what a form needs to keep its words: its place, a mark of its own, and which draft it has seen. Of two
tabs that write in one place the newer draft stays, and the other tab is told; the words in that tab stay with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from common.text import clean_line
from forum import masks, waiting_edits
from forum.forms import CommentEditForm, CommentForm, PostEditForm, PostForm
from forum.models import Comment, Draft, Post
from forum.sending import sent_once
from moderation import limits

MOST = 100  # drafts of a member
KEPT = timedelta(days=90)
FORMS: dict[str, type[forms.Form]] = {
    "post_new": PostForm,
    "post_edit": PostEditForm,
    "comment_new": CommentForm,
    "comment_reply": CommentForm,
    "comment_edit": CommentEditForm,
}
SHORT = 60  # characters of what is no text of its own: a category's slug, a version


class NewerDraft(Exception):
    """Another tab has kept a newer draft in this place. ``draft`` is that one."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(gettext("Another tab has kept a newer draft here."))
        self.draft = draft


class NotKept(Exception):
    """It can't be kept; the words say why."""


@dataclass(frozen=True)
class Place:
    """Where somebody writes."""

    kind: str
    thing_id: int = 0

    @property
    def address(self) -> str:
        """The page with the form."""
        if self.kind == "post_new":
            return reverse("forum:post_new")
        if self.kind == "comment_new":
            return reverse("forum:post_short", args=[self.thing_id])
        return reverse(f"forum:{self.kind}", args=[self.thing_id])

    @property
    def keep_address(self) -> str:
        return reverse("forum:draft_keep", args=[self.kind, self.thing_id])


@dataclass
class Keeper:
    """What a form carries of its draft. ``restored`` is the draft it was filled from."""

    place: Place
    form: uuid.UUID
    seen: str = ""
    restored: Draft | None = None

    @property
    def initial(self) -> dict[str, str]:
        return dict(self.restored.fields) if self.restored else {}


def place_for(user, kind: str, thing_id: int) -> Place:
    """The place, if this member may write there. Raises ``Http404`` and ``PermissionDenied`` as its page does."""
    if kind not in FORMS or (kind == "post_new" and thing_id):
        raise Http404(gettext("There is no such form."))
    if kind in ("post_edit", "comment_new"):
        post = get_object_or_404(Post.objects.readable_by(user), pk=thing_id)
        if kind == "post_edit" and not post.is_by(user):
            raise PermissionDenied(gettext("Only its author can edit a post."))
    elif kind != "post_new":
        comment = get_object_or_404(Comment.objects.readable_by(user), pk=thing_id)
        if kind == "comment_edit" and not comment.is_by(user):
            raise PermissionDenied(gettext("Only its author can edit a comment."))
    return Place(kind, thing_id)


def keeper(request: HttpRequest, kind: str, thing_id: int = 0, *, fresh: bool = False) -> Keeper:
    """For the form in this place: as it was sent, or with the draft that is kept here (one query).

    ``fresh`` is a form whose words have just gone out: it starts without any.
    """
    place = Place(kind, thing_id)
    if fresh:
        return Keeper(place, uuid.uuid4())
    if request.method == "POST":
        return Keeper(place, _mark(request.POST.get("draft_form", "")), request.POST.get("draft_seen", "")[:40])
    draft = Draft.objects.filter(member=request.user.pk, kind=kind, thing_id=thing_id).first()
    return Keeper(place, uuid.uuid4(), draft.seen if draft else "", draft)


def _mark(sent: str) -> uuid.UUID:
    try:
        return uuid.UUID(sent)
    except ValueError:
        return uuid.uuid4()


def typed(kind: str, data: Mapping[str, str]) -> dict[str, str]:
    """The form's fields as they are kept. Raises ``NotKept`` where one is longer than the form takes."""
    fields = {}
    for name, field in FORMS[kind].base_fields.items():
        raw = str(data.get(name, ""))
        if isinstance(field, forms.UUIDField):
            value = str(_mark(raw)) if raw else ""
        elif isinstance(field, forms.CharField):
            value = field.to_python(raw) or ""
            if field.max_length is not None and len(value) > field.max_length:
                raise NotKept(
                    gettext("“%(value)s” is longer than %(max_length)s characters.")
                    % {"value": field.label or name.capitalize(), "max_length": field.max_length}
                )
        else:
            value = clean_line(raw)[:SHORT]
        fields[name] = value
    return fields


def _lock(member) -> None:
    """Let one at a time keep or drop drafts of this member: what is sent must not be kept a moment later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"drafts of {member.pk}"])


@transaction.atomic
def keep(member, writing: Keeper, fields: dict[str, str]) -> Draft | None:
    """Keep the words; ``None`` where there is nothing to keep. Raises ``NewerDraft`` and ``NotKept``."""
    _lock(member)
    where = {"member": member, "kind": writing.place.kind, "thing_id": writing.place.thing_id}
    stored = Draft.objects.filter(**where).first()
    if stored and stored.form != writing.form and stored.seen != writing.seen:
        raise NewerDraft(stored)
    if not _has_words(fields) or _was_sent(member, writing.place, fields):
        if stored:
            stored.delete()
        return None
    if stored is None:
        if Draft.objects.filter(member=member).count() >= MOST:
            raise NotKept(
                gettext("You have %(most)s drafts, and no more are kept. Discard some of them first.") % {"most": MOST}
            )
        return Draft.objects.create(**where, fields=fields, form=writing.form, updated_at=timezone.now())
    stored.fields, stored.form, stored.version = fields, writing.form, stored.version + 1
    stored.updated_at = timezone.now()
    stored.save(update_fields=["fields", "form", "version", "updated_at"])
    return stored


def _has_words(fields: dict[str, str]) -> bool:
    return any(fields.get(name, "").strip() for name in ("title", "body", "tags", "own_gist", "reason", "poll_options"))


def _was_sent(member, place: Place, fields: dict[str, str]) -> bool:
    """Whether these very words stand there already: a tab that keeps as its form is sent comes too late."""
    if "token" in fields:
        if not fields["token"]:
            return False
        words = [fields["title"], fields["body"]] if place.kind == "post_new" else [fields["body"]]
        what = "post" if place.kind == "post_new" else "comment"
        return masks.was_sent(member, what, sent_once(uuid.UUID(fields["token"]), *words))
    things: Any = Post.objects if place.kind == "post_edit" else Comment.objects
    now = things.select_related("text", "waiting_edit").get(pk=place.thing_id)
    newest = waiting_edits.newest_words(now)
    same = newest == "\n\n".join(filter(None, (fields.get("title", ""), fields["body"])))
    return same and str(now.version) != fields["version"]


def drop(member, writing: Keeper) -> None:
    """The words are sent: forget their draft, in the same transaction. One that another tab has kept since stays."""
    _lock(member)
    place = writing.place
    stored = Draft.objects.filter(member=member, kind=place.kind, thing_id=place.thing_id).first()
    if stored and (stored.form == writing.form or stored.seen == writing.seen):
        stored.delete()


def keep_refused(request: HttpRequest, writing: Keeper) -> None:
    """The sending was refused: keep the words, as far as they can be, in case the page with them is lost as well."""
    try:
        fields = typed(writing.place.kind, request.POST)
        limits.count(request, "draft")
        keep(request.user, writing, fields)
    except (NewerDraft, NotKept, limits.TooMany, forms.ValidationError):
        return  # the page that answers has them all the same


def keep_at_door(request: HttpRequest, route: str, caught: dict[str, Any]) -> str:
    """Keep what somebody typed who may not send it now (``moderation.doors``); gives the page with the form, or ""."""
    kind = route.removeprefix("forum:")
    if kind not in FORMS or not route.startswith("forum:"):
        return ""
    try:
        place = place_for(request.user, kind, caught.get("pk", 0))
    except (Http404, PermissionDenied):
        return ""
    keep_refused(request, keeper(request, kind, place.thing_id))
    kept = Draft.objects.filter(member=request.user.pk, kind=kind, thing_id=place.thing_id)
    return place.address if kept.exists() else ""


@transaction.atomic
def add_to(member, place: Place, words: str) -> bool:
    """Put words, in a paragraph of their own, at the end of what is kept for this place; False where they can't be."""
    _lock(member)
    stored = Draft.objects.filter(member=member, kind=place.kind, thing_id=place.thing_id).first()
    if stored is None:
        if place.kind in ("post_edit", "comment_edit"):
            return False  # an edit without its draft would be one of nothing but these words
        blank = {name: "" for name in FORMS[place.kind].base_fields}
        keep(member, Keeper(place, uuid.uuid4()), blank | {"token": str(uuid.uuid4()), "body": words})
        return True
    body = "\n\n".join(filter(None, (stored.fields.get("body", "").rstrip(), words)))
    most = FORMS[place.kind].base_fields["body"].max_length  # type: ignore[attr-defined]
    if len(body) > most:
        return False
    # As another form would: a tab that still has the words of before is told when it keeps them.
    stored.fields, stored.form, stored.version = stored.fields | {"body": f"{body}\n"}, uuid.uuid4(), stored.version + 1
    stored.updated_at = timezone.now()
    stored.save(update_fields=["fields", "form", "version", "updated_at"])
    return True


def sweep(now: datetime | None = None) -> int:
    """Forget what nobody has written on for ``KEPT``; gives how many went."""
    return Draft.objects.filter(updated_at__lt=(now or timezone.now()) - KEPT).delete()[0]


@dataclass
class Shown:
    """A draft as its member's list shows it. ``where`` is empty when the thing can't be read any more."""

    draft: Draft
    where: str
    address: str


def shown(drafts: list[Draft], user) -> list[Shown]:
    """With what each is about and the way back to it, in two queries."""
    post_ids = {draft.thing_id for draft in drafts if draft.kind in ("post_edit", "comment_new")}
    comment_ids = {draft.thing_id for draft in drafts if draft.kind in ("comment_reply", "comment_edit")}
    posts = dict(
        Post.objects.readable_by(user).filter(pk__in=post_ids, deleted_at__isnull=True).values_list("pk", "title")
    )
    comments = dict(
        Comment.objects.readable_by(user)
        .filter(pk__in=comment_ids, post__deleted_at__isnull=True)
        .values_list("pk", "post__title")
    )
    listed = []
    for draft in drafts:
        titles = posts if draft.kind in ("post_edit", "comment_new") else comments
        found = draft.kind == "post_new" or draft.thing_id in titles
        address = Place(draft.kind, draft.thing_id).address if found else ""
        listed.append(Shown(draft, titles.get(draft.thing_id, ""), address))
    return listed
