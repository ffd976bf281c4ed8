"""The facts that only a study's own page shows, from what its sources say."""

from __future__ import annotations

from collections.abc import Mapping

from studies.importing.precedence import PRECEDENCE
from studies.importing.record import StudyRecord
from studies.models import Study, StudyFacts

LISTS = ("funding", "registrations")


def write_facts(
    rows: Mapping[int, Study], facts: Mapping[int, StudyRecord], sources: Mapping[int, Mapping[str, StudyRecord]]
) -> None:
    """Write the facts that differ. Fields in ``kept_fields`` stay as a librarian set them.

    ``facts`` are the sources of each study combined.
    """
    stored = {each.pk: each for each in StudyFacts.objects.filter(study__in=rows)}
    changed = []
    for pk, study in rows.items():
        wanted = {
            name: list(value) if name in LISTS else value
            for name in StudyFacts.FIELDS
            if name not in study.kept_fields
            for value in [getattr(facts[pk], name)]
        }
        row = stored.get(pk)
        if row is None:
            if not any(wanted.values()):
                continue
            row = StudyFacts(study_id=pk)
        origins = {name: first_to_say(name, sources[pk]) for name, value in wanted.items() if value}
        if row.origins != origins or any(getattr(row, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(row, name, value)
            row.origins = origins
            changed.append(row)
    StudyFacts.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["study"], update_fields=[*StudyFacts.FIELDS, "origins"]
    )


def first_to_say(name: str, sources: Mapping[str, StudyRecord]) -> str:
    """The kind of source that is believed for this field: the first in the order of precedence that says anything."""
    return next((str(kind) for kind in PRECEDENCE if kind in sources and getattr(sources[kind], name)), "")
