"""What moderation knows of a member."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import Member
from accounts.personal import forget_at_desk
from common import personal
from common.personal import CALLED, LOT, SOMEBODY, Choice, Clear, Delete, Keep, Part, Words, Work
from moderation.models import (
    Action,
    Allowance,
    Appeal,
    AppealMessage,
    AuditEntry,
    Award,
    Case,
    Checked,
    CheckStanding,
    Flag,
    Held,
    MemberNote,
    ReasonTemplate,
    Report,
    Reputation,
    ReputationEntry,
    Rule,
    RuleFiring,
    Sanction,
    Trace,
    Trust,
)

GONE = "a member who has left"


def allowances_of(member: Any) -> QuerySet[Allowance]:
    return Allowance.objects.filter(key__regex=rf"^[a-z_]+/\d+/m{member.pk}$")


def audited(member: Any) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(actor=member.pk)


def done_about(member: Any) -> QuerySet[Action]:
    return Action.objects.filter(content_type=ContentType.objects.get_for_model(Member), object_id=member.pk)


def let_go_of_cases(member: Any, choice: Choice) -> int:
    """Cases lose whom they were about, and the words where those go."""
    cases = list(Case.objects.filter(author=member.pk).order_by("pk").values_list("pk", flat=True)[:LOT])
    rows = Case.objects.filter(pk__in=cases)
    if choice == Choice.REMOVE:
        rows.update(words="", label=GONE)
    return rows.update(author=None)


def forget_words_about(model: type[Model], ids: Iterable[int]) -> None:
    """Let cases, logs and what waited hold no words of these things any more: who wrote them has left with them.

    The trigger of the moderators' log lets nobody change a line; this alone passes it, to empty the thing's name.
    """
    keys = list(ids)
    about = {"content_type": ContentType.objects.get_for_model(model), "object_id__in": keys}
    Case.objects.filter(**about).update(words="", label=GONE)
    Held.objects.filter(**about).update(said="")  # the domains in them
    with pgtrigger.ignore("moderation.Action:action_kept"):
        Action.objects.filter(**about).exclude(label=GONE).update(label=GONE)
    forget_at_desk(model, keys)


def forget_account(member: Any, choice: Choice) -> int:
    """What was reported and done about the account itself; done once, so it counts as nothing."""
    forget_words_about(Member, [member.pk])
    return 0


def flags_about(member: Any) -> QuerySet[Flag]:
    """Flags that lead to the member themself; what they wrote is the forum's."""
    me = ContentType.objects.get_for_model(Member)
    return Flag.objects.filter(Q(content_type=me, object_id=member.pk) | Q(other_type=me, other_id=member.pk))


def register() -> None:
    personal.impersonal("sentences of the site", ReasonTemplate)
    personal.impersonal("what admins look for", Rule)
    personal.impersonal("which words were checked for spam, as keyed hashes, without words and names", Checked)
    personal.impersonal("how the check for spam is", CheckStanding)
    personal.register(
        Part(
            Action, "moderator", Clear(moderator=None), "moderation", ("acted_at", "action", "role", "reason"),
            about=gettext_noop("what you did as a moderator"),
        ),
        Part(
            AuditEntry, "actor", Keep("the audit log cannot be changed; it holds numbers, no names"), "audit",
            ("logged_at", "event"), about=gettext_noop("sign-ins and changes of your account"), rows=audited,
        ),
        Part(Allowance, "key", Delete(), withheld="counts of the last day at most", rows=allowances_of),
        Part(
            Case, "author", Work(let_go_of_cases), "cases", ("opened_at", "closed_at", "kind", "state", "answer"),
            about=gettext_noop("what others reported of yours, and what became of it"),
        ),
        Part(
            Action, "object_id", Work(forget_account), withheld="what was done about an account is in the public log",
            rows=done_about,
        ),
        Part(
            Held, "author", Clear(author=None, said=""), "waited",
            ("held_at", "closed_at", "kind", "object_id", "state", "answer"),
            about=gettext_noop("what of yours waited for a moderator, and what became of it"),
        ),
        Part(RuleFiring, "author", Clear(author=None), withheld="how rules work helps who would get around them"),
        Part(Flag, "dismissed_by", Clear(dismissed_by=None), withheld="flags are about others"),
        Part(Flag, "object_id", Delete(), withheld="what was looked at twice, without a finding", rows=flags_about),
        Part(Held, "closed_by", Clear(closed_by=None), withheld="what waits is others'"),
        Part(Case, "claimed_by", Clear(claimed_by=None), withheld="cases are about others"),
        Part(Case, "closed_by", Clear(closed_by=None), withheld="cases are about others"),
        Part(
            ReputationEntry, "member", Delete(), "reputation",
            ("day", "kind", "object_id", "count", "points", "is_public"),
            about=gettext_noop("what earned and cost you reputation"),
        ),
        Part(Reputation, "member", Delete(), "reputation-sums", ("points", "public_points"),
        about=gettext_noop("your reputation")),
        Part(
            Trust, "member", Delete(), "trust", ("level", "days", "last_day", "held_level", "held_at"),
            about=gettext_noop("your trust level, and the days you were here"),
        ),
        Part(
            Sanction, "member", Delete(), "sanctions",
            ("given_at", "kinds", "until", "reason", "acknowledged_at", "lifted_at"),
            about=gettext_noop("warnings and bans that you were given"),
        ),
        Part(Sanction, "given_by", Clear(given_by=None), withheld="sanctions are about others"),
        Part(
            Appeal, "sanction__member", Delete(), "appeals", ("opened_at", "state", "closed_at"),
            about=gettext_noop("your appeals to the moderators"),
        ),
        Part(Appeal, "closed_by", Clear(closed_by=None), withheld="appeals are others'"),
        Part(
            AppealMessage, "appeal__sanction__member", Delete(), "appeal-messages",
            ("written_at", "is_by_moderator", "words"), about=gettext_noop(
                "what you and the moderators wrote "
                "about your appeals"
            ),
        ),
        Part(AppealMessage, "author", Clear(author=None), withheld="a moderator's answers are in others' appeals"),
        Part(MemberNote, "member", Delete(), withheld="what moderators note for each other, for the safety of others"),
        Part(MemberNote, "author", Clear(author=None), withheld="notes are about others"),
        Part(
            Trace, "member", Delete(), "sign-in-traces", ("kind", "hash", "seen_at"),
            about=gettext_noop("hashes of the devices and networks you signed in from, kept for 30 days"),
        ),
        Part(Trust, "held_by", Clear(held_by=None), withheld="levels are about others"),
        Part(
            Award, "member", Delete(), "badges", ("badge", "object_id", "earned_at"),
            about=gettext_noop("the badges you have earned"),
        ),
        Part(
            Report, "reporter", Clear(reporter=None, note=""), "reports",
            ("reported_at", "case__kind", "case__object_id", "reason", "note", "was_right"),
            about=gettext_noop("what you reported, and whether you were right"),
        ),
    )  # fmt: skip
    personal.register_words(
        Words(Case, ("words",), *CALLED),
        Words(AuditEntry, ("detail",), r'(\\?"object\\?": \\?"){name}(?=\\?")', f"\\1{SOMEBODY}"),
    )
