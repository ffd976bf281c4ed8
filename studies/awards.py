"""Badges for helping the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from moderation.badges import Badge
from moderation.reputation import Line

SUGGESTED = """
    SELECT DISTINCT ON (a.member_id) a.member_id, s.study_id AS object_id, s.answered_at AS earned_at
    FROM studies_studyask a JOIN studies_studysuggestion s ON s.id = a.suggestion_id
    WHERE a.member_id IS NOT NULL AND s.status = 'arrived' AND s.study_id IS NOT NULL AND s.answered_at IS NOT NULL
    ORDER BY a.member_id, s.answered_at, s.id
"""
SUMMARISED = """
    SELECT DISTINCT ON (p.member_id) p.member_id, p.study_id AS object_id, p.answered_at AS earned_at
    FROM studies_summaryproposal p WHERE p.status = 'accepted' AND p.member_id IS NOT NULL AND p.answered_at IS NOT NULL
    ORDER BY p.member_id, p.answered_at, p.id
"""


def _studies(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    from studies.models import Study

    studies = Study.objects.filter(pk__in=ids).only("title")
    return {study.pk: Line(f"“{study.title}”", study.get_absolute_url()) for study in studies}


BADGES = (
    Badge(
        "first-study",
        gettext_noop("First study"),
        gettext_noop("a study suggested that is in the library now"),
        SUGGESTED,
        _studies,
    ),
    Badge(
        "first-summary",
        gettext_noop("First summary"),
        gettext_noop("a summary written that was published"),
        SUMMARISED,
        _studies,
    ),
)
