"""What reports earn and cost: a report that was right, and words of one's own that a moderator acted on.

Both stay between the member and the moderators: the public number tells nobody who reported what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, gettext_noop

from moderation import reputation, trust
from moderation.models import Case, Report
from moderation.reputation import Line, Source

RIGHT = """
    SELECT r.reporter_id AS member_id, r.id AS object_id, (c.closed_at AT TIME ZONE 'UTC')::date AS day, 1 AS count
    FROM moderation_report r JOIN moderation_case c ON c.id = r.case_id
    WHERE r.was_right AND r.reporter_id IS NOT NULL AND c.closed_at IS NOT NULL
"""
AGAINST = """
    SELECT c.author_id AS member_id, c.id AS object_id, (c.closed_at AT TIME ZONE 'UTC')::date AS day, 1 AS count
    FROM moderation_case c WHERE c.state = 'upheld' AND c.author_id IS NOT NULL AND c.closed_at IS NOT NULL
"""


def _reports(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    reports = Report.objects.filter(pk__in=ids).select_related("case").only("case__kind", "case__label")
    return {
        each.pk: Line(gettext("the %(kind)s “%(label)s”") % {"kind": gettext(each.case.kind), "label": each.case.label})
        for each in reports
    }


def _cases(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    cases = Case.objects.filter(pk__in=ids).only("kind", "label")
    return {
        case.pk: Line(gettext("your %(kind)s “%(label)s”") % {"kind": gettext(case.kind), "label": case.label})
        for case in cases
    }


SOURCES = (
    Source(
        "report",
        gettext_noop("a report that was right, about"),
        gettext_noop("reports that were right, about"),
        RIGHT,
        _reports,
    ),
    Source("against", gettext_noop("a moderator acted on"), gettext_noop("moderators acted on"), AGAINST, _cases),
)


def hold_all_of(case: Case) -> None:
    """Hold the ledgers of all whom a decision about this case moves, before anything of theirs is touched."""
    reputation.hold(case.author_id, *_reporters(case))


def of_case(case: Case) -> None:
    """The case was decided, or its decision taken back. Their ledgers are held."""
    for member in _reporters(case):
        reputation.settle("report", member, case.reports.filter(reporter=member).values_list("pk", flat=True))
    reputation.settle("against", case.author_id, [case.pk])
    if case.author_id is not None:
        trust.compute([case.author_id])


def _reporters(case: Case) -> list[int]:
    reporters = case.reports.exclude(reporter=None).order_by("reporter")
    return list(reporters.values_list("reporter_id", flat=True))
