"""What the library's helpers earn: a summary they proposed that was published under their name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from moderation.reputation import Line, Source

PUBLISHED = """
    SELECT p.member_id, p.id AS object_id, (p.answered_at AT TIME ZONE 'UTC')::date AS day, 1 AS count
    FROM studies_summaryproposal p WHERE p.status = 'accepted' AND p.member_id IS NOT NULL AND p.answered_at IS NOT NULL
"""


def _proposals(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    from studies.models import SummaryProposal

    proposals = SummaryProposal.objects.filter(pk__in=ids).select_related("study").only("study__title")
    return {each.pk: Line(f"“{each.study.title}”", each.study.get_absolute_url()) for each in proposals}


SOURCES = (
    Source(
        "summary",
        gettext_noop("a summary published, of"),
        gettext_noop("summaries published, of"),
        PUBLISHED,
        _proposals,
        is_public=True,
    ),
)
