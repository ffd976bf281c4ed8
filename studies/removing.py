"""Taking studies out of the library, so that nothing that pointed at them is left untrue."""

from __future__ import annotations

from collections.abc import Iterable

from studies.importing.linking import link
from studies.importing.turns import one_at_a_time
from studies.models import Citation, Study, StudyRelation
from studies.standing import settle


def remove(studies: Iterable[Study]) -> None:
    """Delete these studies. What cited them waits for them again, and what they were the notice of stands as before."""
    ids = [study.pk for study in studies]
    with one_at_a_time():
        citing = set(Citation.objects.filter(cited__in=ids).values_list("study_id", flat=True))
        cited = set(Citation.objects.filter(study__in=ids, cited__isnull=False).values_list("cited_id", flat=True))
        others = set(
            StudyRelation.objects.filter(study__in=ids, other__isnull=False).values_list("other_id", flat=True)
        )
        naming = set(StudyRelation.objects.filter(other__in=ids).values_list("study_id", flat=True))
        Study.objects.filter(pk__in=ids).delete()
        left = (citing | cited) - set(ids)
        link(left, left)
        settle((others | naming) - set(ids))
