"""The citation graph is the same in whatever order records come, and equals what a full recomputation gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studies.importing.building import rebuild
from studies.importing.importing import import_records
from studies.importing.record import Reference, StudyRecord
from studies.models import Citation, MergedStudy, Study
from tests.studies.test_importing_library import drifted, empty

NAMES = ("doi", "pmid", "pmcid")
KINDS = ("pubmed", "crossref", "jats", "openalex")
WORKS = 5
SUBJECTS = ("acne vulgaris", "rosacea", "androgenetic alopecia", "seborrhoeic dermatitis", "psoriasis of the scalp")


def identifiers(work: int) -> dict[str, str]:
    return {"doi": f"10.9999/{work}", "pmid": str(work + 1), "pmcid": f"PMC{work + 1}"}


@dataclass(frozen=True)
class Said:
    """What one kind of source says of one work: by which identifiers, and what it cites by which."""

    work: int
    kind: str
    names: tuple[str, ...]
    references: tuple[tuple[int, tuple[str, ...]], ...]
    corrected: bool = False

    @property
    def record(self) -> StudyRecord:
        known = identifiers(self.work)
        return StudyRecord(
            f"The treatment of {SUBJECTS[self.work]}",
            **{name: known[name] for name in self.names},
            references=tuple(
                Reference(f"Work {work}", **{name: identifiers(work)[name] for name in names})
                for work, names in self.references
            ),
            revised="2021-02-02" if self.corrected else "2021-01-01",
        )


some_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(tuple)
some_references = st.lists(st.tuples(st.integers(0, WORKS - 1), some_names), max_size=4).map(tuple)
said = st.builds(Said, st.integers(0, WORKS - 1), st.sampled_from(KINDS), some_names, some_references)


@st.composite
def two_orders(draw: Any) -> tuple[list[Said], list[Said], int]:
    """The same records in two orders, some of them corrected by a newer version of themselves, and a batch size."""
    records = draw(st.lists(said, min_size=2, max_size=10, unique_by=lambda each: (each.work, each.kind)))
    for each in draw(st.lists(st.sampled_from(records), max_size=3, unique=True)):
        records.append(replace(each, references=draw(some_references), corrected=True))
    return records, draw(st.permutations(records)), draw(st.sampled_from([1, 3, 50]))


def bring(records: list[Said], size: int) -> None:
    """Import them in this order; neighbours of one kind share their batches."""
    start = 0
    for place in range(1, len(records) + 1):
        if place == len(records) or records[place].kind != records[start].kind:
            batch = [each.record for each in records[start:place]]
            report = import_records(batch, records[start].kind, batch_size=size)
            assert not report.refused
            start = place


def named(study: Study | None) -> tuple[str | None, ...]:
    return (study.doi, study.pmid, study.pmcid) if study else ()


def graph() -> dict[tuple, list[tuple]]:
    """Every study by its identifiers: what kinds of source it has, its counters, what it cites by what."""
    return {
        named(study): [
            tuple(sorted(study.sources.values_list("kind", flat=True))),
            (study.reference_count, study.cites_count, study.cited_by_count),
            *(
                (each.position, each.doi, each.pmid, each.pmcid, named(each.cited))
                for each in study.citations.select_related("cited").order_by("position")
            ),
        ]
        for study in Study.objects.all()
    }


def resolved(citation: Citation, studies: dict[tuple[str, str], int]) -> int | None:
    """What a citation names, worked out anew: by DOI, else PMID, else PMCID, never its own study."""
    for name in NAMES:
        found = studies.get((name, getattr(citation, name)))
        if found and found != citation.study_id:
            return found
    return None


def components(records: list[Said]) -> set[frozenset[tuple[int, str]]]:
    """The works as far as their identifiers tell: records that share one belong together, and those that these join."""
    groups: list[set[tuple[int, str]]] = []
    for each in records:
        mine = {(each.work, name) for name in each.names}
        for group in [group for group in groups if group & mine]:
            groups.remove(group)
            mine |= group
        groups.append(mine)
    return {frozenset(group) for group in groups}


@pytest.mark.django_db
@given(two_orders())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_order_gives_the_same_graph_and_the_counters_of_a_recount(orders):
    records, shuffled, size = orders
    found = []
    for order in (records, shuffled):
        MergedStudy.objects.all().delete()
        empty()
        bring(order, size)
        found.append(graph())
        assert not drifted()
        studies = {
            (name, value): study.pk
            for study in Study.objects.all()
            for name in NAMES
            if (value := getattr(study, name))
        }
        for citation in Citation.objects.all():
            assert citation.cited_id == resolved(citation, studies)
        known = {
            frozenset(
                (work, name) for work in range(WORKS) for name in NAMES if identifiers(work)[name] in named(study)
            )
            for study in Study.objects.all()
        }
        assert known == components(records)
    assert found[0] == found[1]
    rebuild()
    assert graph() == found[1]
