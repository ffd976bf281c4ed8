"""The records that are stored, as records again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from studies.importing.record import StudyRecord
from studies.models import StudySource


def sources_of(studies: Iterable[int], *, besides: str = "") -> dict[int, dict[str, StudyRecord]]:
    """All stored records of these studies, by study and kind; without those of the kind ``besides``."""
    found: dict[int, dict[str, StudyRecord]] = defaultdict(dict)
    for source in StudySource.objects.filter(study__in=studies).exclude(kind=besides):
        found[source.study_id][source.kind] = StudyRecord.from_json(source.record)
    return found
