"""The librarians' desk: what waits for them, queue by queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_noop

from common.counting import CappedCount, capped_count
from studies.models import (
    Correction,
    ErrorReport,
    ImportRun,
    MentionedWork,
    MergeProposal,
    StudySuggestion,
    Summary,
    SummaryProposal,
)


@dataclass(frozen=True)
class Queue:
    """One kind of work. ``waiting`` counts what nobody has looked at, capped; None where nothing ever waits.

    ``address`` is the name of the page's route, ``words`` a sentence that says what is done there.
    """

    title: str
    address: str
    words: str
    waiting: Callable[[], CappedCount] | None = None


def _imports_to_review() -> CappedCount:
    return capped_count(ImportRun.objects.filter(state=ImportRun.State.REVIEW))


# In the order of the desk. A new kind of work adds its line here.
QUEUES: tuple[Queue, ...] = (
    Queue(
        gettext_noop("Studies that may be one"),
        "studies:merges",
        gettext_noop("Pairs that are likely the same work: merge them, or keep them apart."),
        lambda: capped_count(MergeProposal.objects.filter(state=MergeProposal.State.OPEN)),
    ),
    Queue(
        gettext_noop("Imports"),
        "studies:imports",
        gettext_noop(
            "Bring studies in from a file or by their identifiers, see what would become of them, and what did."
        ),
        _imports_to_review,
    ),
    Queue(
        gettext_noop("Wanted studies"),
        "studies:wanted",
        gettext_noop("Works that posts mention and the library does not have: fetch the ones most asked for."),
        lambda: capped_count(MentionedWork.objects.wanted()),
    ),
    Queue(
        gettext_noop("Standing"),
        "studies:standing",
        gettext_noop(
            "Which studies were retracted, questioned, corrected or cleared of late, and when the sources were asked."
        ),
    ),
)


def _count(model: type[models.Model], **fields: object) -> Callable[[], CappedCount]:
    return lambda: capped_count(model._default_manager.filter(**fields))


# What members ask of the librarians.
QUEUES += (
    Queue(
        gettext_noop("Errors"),
        "studies:error_reports",
        gettext_noop("What members say is wrong with a study."),
        _count(ErrorReport, status="waiting"),
    ),
    Queue(
        gettext_noop("Proposed summaries"),
        "studies:summary_proposals",
        gettext_noop("Summaries that members wrote: publish, change or decline."),
        _count(SummaryProposal, status="waiting"),
    ),
    Queue(
        gettext_noop("Summaries to review"),
        "studies:summaries_to_review",
        gettext_noop("Texts that nobody has checked against the study yet."),
        _count(Summary, reviewed_on__isnull=True),
    ),
    Queue(
        gettext_noop("Studies asked for"),
        "studies:suggestions",
        gettext_noop("Studies that members want in the library, by identifier."),
        _count(StudySuggestion, status="waiting"),
    ),
    Queue(
        gettext_noop("Corrections"),
        "studies:corrections",
        gettext_noop("Other values for fields of a study, with where one can see it."),
        _count(Correction, status="waiting"),
    ),
)
