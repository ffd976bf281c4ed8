"""What moderators can do to members: the table of verbs, and what their page shows beside them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.models import Member
from moderation import linking, log, sanctions
from moderation.acting import Moderable, Verb
from moderation.forms import BanForm, NoteForm
from moderation.models import Action, Case
from moderation.models.sanction import Kind

SHOWN = 20  # sanctions, notes and cases on the page


@transaction.atomic
def _warn(member: Member, moderator: Member, reason: str) -> Action | None:
    return _give("warn", member, moderator, [Kind.WARNING], reason, 0)


@transaction.atomic
def _ban(member: Member, moderator: Member, reason: str, *, kinds: list[str], days: int) -> Action | None:
    return _give("ban", member, moderator, kinds, reason, days)


def _give(action: str, member: Member, moderator: Member, kinds: list[str], reason: str, days: int) -> Action | None:
    given = sanctions.give(member, moderator, kinds, reason, days=days)
    if given is None:
        return None
    line = log.record(moderator, action, member, reason, details={"sanctions": [given.pk]})
    sanctions.tell_of(given)
    return line


@transaction.atomic
def _lift(member: Member, moderator: Member, reason: str) -> Action | None:
    ids = sanctions.lift(member, [each.pk for each in sanctions.standing(Member.objects.get(pk=member.pk))])
    return _lifted("lift", member, moderator, reason, ids)


@transaction.atomic
def _take_back(member: Member, moderator: Member, reason: str, action: Action) -> Action | None:
    ids = sanctions.lift(member, action.details["sanctions"])
    return _lifted(f"undo {action.action}", member, moderator, reason, ids, undoes=action)


def _lifted(
    said: str, member: Member, moderator: Member, reason: str, ids: list[int], undoes: Action | None = None
) -> Action | None:
    if not ids:
        return None
    line = log.record(moderator, said, member, reason, details={"sanctions": ids}, undoes=undoes)
    sanctions.tell_of_lifting(member, ids, reason, line)
    return line


@transaction.atomic
def _lay_again(member: Member, moderator: Member, reason: str, action: Action) -> Action | None:
    if not (ids := sanctions.restore(member, action.details["sanctions"])):
        return None
    line = log.record(moderator, "undo lift", member, reason, details={"sanctions": ids}, undoes=action)
    for each in member.sanctions.filter(pk__in=ids).standing():
        sanctions.tell_of(each)
    return line


def ban_as_suggested(member: Any) -> dict[str, Any]:
    step = sanctions.next_step(member)
    return {} if step.is_warning else {"kinds": list(step.kinds), "days": str(step.days)}


def _may(user: Any, member: Any) -> bool:
    """Moderators, but nobody about themselves; about who serves here, admins."""
    if not user.is_moderator or user.pk == member.pk:
        return False
    return user.is_superuser or not (member.is_staff or member.is_superuser)


def beside(user: Any, member: Any) -> dict[str, Any]:
    """What a moderator reads before deciding."""
    return {
        "sanctions": member.sanctions.select_related("given_by")[:SHOWN],
        "next_step": sanctions.next_step(member),
        "notes": member.moderators_notes.select_related("author")[:SHOWN],
        "note_form": NoteForm(),
        "linked": linking.linked_to(member),
        "trace_days": settings.TRACE_DAYS,
        "cases": Case.objects.filter(author=member.pk).order_by("-pk")[:SHOWN],
    }


MEMBERS = Moderable(
    kind="member",
    name="member",
    model=Member,
    rows=lambda: Member.objects.all(),
    may=_may,
    refusal=gettext_noop(
        "Only moderators decide about members, nobody about "
        "themselves, and admins about who serves here."
    ),
    beside=beside,
    beside_template="moderation/_member.html",
    verbs=(
        Verb("warn", gettext_noop("Warn"), _warn, _take_back,
             help=gettext_noop(
                 "They read everything, but before they write again "
                 "they have to say that they read it."
             )),
        Verb("ban", gettext_noop("Ban"), _ban, _take_back, BanForm, initial=ban_as_suggested,
             help=gettext_noop("It ends by itself. Barred from signing in, they are signed out everywhere at once.")),
        Verb("lift", gettext_noop("Lift all that stands"), _lift, _lay_again,
             offered=lambda member: bool(sanctions.standing(Member.objects.get(pk=member.pk)))),
    ),
)  # fmt: skip
