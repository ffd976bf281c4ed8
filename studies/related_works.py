"""The works that a study is related to, told from its own end: its notices, versions and comments."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from studies.dates import PartialDate
from studies.importing.record import OPPOSITES
from studies.models import RelationKind, Study, StudyRelation
from studies.models.study import Retraction
from studies.standing import STATES

MOST = 100  # relations of one study that are shown


@dataclass(frozen=True)
class RelatedWork:
    """One other work. ``study`` is None while it is not in the library; then its identifiers and words name it."""

    kind: RelationKind
    study: Study | None
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    text: str = ""
    date: PartialDate | None = None

    @property
    def state(self) -> Retraction | None:
        """What the relation makes of the study asked about, None where nothing."""
        return Retraction(STATES[self.kind]) if self.kind in STATES else None


def related_works(study: Study) -> list[RelatedWork]:
    """The works related to this one, each once for each kind of relation, in the order of the kinds. One query.

    The gravest come first, and of one kind those that the study's own records name.
    """
    rows = StudyRelation.objects.filter(Q(study=study) | Q(other=study)).select_related("study", "other")
    works: dict[tuple, RelatedWork] = {}
    for row in sorted(rows.order_by("pk")[:MOST], key=lambda row: (row.study_id != study.pk, row.position)):
        if row.study_id == study.pk:
            work = RelatedWork(
                RelationKind(row.kind), row.other, row.doi, row.pmid, row.pmcid, row.text, _date(row.date)
            )
        else:
            work = RelatedWork(RelationKind(OPPOSITES[row.kind]), row.study, date=row.study.published)
        named = work.study.pk if work.study else (work.doi or work.pmid or work.pmcid or work.text)
        if named:
            works.setdefault((work.kind, named), work)
    order = list(RelationKind)
    return sorted(works.values(), key=lambda work: order.index(work.kind))


def notice_of(study: Study, works: list[RelatedWork]) -> Study | None:
    """The notice in the library that tells the study's standing, if it is there."""
    of_state = [work.study for work in works if work.study and work.state and work.state == study.retraction]
    named = [notice for notice in of_state if study.retraction_notice in (notice.doi, notice.pmid)]
    return next(iter(named or ([] if study.retraction_notice else of_state)), None)


def _date(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None
