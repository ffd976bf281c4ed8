"""The weekly look at how every study stands: each source asked for its newest record of every study it may know.

A source's round goes through the studies by number, a batch at a time, and writes down how far it has come
(``StandingRound``): cut off, it goes on from there. What a source answers is imported as any record is, so a retraction
that it tells reaches every place, and one that it takes back leaves every place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from studies import fetching
from studies.importing.importing import import_records
from studies.importing.record import Refusal, StudyRecord
from studies.models import StandingRound, Study

logger = logging.getLogger(__name__)

EVERY = timedelta(days=6, hours=12)  # a round that ended longer ago is begun again
IDENTIFIERS = ("doi", "pmid", "pmcid")
Item = StudyRecord | Refusal


@dataclass(frozen=True)
class Source:
    """A source of newest records: of which studies it is asked, how many at a time, and how."""

    known: Q
    size: int
    ask: Callable[[Sequence[Study]], Iterable[Item]]


def _from_pubmed(studies: Sequence[Study]) -> Iterable[Item]:
    return fetching.fetch_pubmed([study.pmid for study in studies if study.pmid])


def _from_crossref(studies: Sequence[Study]) -> Iterable[Item]:
    return fetching.fetch_crossref([study.doi for study in studies if study.doi])


def _from_openalex(studies: Sequence[Study]) -> Iterable[Item]:
    return fetching.fetch_openalex(
        dois=[study.doi for study in studies if study.doi],
        pmids=[study.pmid for study in studies if study.pmid and not study.doi],
    )


SOURCES = {
    "pubmed": Source(Q(pmid__isnull=False), 200, _from_pubmed),
    "crossref": Source(Q(doi__isnull=False), 50, _from_crossref),
    "openalex": Source(Q(doi__isnull=False) | Q(pmid__isnull=False), 50, _from_openalex),
}


def begin(source: str, *, anew: bool = False) -> bool:
    """Begin a round of this source, if its last one ended long ago; gives whether there is anything to do now.

    One that was cut off goes on where it stopped. ``anew`` begins at the first study whatever there was.
    """
    now = timezone.now()
    row, made = StandingRound.objects.get_or_create(source=source, defaults={"started_at": now})
    if made or (row.finished_at is None and not anew):
        return True
    if not anew and row.finished_at and row.finished_at > now - EVERY:
        return False
    StandingRound.objects.filter(pk=row.pk).update(
        started_at=now, finished_at=None, last_study=0, asked=0, answered=0, updated=0, fault=""
    )
    return True


def step(source: str) -> bool:
    """Ask about the next batch of studies and take in what is answered; gives whether more are left.

    Raises what the source's door raises (``common.fetching.NotFetched``), after writing down why; the batch is asked
    about again next time.
    """
    row = StandingRound.objects.get(source=source)
    if row.finished_at is not None:
        return False
    which = SOURCES[source]
    studies = list(
        Study.objects.filter(which.known, pk__gt=row.last_study).only(*IDENTIFIERS).order_by("pk")[: which.size]
    )
    if not studies:
        StandingRound.objects.filter(pk=row.pk).update(finished_at=timezone.now(), fault="")
        return False
    try:
        answers = [item for item in which.ask(studies) if isinstance(item, StudyRecord)]
    except Exception as error:
        StandingRound.objects.filter(pk=row.pk).update(fault=str(error)[:300])
        raise
    # A source may answer with a work that nobody asked about; it is none of this round's.
    asked = {(name, value) for study in studies for name in IDENTIFIERS if (value := getattr(study, name))}
    answers = [record for record in answers if asked & set(record.identifiers.items())]
    report = import_records(answers, source)
    for refusal in report.refused:
        logger.warning("The weekly record was not taken: %s", refusal)
    # Only from where this batch began: a second worker that did the same batch moves it no further.
    StandingRound.objects.filter(pk=row.pk, last_study=row.last_study, started_at=row.started_at).update(
        last_study=studies[-1].pk,
        asked=row.asked + len(studies),
        answered=row.answered + len(answers),
        updated=row.updated + report.updated,
        fault="",
    )
    return True
