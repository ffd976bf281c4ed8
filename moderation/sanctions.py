"""Warnings and bans: given, lifted, and the one answer to what a member may do now.

A sanction ends by its own date; nothing runs to end it. ``Member.sanctioned_until`` says up to when there is anything
to ask for, so that whoever is under no sanction costs nothing (``bars``). What each address asks for is in
``moderation.doors``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from accounts import mail
from accounts.language import as_stored, spoken_to
from accounts.models import Member
from accounts.personal import end_sessions
from common import wording
from common.recount import Counter
from moderation import reputation, told, trust
from moderation.acting import CannotDo
from moderation.models import Action, Sanction
from moderation.models.sanction import FOR_GOOD, Kind
from moderation.reputation import Line, Source
from notices.telling import tell

SAME = timedelta(hours=1)  # two bans of the same kinds that end this close together are one: two pressed at once

CANNOT = {
    Kind.SIGN_IN: "sign in",
    Kind.WRITE: gettext_noop("post, comment or change what you wrote"),
    Kind.VOTE: gettext_noop("vote or react"),
    Kind.REPORT: gettext_noop("send reports or suggestions"),
}


# ── What holds now ───────────────────────────────────────────────────────────────────────────────


def standing(member: Any) -> tuple[Sanction, ...]:
    """The sanctions that hold against this member now, the newest first; asked of the database once for each object,
    and only for who has any."""
    until = getattr(member, "sanctioned_until", None)
    if until is None or until <= timezone.now():
        return ()
    if not hasattr(member, "_sanctions"):
        member._sanctions = tuple(Sanction.objects.filter(member=member.pk).standing())
    return tuple(each for each in member._sanctions if each.is_standing)


def bars(member: Any) -> frozenset[str]:
    """What this member may not do now: kinds of ``BANS``, and ``WARNING`` where one waits to be read."""
    return frozenset(kind for sanction in standing(member) for kind in sanction.kinds)


def that_bars(member: Any, kind: str) -> Sanction | None:
    """The sanction that keeps the member from this the longest, or the first warning that waits to be read."""
    found = [sanction for sanction in reversed(standing(member)) if kind in sanction.kinds]
    return max(found, key=lambda each: each.until or FOR_GOOD, default=None)


def page_for_barred(member: Any) -> str:
    """Where a member who may not sign in reads why; "" for who may."""
    sanction = that_bars(member, Kind.SIGN_IN)
    return sanction.path if sanction else ""


WARNED = gettext_noop("A moderator has warned you: %(reason)s")
BARRED = gettext_noop("You can't %(what)s here %(until)s. The reason: %(reason)s")
LIFTED = gettext_noop("A moderator has taken back a decision about your account: %(reason)s")
wording.know(WARNED, BARRED, LIFTED, gettext_noop("until %(moment)s"))


def until_in_words(sanction: Sanction) -> str:
    """ "until 3 December 2026, 12:00", or "for good"."""
    if sanction.until is None:
        return gettext("for good")
    return gettext("until %(moment)s") % {"moment": date_format(timezone.localtime(sanction.until), "DAY_AND_TIME")}


def sentence(sanction: Sanction, kind: str | None = None) -> str:
    """What the sanction keeps the member from, up to when, and why."""
    if sanction.is_warning:
        return gettext(WARNED) % {"reason": sanction.reason}
    kinds = [kind] if kind else sanction.kinds
    what = gettext(", nor ").join(gettext(CANNOT[Kind(each)]) for each in kinds)
    return gettext(BARRED) % {"what": what, "until": until_in_words(sanction), "reason": sanction.reason}


# ── Giving and taking back ───────────────────────────────────────────────────────────────────────


def hold(member: int) -> Member:
    """The member, locked after their ledger: whoever else decides about them at this moment waits."""
    reputation.hold(member)
    return Member.objects.select_for_update(no_key=True).get(pk=member)


def _changed(member: Member, sanctions: Iterable[int]) -> None:
    """Keep what follows from a member's sanctions true: the column, the ledger, the trust."""
    COUNTER.mend_rows([member.pk])
    reputation.settle("sanction", member.pk, sanctions)
    trust.compute([member.pk])


@transaction.atomic
def give(member: Member, moderator: Member, kinds: Sequence[str], reason: str, *, days: int = 0) -> Sanction | None:
    """Let the member be barred from these kinds for so many days, or for good (0); or warn them.

    None where they are so already. Raises ``CannotDo`` for who serves here: an admin takes the powers back first.
    """
    held = hold(member.pk)
    if held.pk == moderator.pk:
        raise CannotDo("Nobody decides about themselves.")
    if (held.is_staff or held.is_superuser) and not moderator.is_superuser:
        raise CannotDo(f"{held} serves here: an admin takes the powers back first.")
    until = timezone.now() + timedelta(days=days) if days else None
    ordered = [kind for kind in Kind.values if kind in kinds]
    if _is_so(held, ordered, until):
        return None
    given = Sanction.objects.create(member=held, kinds=ordered, until=until, reason=reason[:500], given_by=moderator)
    _changed(held, [given.pk])
    if Kind.SIGN_IN in ordered:
        while end_sessions(held):
            pass
    return given


def _is_so(member: Member, kinds: list[str], until: datetime | None) -> bool:
    for each in Sanction.objects.filter(member=member).standing():
        if Kind.WARNING in kinds and each.is_warning:
            raise CannotDo(f"A warning waits for {member} to read it already.")
        if set(kinds) <= set(each.kinds) and abs((each.until or FOR_GOOD) - (until or FOR_GOOD)) < SAME:
            return True
    return False


def tell_of(sanction: Sanction) -> None:
    """The member hears of it here, and of a ban by mail as well: whoever can't sign in reads nothing here."""
    member = sanction.member
    with as_stored():
        words = sentence(sanction)[:500]
    tell([member.pk], kind=told.KIND, key=f"sanction:{sanction.pk}", words=words, url=reverse("moderation:standing"))
    if not sanction.is_warning:
        with spoken_to(member):
            said = sentence(sanction)
        mail.send(
            member, "sanction", gettext_noop("A moderator's decision about your account"), said=said, sanction=sanction
        )


@transaction.atomic
def lift(member: Member, sanctions: Iterable[int]) -> list[int]:
    """End these sanctions of the member that hold still; gives which. They count for nothing afterwards."""
    held = hold(member.pk)
    found = Sanction.objects.filter(member=held, pk__in=list(sanctions), lifted_at__isnull=True)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    if ids:
        Sanction.objects.filter(pk__in=ids).update(lifted_at=timezone.now())
        _changed(held, ids)
    return ids


@transaction.atomic
def restore(member: Member, sanctions: Iterable[int]) -> list[int]:
    """Take a lifting back; gives which hold again."""
    held = hold(member.pk)
    found = Sanction.objects.filter(member=held, pk__in=list(sanctions), lifted_at__isnull=False)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    if ids:
        Sanction.objects.filter(pk__in=ids).update(lifted_at=None)
        _changed(held, ids)
        if Sanction.objects.filter(pk__in=ids, kinds__contains=[Kind.SIGN_IN]).standing().exists():
            while end_sessions(held):
                pass
    return ids


def tell_of_lifting(member: Member, ids: Iterable[int], reason: str, action: Action) -> None:
    words = LIFTED % {"reason": reason}
    tell([member.pk], kind=told.KIND, key=f"lifted:{action.pk}", words=words[:500], url=reverse("moderation:standing"))
    barred = Sanction.objects.filter(pk__in=list(ids)).exclude(kinds__contains=[Kind.WARNING])
    if barred.exists():
        mail.send(member, "sanction_lifted", gettext_noop("You can take part again"), reason=reason)


@transaction.atomic
def acknowledge(sanction: Sanction) -> None:
    """The member has read the warning. Saying so twice is saying it once."""
    held = Member.objects.select_for_update(no_key=True).get(pk=sanction.member_id)
    there = Sanction.objects.filter(pk=sanction.pk, acknowledged_at__isnull=True, kinds__contains=[Kind.WARNING])
    if there.update(acknowledged_at=timezone.now()):
        COUNTER.mend_rows([held.pk])


# ── The next step ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Step:
    """What is suggested next: kinds, for so many days (0 is for good)."""

    number: int
    kinds: tuple[str, ...]
    days: int

    @property
    def is_warning(self) -> bool:
        return Kind.WARNING in self.kinds

    def __str__(self) -> str:
        if self.is_warning:
            return "a warning"
        what = ", ".join(Kind(kind).label.lower() for kind in self.kinds)
        length = "for good" if not self.days else "for a day" if self.days == 1 else f"for {self.days} days"
        return f"a ban from {what}, {length}"


def steps() -> tuple[Step, ...]:
    return tuple(
        Step(number, tuple(kinds.split()), days) for number, (kinds, days) in enumerate(settings.SANCTION_STEPS)
    )


def next_step(member: Any) -> Step:
    """The step after those of the last ``settings.SANCTION_MEMORY_DAYS`` days that were not taken back."""
    since = timezone.now() - timedelta(days=settings.SANCTION_MEMORY_DAYS)
    earlier = Sanction.objects.filter(member=member.pk, given_at__gt=since, lifted_at__isnull=True).count()
    table = steps()
    return table[min(earlier, len(table) - 1)]


# ── What it costs, and what is stored of it ──────────────────────────────────────────────────────

COUNTER = Counter(
    "accounts_member",
    "sanctioned_until",
    f"(SELECT max(coalesce(s.until, '{FOR_GOOD.isoformat()}'::timestamptz)) FROM moderation_sanction s"  # noqa: S608
    " WHERE s.member_id = t.id AND s.lifted_at IS NULL AND s.acknowledged_at IS NULL)",
)
FACTS = """
    SELECT s.member_id, s.id AS object_id, (s.given_at AT TIME ZONE 'UTC')::date AS day, 1 AS count
    FROM moderation_sanction s WHERE s.lifted_at IS NULL
"""


def _lines(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    found = Sanction.objects.filter(pk__in=ids)
    return {each.pk: Line(f"{each.title.lower()}: {each.reason}"[:200]) for each in found}


SOURCE = Source(
    "sanction",
    gettext_noop("a decision of the moderators,"),
    gettext_noop("decisions of the moderators,"),
    FACTS,
    _lines,
)
