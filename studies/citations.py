"""References that are not in the library: how many of its studies cite the same work."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from common.paging import KeysetPage, cursor_of, values_of
from studies.models import Citation, Study

COUNTED = 100  # references by each identifier; more are not counted
RANKED = 1_000  # wanted references of one study that are ranked, the first in its list

# The same work: the same DOI, PMID or PMCID. Each branch reads an index to a bounded depth.
WANTED_BY = f"""
    SELECT count(*) FROM (
        (SELECT study_id FROM studies_citation WHERE doi = c.doi AND doi <> '' AND c.doi <> '' LIMIT {COUNTED})
        UNION
        (SELECT study_id FROM studies_citation WHERE pmid = c.pmid AND pmid <> '' AND c.pmid <> '' LIMIT {COUNTED})
        UNION
        (SELECT study_id FROM studies_citation WHERE pmcid = c.pmcid AND pmcid <> '' AND c.pmcid <> '' LIMIT {COUNTED})
        UNION
        SELECT c.study_id
    ) citing
"""  # noqa: S608
COUNT = f"SELECT c.id, ({WANTED_BY}) FROM studies_citation c WHERE c.id = ANY(%s)"  # noqa: S608
RANK = f"""
    SELECT c.id, c.position, ({WANTED_BY}) AS wanted FROM (
        SELECT * FROM studies_citation WHERE study_id = %s AND cited_id IS NULL ORDER BY position LIMIT {RANKED}
    ) c ORDER BY wanted DESC, c.position
"""  # noqa: S608


def wanted_counts(citations: Iterable[int]) -> dict[int, int]:
    """How many studies of the library cite the work of each of these citations, itself included, by citation id."""
    ids = list(citations)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [ids])
        return dict(cursor.fetchall())


def most_wanted(study: Study, after: str, size: int) -> KeysetPage:
    """The wanted references of a study, those first that most studies of the library cite; a page after ``after``.

    Only the first ``RANKED`` of its list are ranked. Raises ``Http404`` for a cursor that doesn't fit.
    """
    with connection.cursor() as cursor:
        cursor.execute(RANK, [study.pk])
        ranked = [(-wanted, position, pk) for pk, position, wanted in cursor.fetchall()]
    if after:
        last = values_of(after, (int, int))
        ranked = [row for row in ranked if row[:2] > (-last[0], last[1])]
    shown = ranked[:size]
    citations = Citation.objects.in_bulk([pk for _, _, pk in shown])
    rows = [citations[pk] for _, _, pk in shown if pk in citations]
    next_cursor = cursor_of([-shown[-1][0], shown[-1][1]]) if len(ranked) > size else ""
    return KeysetPage(rows, next_cursor, is_first=not after)
