"""What the library holds, described so that a work can be known again: the database's side of ``identity``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from django.db import connection

from common.bulk import copy_rows
from studies.importing.identity import (
    LIKELY,
    START_LIMIT,
    Described,
    Verdict,
    author_name,
    compare,
    described,
    first_page,
    folded,
    sort_of,
    title_key,
)
from studies.importing.record import JournalFacts, StudyRecord
from studies.importing.sources import sources_of
from studies.models import Authorship, Journal, MergeProposal, Study, TitleKey

Key = tuple[str, int | None, str]  # title, year, first author

PAIRS_OF_ONE = 20  # likely pairs that one title may bring: more share a start than anybody would look through

# Pairs of studies that may be one work: of the same title, or of the same first author and a title that starts alike.
PAIRS = """
SELECT DISTINCT LEAST(key.study_id, pair.study_id), GREATEST(key.study_id, pair.study_id)
FROM studies_titlekey key CROSS JOIN LATERAL (
    (SELECT same.study_id FROM studies_titlekey same
     WHERE same.title = key.title AND same.study_id <> key.study_id LIMIT %(most)s)
    UNION
    (SELECT alike.study_id FROM studies_titlekey alike
     WHERE alike.start = key.start AND alike.author = key.author AND key.author <> ''
       AND alike.study_id <> key.study_id LIMIT %(most)s)
) pair
WHERE key.study_id = ANY(%(ids)s)
"""


def keys_of(records: Iterable[StudyRecord]) -> set[Key]:
    """The keys by which these records' work is known again; none for titles that tell nothing."""
    return {(work.title, work.year, work.author) for work in map(described, records) if work.title}


def write_keys(wanted: Mapping[int, set[Key]], known: Collection[int] | None = None) -> set[int]:
    """Let these studies have exactly these keys; gives the ids of those that got a new one.

    ``known`` are those that may have keys already; all of them unless told.
    """
    before: dict[int, dict[Key, int]] = defaultdict(dict)
    names = ("pk", "study_id", "title", "year", "author")
    if known is None or known:
        stored = TitleKey.objects.filter(study__in=wanted if known is None else known)
        for pk, study, title, year, author in stored.values_list(*names):
            before[study][title, year, author] = pk
    gone = [row for study, keys in before.items() for key, row in keys.items() if key not in wanted[study]]
    new = [(study, key) for study, keys in wanted.items() for key in keys if key not in before.get(study, ())]
    if gone:
        TitleKey.objects.filter(pk__in=gone).delete()
    copy_rows(
        TitleKey,
        ("study", "title", "start", "year", "author"),
        ((study, title, title[:START_LIMIT], year, author) for study, (title, year, author) in new),
    )
    return {study for study, _ in new}


def descriptions_of(studies: Collection[int]) -> dict[int, list[Described]]:
    """Each study as its sources put it: one description for each of its keys."""
    found: dict[int, list[Described]] = defaultdict(list)
    facts: dict[int, Described] = {}
    for study in Study.objects.filter(pk__in=studies).select_related("journal"):
        facts[study.pk] = describe_study(study)
    for key in TitleKey.objects.filter(study__in=facts):
        found[key.study_id].append(replace(facts[key.study_id], title=key.title, year=key.year, author=key.author))
    return found


def describe_study(study: Study) -> Described:
    """What the study itself says, but for title and first author."""
    journal = study.journal
    return Described(
        title="",
        year=study.published_year,
        journals=(journal_facts(journal),) if journal else (),
        volume=folded(study.volume) if study.volume else "",
        first_page=first_page(study.pages),
        sort=sort_of(study.title, study.publication_types),
        identifiers={name: value for name in ("doi", "pmid", "pmcid") if (value := getattr(study, name))},
    )


def journal_facts(journal: Journal) -> JournalFacts:
    return JournalFacts(journal.title, journal.abbreviation, tuple(journal.issns), journal.nlm_id)


def best_verdict(some: Iterable[Described], others: Collection[Described]) -> Verdict | None:
    """The verdict on the two descriptions that fit best; None where there are none."""
    verdicts = [compare(one, other) for one in some for other in others]
    return max(verdicts, key=lambda verdict: (verdict.certain, verdict.score), default=None)


def is_likely(one: Described, other: Described, verdict: Verdict) -> bool:
    """Whether somebody should look at the two: titles alike, and neither year nor first author speaks against it."""
    years_apart = abs(one.year - other.year) if one.year and other.year else 0
    return (
        verdict.score >= LIKELY
        and years_apart <= (2 if verdict.score == 100 else 1)
        and "first authors" not in verdict.why
    )


def propose(studies: Collection[int]) -> int:
    """Put what may be the same work as one of these studies before the librarians; gives how many pairs are new."""
    if not studies:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, {"ids": sorted(studies), "most": PAIRS_OF_ONE})
        pairs = set(cursor.fetchall())
    if not pairs:
        return 0
    pairs -= set(
        MergeProposal.objects.filter(study__in={one for one, _ in pairs}, other__isnull=False).values_list(
            "study_id", "other_id"
        )
    )
    descriptions = descriptions_of({pk for pair in pairs for pk in pair})
    rows = []
    for one, other in sorted(pairs):
        found = [
            verdict
            for mine in descriptions[one]
            for its in descriptions[other]
            if is_likely(mine, its, verdict := compare(mine, its))
        ]
        if found:
            best = max(found, key=lambda verdict: (verdict.certain, verdict.score))
            rows.append(MergeProposal(study_id=one, other_id=other, why=best.why[:500], score=best.score))
    MergeProposal.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def propose_pair(one: int, other: int, why: str, score: int) -> None:
    """Put two studies before the librarians, unless somebody has done or decided it already."""
    first, second = sorted((one, other))
    MergeProposal.objects.bulk_create(
        [MergeProposal(study_id=first, other_id=second, why=why[:500], score=score)], ignore_conflicts=True
    )


def kept_apart(one: int, other: int) -> bool:
    """Whether a librarian has decided that the two are not one work."""
    first, second = sorted((one, other))
    return MergeProposal.objects.filter(study=first, other=second, state=MergeProposal.State.APART).exists()


def refresh_keys(study: Study) -> None:
    """Let a study that was written by hand be known by its own title too."""
    first = Authorship.objects.filter(study=study, position=1).select_related("author").first()
    keys = keys_of(sources_of([study.pk]).get(study.pk, {}).values()) | own_key(
        study, first.author.family if first else "", first.author.collective if first else ""
    )
    write_keys({study.pk: keys})


def own_key(study: Study, family: str = "", collective: str = "") -> set[Key]:
    title = title_key(study.title)
    return {(title, study.published_year, author_name(family, collective))} if title else set()
