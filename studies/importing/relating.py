"""Relations between works: written as the records state them, joined to the studies they name. A set at a time.

A relation is stored once, with the study whose records state it; the other study's page reads it from its own end. So
both point at each other as soon as both are there, whichever came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from studies.importing.precedence import PRECEDENCE
from studies.importing.record import Relation, StudyRecord
from studies.importing.resolving import IDENTIFIERS, resolution
from studies.models import Study, StudyRelation
from studies.standing import STATES, settle

COLUMNS = ("kind", "source", "doi", "pmid", "pmcid", "text", "date")
# What a record means that tells a state and names no relation.
KIND_OF_STATE = {"retracted": "retracted_by", "concern": "concern_in", "corrected": "corrected_by"}

RESOLVE = f"""
WITH {resolution("studies_studyrelation", "other_id")},
joined AS (
    UPDATE studies_studyrelation r SET other_id = resolved.after
    FROM resolved
    WHERE r.id = resolved.id AND resolved.before IS DISTINCT FROM resolved.after
)
SELECT study_id, before, after FROM resolved
"""  # noqa: S608


def relate(rows: Mapping[int, Study], sources: Mapping[int, Mapping[str, StudyRecord]]) -> None:
    """Write what the sources say of these studies' relations, join the ends, and let the standing of all follow."""
    formerly_other = _write(rows, sources)
    join(rows, formerly_other)


def join(studies: Iterable[int], formerly_other: Iterable[int] = ()) -> None:
    """Let every relation of these studies, and every one anywhere that names one of them, point at what it names.

    Takes ids of studies, and of studies that relations now gone pointed at. The standing of every study at either end
    is settled anew.
    """
    ids = sorted(set(studies))
    with connection.cursor() as cursor:
        cursor.execute(RESOLVE, {"ids": ids})
        ends = {pk for row in cursor.fetchall() for pk in row if pk is not None}
    settle(ends | set(ids) | set(formerly_other))


def stated(sources: Mapping[str, StudyRecord]) -> list[tuple[str, Relation]]:
    """What all sources of one study say of its relations: (kind of source, relation), first the most believed.

    The same relation to the same work, as any shared identifier tells, stands once, with the identifiers, words and
    date of all who name it.
    """
    found: list[tuple[str, Relation]] = []
    known: dict[tuple[str, str, str], int] = {}
    for source in PRECEDENCE:
        record = sources.get(source)
        for relation in () if record is None else _of(record):
            keys = [(relation.kind, name, value) for name in IDENTIFIERS if (value := getattr(relation, name))]
            place = next((known[key] for key in keys if key in known), None)
            if place is None:
                place = len(found)
                found.append((source, relation))
            else:
                found[place] = (found[place][0], _completed(found[place][1], relation))
            known |= {key: place for key in keys if key not in known}
    return found


def _of(record: StudyRecord) -> list[Relation]:
    """The relations that a record names, and the one that its state of retraction implies."""
    relations = list(record.relations)
    if record.retraction:
        notice = record.retraction_notice
        implied = Relation(
            KIND_OF_STATE[record.retraction],
            doi=notice if notice.startswith("10.") else "",
            pmid="" if notice.startswith("10.") else notice,
            date=record.retraction_date,
        )
        states = {STATES.get(relation.kind) for relation in relations}
        if notice or record.retraction not in states:
            relations.append(implied)
    return relations


def _completed(relation: Relation, other: Relation) -> Relation:
    missing = {name: getattr(relation, name) or getattr(other, name) for name in (*IDENTIFIERS, "text", "date")}
    return Relation(relation.kind, **missing)


def _write(rows: Mapping[int, Study], sources: Mapping[int, Mapping[str, StudyRecord]]) -> set[int]:
    """Write the relations that differ; gives the ids of studies that the rows now gone pointed at."""
    before: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    stored = StudyRelation.objects.filter(study__in=rows).order_by("position")
    for study, *row in stored.values_list("study_id", *COLUMNS):
        before[study].append(tuple(row))
    wanted = {
        pk: [
            (each.kind, str(source), each.doi, each.pmid, each.pmcid, each.text, each.date)
            for source, each in stated(sources[pk])
        ]
        for pk in rows
    }
    changed = [pk for pk in wanted if before[pk] != wanted[pk]]
    if not changed:
        return set()
    gone = StudyRelation.objects.filter(study__in=changed)
    formerly_other = set(gone.filter(other__isnull=False).values_list("other_id", flat=True))
    gone.delete()
    StudyRelation.objects.bulk_create(
        [
            StudyRelation(study_id=pk, position=place, **dict(zip(COLUMNS, row, strict=True)))
            for pk in changed
            for place, row in enumerate(wanted[pk], 1)
        ],
        batch_size=1000,
    )
    return formerly_other
