"""What moderation knows of a member."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from accounts.models import Member
from common import personal
from common.personal import LOT, Choice, Clear, Delete, Keep, Part, Work
from moderation.models import Action, Allowance, AuditEntry, Case, Report, Reputation, ReputationEntry, Trust

GONE = "a member who has left"


def allowances_of(member: Any) -> QuerySet[Allowance]:
    return Allowance.objects.filter(key__regex=rf"^[a-z_]+/\d+/m{member.pk}$")


def audited(member: Any) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(actor=member.pk)


def let_go_of_cases(member: Any, choice: Choice) -> int:
    """Cases about the member lose whom they were about, and the words too where those go.

    What was reported about the account itself is the member's in any case.
    """
    of_account = Q(content_type=ContentType.objects.get_for_model(Member))
    cases = list(Case.objects.filter(author=member.pk).order_by("pk").values_list("pk", flat=True)[:LOT])
    rows = Case.objects.filter(pk__in=cases)
    emptied = rows if choice == Choice.REMOVE else rows.filter(of_account)
    emptied.update(words="", label=GONE)
    return rows.update(author=None)


def register() -> None:
    personal.register(
        Part(
            Action, "moderator", Clear(moderator=None), "moderation", ("acted_at", "action", "role", "reason"),
            about="what you did as a moderator",
        ),
        Part(
            AuditEntry, "actor", Keep("the audit log cannot be changed; it holds numbers, no names"), "audit",
            ("logged_at", "event"), about="sign-ins and changes of your account", rows=audited,
        ),
        Part(Allowance, "key", Delete(), withheld="counts of the last day at most", rows=allowances_of),
        Part(
            Case, "author", Work(let_go_of_cases), "cases", ("opened_at", "closed_at", "kind", "state", "answer"),
            about="what others reported of yours, and what became of it",
        ),
        Part(Case, "claimed_by", Clear(claimed_by=None), withheld="cases are about others"),
        Part(Case, "closed_by", Clear(closed_by=None), withheld="cases are about others"),
        Part(
            ReputationEntry, "member", Delete(), "reputation",
            ("day", "kind", "object_id", "count", "points", "is_public"),
            about="what earned and cost you reputation",
        ),
        Part(Reputation, "member", Delete(), "reputation-sums", ("points", "public_points"), about="your reputation"),
        Part(
            Trust, "member", Delete(), "trust", ("level", "days", "last_day", "held_level", "held_at"),
            about="your trust level, and the days you were here",
        ),
        Part(Trust, "held_by", Clear(held_by=None), withheld="levels are about others"),
        Part(
            Report, "reporter", Clear(reporter=None, note=""), "reports",
            ("reported_at", "case__kind", "case__object_id", "reason", "note", "was_right"),
            about="what you reported, and whether you were right",
        ),
    )  # fmt: skip
