"""Reporting things, and deciding about what was reported.

Upper floors say what can be reported (``register``, in their app's ``ready``); nothing here knows what those things
are. A report counts for as much as its reporter was right before. When several members of some standing report one
thing it goes out of sight until a moderator has looked; nothing else happens by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import Member
from common import wording
from common.text import shortened
from moderation import earning, lens, log
from moderation.models import Case, Report
from notices.telling import tell

KIND = "moderation"  # of notifications
# What reporters fear counts as if the words said it: it stands above whatever else waits.
URGENT: dict[str, float] = {Report.Reason.SELF_HARM: 100.0, Report.Reason.HARM: lens.MOST_OF_DOSES}
LABEL_LIMIT, WORDS_LIMIT = 300, 20_000  # characters


class Closed(Exception):
    """Somebody else has decided this case in the meantime."""


@dataclass(frozen=True)
class Reportable:
    """A kind of thing that can be reported.

    ``visible_to`` gives what a member may see of it (and so report); ``author`` and ``words`` read one thing. A thing
    with ``can_hide`` has ``is_hidden`` and the verbs ``hide(moderator, reason)`` and ``unhide(moderator, reason)``;
    ``hides`` is what the button says.
    ``author`` is for every moderator to read, and None for what stands under a pseudonym; ``owner_of`` gives the id of
    who wrote it all the same.
    """

    kind: str
    name: str
    model: type[models.Model]
    visible_to: Callable[[Member], QuerySet[Any]]
    author: Callable[[Any], Member | None]
    words: Callable[[Any], str]
    can_hide: bool = True
    hides: str = "Take it out of sight"
    owner_of: Callable[[Any], int | None] | None = None

    def is_by(self, thing: Any, member: Member) -> bool:
        """Whether this member made it, whatever name it stands under."""
        return self.owner_id(thing) == member.pk

    def owner_id(self, thing: Any) -> int | None:
        """The id of the member who made it, to tell them or to keep them from deciding about themselves."""
        if self.owner_of:
            return self.owner_of(thing)
        author = self.author(thing)
        return author.pk if author else None


reportables: dict[str, Reportable] = {}


def register(*kinds: Reportable) -> None:
    reportables.update({each.kind: each for each in kinds})


@transaction.atomic
def report(thing: models.Model, kind: str, reporter: Member, reason: str, note: str = "") -> Report:
    """Let ``reporter`` report ``thing``. Reporting it again while the case waits changes the reason and the note."""
    facts = reportables[kind]
    where = {"content_type": ContentType.objects.get_for_model(thing), "object_id": thing.pk}
    Case.objects.bulk_create(
        [
            Case(
                **where, kind=kind, label=shortened(str(thing), LABEL_LIMIT), author=facts.author(thing),
                words=shortened(facts.words(thing), WORDS_LIMIT), concern=lens.look(facts.words(thing)).score,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    case = Case.objects.select_for_update().get(**where, state__in=Case.WAITING)
    given, _ = Report.objects.update_or_create(
        case=case, reporter=reporter, defaults={"reason": reason, "note": note, "weight": weight_of(reporter)}
    )
    sums = case.reports.aggregate(weight=Sum("weight"), count=Count("pk"))
    case.weight, case.report_count = sums["weight"], sums["count"]
    case.concern = max(case.concern, URGENT.get(reason, 0.0))
    if _hides_now(case, facts, thing):
        case.was_hidden_by_reports = True
        thing.hide(None, "Reported by several members; a moderator will look.")  # type: ignore[attr-defined]
    case.save(update_fields=["weight", "report_count", "concern", "was_hidden_by_reports"])
    return given


def _hides_now(case: Case, facts: Reportable, thing: Any) -> bool:
    return (
        facts.can_hide
        and not case.was_hidden_by_reports
        and case.report_count >= settings.REPORTS_THAT_HIDE
        and case.weight >= settings.REPORT_WEIGHT_THAT_HIDES
        and not thing.is_hidden
        # What a moderator has already found within the rules is not hidden by members again.
        and not Case.objects.filter(
            content_type=case.content_type, object_id=case.object_id, state=Case.State.REJECTED
        ).exists()
    )


def weight_of(reporter: Member) -> float:
    """How much a report of this member counts: the share of their decided reports that were right.

    (right + 1) / (decided + 2), Laplace's rule of succession: 0.5 for whoever has never reported anything.
    """
    record = Report.objects.filter(reporter=reporter, was_right__isnull=False).aggregate(
        decided=Count("pk"), right=Count("pk", filter=Q(was_right=True))
    )
    return (record["right"] + 1) / (record["decided"] + 2)


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────


def _waiting(case: Case) -> Case:
    """The case, locked for this transaction. Raises ``Closed``."""
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not locked.is_waiting:
        raise Closed
    return locked


@transaction.atomic
def claim(case: Case, moderator: Member) -> None:
    """Say that this moderator looks at it, so that two do not do the same work. Claiming another's takes it over."""
    locked = _waiting(case)
    locked.claimed_by = moderator
    if locked.state == Case.State.OPEN:
        locked.state = Case.State.CLAIMED
    locked.save(update_fields=["claimed_by", "state"])


@transaction.atomic
def escalate(case: Case, moderator: Member, reason: str) -> None:
    """Hand it to the admins."""
    locked = _waiting(case)
    locked.state, locked.claimed_by = Case.State.ESCALATED, None
    locked.save(update_fields=["state", "claimed_by"])
    log.record(moderator, "escalate", locked, reason)


@transaction.atomic
def uphold(case: Case, moderator: Member, reason: str, *, hide: bool = True) -> None:
    """The reports were right: take the thing out of sight (where ``hide`` and it can be), and tell the reporters."""
    locked = _waiting(case)
    earning.hold_all_of(locked)
    thing = locked.thing
    if hide and reportables[locked.kind].can_hide and thing and not thing.is_hidden:
        thing.hide(moderator, reason)
        locked.was_hidden_by_decision = True
    _close(locked, Case.State.UPHELD, moderator, reason, was_right=True)


@transaction.atomic
def reject(case: Case, moderator: Member, reason: str) -> None:
    """The thing is within the rules: show it again if the reports had hidden it, and tell the reporters."""
    locked = _waiting(case)
    earning.hold_all_of(locked)
    if locked.was_hidden_by_reports and locked.thing:
        locked.thing.unhide(moderator, reason)
    _close(locked, Case.State.REJECTED, moderator, reason, was_right=False)


PAGES = (  # of what is reported, by its name
    gettext_noop("Report this post"), gettext_noop("Report this comment"), gettext_noop("Report this picture"),
    gettext_noop("Report this summary"), gettext_noop("Report this member"),
)  # fmt: skip
ACTED = gettext_noop("A moderator has acted on what you reported (%(what)s “%(label)s”): %(reason)s")
LEFT = gettext_noop(
    "A moderator has looked at, and left in place, what you reported (%(what)s “%(label)s”): %(reason)s"
)
wording.know(ACTED, LEFT)


def _close(case: Case, state: Case.State, moderator: Member, reason: str, *, was_right: bool) -> None:
    case.state, case.closed_by, case.closed_at, case.answer = state, moderator, timezone.now(), reason[:500]
    case.save(update_fields=["state", "closed_by", "closed_at", "answer", "was_hidden_by_decision"])
    case.reports.update(was_right=was_right)
    earning.of_case(case)
    log.record(moderator, "uphold reports" if was_right else "reject reports", case, reason)
    said = ACTED if was_right else LEFT
    tell(
        case.reports.exclude(reporter=None).values_list("reporter_id", flat=True),
        kind=KIND,
        key=f"case {case.pk}",
        words=said % {"what": reportables[case.kind].name, "label": shortened(case.label, 80), "reason": reason},
        url="/notifications/",
    )


@transaction.atomic
def reopen(case: Case, moderator: Member, reason: str) -> None:
    """Take a decision back: the case waits again, and what the decision did to the thing is undone.

    Raises ``Closed`` where it waits already, or another case about the same thing does.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    again = Case.objects.filter(
        content_type=locked.content_type, object_id=locked.object_id, state__in=Case.WAITING
    ).exists()
    if again:
        raise Closed
    earning.hold_all_of(locked)
    thing = locked.thing
    if thing and reportables[locked.kind].can_hide:
        if locked.was_hidden_by_decision:
            thing.unhide(moderator, reason)
        elif locked.state == Case.State.REJECTED and locked.was_hidden_by_reports:
            thing.hide(moderator, reason)
    locked.state, locked.closed_by, locked.closed_at, locked.claimed_by = Case.State.OPEN, None, None, None
    locked.was_hidden_by_decision = False
    locked.save(update_fields=["state", "closed_by", "closed_at", "claimed_by", "was_hidden_by_decision"])
    locked.reports.update(was_right=None)
    earning.of_case(locked)
    log.record(moderator, "reopen", locked, reason)
