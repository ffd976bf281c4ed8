"""Hiding everything that a member wrote within some days, in one deed that one undo takes back exactly.

The deed notes what is to be done (``Sweep``); the work goes thing by thing, each in a transaction of its own: the first
few at once, the rest in a job, which may die and run again. What it hid is written down (``SweptThing``), so that the
undo shows that again and nothing else: not what was hidden before, nor what a moderator decided about since.

Their pictures of these days go too, from whatever texts, and the one beside their name. What the member wrote under
pseudonyms goes out of sight as well, or banning would have a way round it. Nothing tells which that is: no line of the
log names a thing, the preview neither shows nor counts it, and who swept is in the audit log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from accounts import avatars
from accounts.language import as_stored
from accounts.models import Member
from common import wording
from common.deferring import defer
from forum import masks
from forum.models import Comment, Picture, Post, Sweep, SweptThing
from moderation import audit, log, members, sanctions, told
from moderation.acting import CannotDo, Verb
from moderation.forms import BanForm
from moderation.models import Action, Case
from notices.telling import tell

AT_ONCE = 50  # things that are treated before the answer; a job does the rest
LOT = 200  # things that are looked up together
SWEPT = gettext_noop("A moderator has taken out of sight what you wrote since %(day)s: %(reason)s")
wording.know(SWEPT)
NAME = "hide-everything"
THINGS = ("post", "comment", "picture")


class SweepForm(BanForm):
    """What to bar them from, if from anything, and of how many days all goes out of sight."""

    since = forms.IntegerField(
        label=_("Hide what they wrote in the last … days"), min_value=1, max_value=3650,
        error_messages={"required": _("Say of how many days.")},
    )  # fmt: skip
    field_order = ("since", "kinds", "days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].required = False
        self.fields["kinds"].label = gettext("And bar them from")


# ── What it is about ─────────────────────────────────────────────────────────────────────────────


def in_sight(member: Any, since: datetime, *, masked: bool = False) -> tuple[QuerySet[Post], QuerySet[Comment]]:
    """The posts and the comments of the member since then that can be seen: under their name, or without it."""
    posts: QuerySet[Post] = Post.objects.filter(author=member.pk)
    comments: QuerySet[Comment] = Comment.objects.filter(author=member.pk)
    if masked:
        posts, comments = masks.things_of(member)
    kept: dict[str, Any] = {"posted_at__gte": since, "is_hidden": False, "deleted_at__isnull": True}
    return posts.filter(**kept), comments.filter(**kept)


def _left(sweep: Sweep) -> list[Post | Comment | Picture]:
    """The next things to hide. What was written or sent after the deed is none of it."""
    found: list[Post | Comment | Picture] = []
    for masked in (False, True):
        for things in in_sight(sweep.member, sweep.since, masked=masked):
            rows: QuerySet[Any] = things
            found += islice(rows.filter(posted_at__lte=sweep.begun_at).order_by("pk")[:LOT], LOT - len(found))
    sent = Picture.objects.filter(owner=sweep.member, uploaded_at__range=(sweep.since, sweep.begun_at))
    found += sent.filter(is_hidden=False, removed_at__isnull=True).order_by("pk")[: LOT - len(found)]
    return found


# ── The deed and its undoing ─────────────────────────────────────────────────────────────────────


@transaction.atomic
def hide_everything(
    member: Member, moderator: Member, reason: str, *, since: int, kinds: list[str], days: int
) -> Action | None:
    """Let everything of the last ``since`` days go out of sight, and bar the member where ``kinds`` says from what."""
    held = sanctions.hold(member.pk)
    if Sweep.objects.filter(member=held, state__in=(Sweep.State.HIDING, Sweep.State.SHOWING)).exists():
        raise CannotDo(gettext("What was asked for before is still being done. Try again in a minute."))
    given = sanctions.give(held, moderator, kinds, reason, days=days) if kinds else None
    begun = timezone.now()
    sweep = Sweep.objects.create(member=held, since=begun - timedelta(days=since), begun_at=begun)
    if not (given or held.avatar or _left(sweep)):
        sweep.delete()
        return None
    Sweep.objects.filter(pk=sweep.pk).update(avatar=avatars.withhold(held))
    details = {"sweep": sweep.pk, "sanctions": [given.pk] if given else []}
    line = log.record(moderator, NAME, held, reason, details=details)
    audit.write("hid everything of a member", actor=moderator, target=held, detail={"sweep": sweep.pk})
    if given:
        sanctions.tell_of(given)
    with as_stored():
        day = date_format(timezone.localtime(sweep.since), "DAY")
    tell(
        [held.pk], kind=told.KIND, key=f"sweep:{sweep.pk}", url=reverse("moderation:standing"),
        words=(SWEPT % {"day": day, "reason": reason})[:500],
    )  # fmt: skip
    _go_on(sweep)
    return line


@transaction.atomic
def take_back(member: Member, moderator: Member, reason: str, action: Action) -> Action | None:
    """Show again what the deed hid, and lift what it gave."""
    held = sanctions.hold(member.pk)
    ids = sanctions.lift(held, action.details["sanctions"])
    sweep = Sweep.objects.select_for_update().filter(pk=action.details["sweep"]).first()
    is_shown = sweep is None or sweep.state in (Sweep.State.SHOWING, Sweep.State.SHOWN)
    if is_shown and not ids:
        return None
    line = log.record(moderator, f"undo {NAME}", held, reason, undoes=action)
    sanctions.tell_of_lifting(held, ids, reason, line)
    if sweep is not None and not is_shown:
        avatars.give_back(held, sweep.avatar)
        Sweep.objects.filter(pk=sweep.pk).update(state=Sweep.State.SHOWING)
        _go_on(sweep)
    return line


def _go_on(sweep: Sweep) -> None:
    """A little of it right after this transaction, so that most deeds are done with the answer; a job does the rest."""
    defer("forum.sweep", sweep_id=sweep.pk)
    transaction.on_commit(partial(work, sweep.pk, AT_ONCE))


# ── The work ─────────────────────────────────────────────────────────────────────────────────────


def work(sweep_id: int, most: int | None = None) -> bool:
    """Do what the sweep's state asks for, to ``most`` things; gives whether all is done. It may be called again."""
    done = 0
    while most is None or done < most:
        sweep = Sweep.objects.select_related("member").filter(pk=sweep_id).first()
        if sweep is None or sweep.state in (Sweep.State.HIDDEN, Sweep.State.SHOWN):
            return True
        hides = sweep.state == Sweep.State.HIDING
        lot: list[Any] = _left(sweep) if hides else list(sweep.things.select_related(*THINGS)[:LOT])
        if not lot:
            after = Sweep.State.HIDDEN if hides else Sweep.State.SHOWN
            Sweep.objects.filter(pk=sweep_id, state=sweep.state).update(state=after)
            continue
        for each in lot[: None if most is None else most - done]:
            if not (_hide if hides else _show)(sweep_id, each):
                break
            done += 1
    return False


@transaction.atomic
def _hide(sweep_id: int, thing: Post | Comment | Picture) -> bool:
    """Hide one thing and write it down; False where the deed was taken back meanwhile."""
    if Sweep.objects.select_for_update().get(pk=sweep_id).state != Sweep.State.HIDING:
        return False
    if thing._change(is_hidden=True):
        SweptThing.objects.create(sweep_id=sweep_id, **{str(thing._meta.model_name): thing})
    return True


@transaction.atomic
def _show(sweep_id: int, swept: SweptThing) -> bool:
    """Show one thing again, unless a moderator has decided about it since; and forget that it was swept."""
    Sweep.objects.select_for_update().get(pk=sweep_id)
    if not SweptThing.objects.filter(pk=swept.pk).exists():
        return True
    thing: Any = next(filter(None, (getattr(swept, kind) for kind in THINGS)))
    if not _decided_since(thing, swept.swept_at):
        thing._change(is_hidden=False)
    SweptThing.objects.filter(pk=swept.pk).delete()
    return True


def _decided_since(thing: Post | Comment | Picture, moment: datetime) -> bool:
    about = {"content_type": ContentType.objects.get_for_model(thing), "object_id": thing.pk}
    hidden = Action.objects.filter(**about, action__in=("hide", "merge", "split"), acted_at__gt=moment)
    upheld = Case.objects.filter(**about, state=Case.State.UPHELD, closed_at__gt=moment)
    return hidden.exists() or upheld.exists()


def _as_suggested(member: Any) -> dict[str, Any]:
    return {"since": 7, **members.ban_as_suggested(member)}


HIDE_EVERYTHING = Verb(
    NAME, gettext_noop("Ban, and hide everything"), hide_everything, take_back, SweepForm, initial=_as_suggested,
    help=gettext_noop(
        "Their pictures, also the one beside their name, and what they wrote without their name, go out of sight too. "
        "One undo shows again exactly what this hid."
    ),
)  # fmt: skip
