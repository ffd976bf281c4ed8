"""Citations joined to the studies they name, and the counts that follow from it. All in SQL, a set at a time."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from studies import mentions
from studies.importing.resolving import resolution

# Only rows that change are written.
RESOLVE = f"""
WITH {resolution("studies_citation", "cited_id")},
changed AS (
    UPDATE studies_citation c SET cited_id = r.after
    FROM (SELECT * FROM resolved WHERE before IS DISTINCT FROM after) r
    WHERE c.id = r.id
    RETURNING r.study_id, r.before, r.after
)
SELECT study_id FROM changed UNION SELECT before FROM changed UNION SELECT after FROM changed
"""  # noqa: S608

# The same sums as the counters that ``studies.apps`` registers for ``manage.py recount``.
RECOUNT = """
UPDATE studies_study t
SET reference_count = n.reference_count, cites_count = n.cites_count, cited_by_count = n.cited_by_count,
    retracted_cites_count = n.retracted_cites_count
FROM (
    SELECT s.id,
           (SELECT count(*) FROM studies_citation c WHERE c.study_id = s.id) AS reference_count,
           (SELECT count(*) FROM studies_citation c WHERE c.study_id = s.id AND c.cited_id IS NOT NULL) AS cites_count,
           (SELECT count(DISTINCT c.study_id) FROM studies_citation c WHERE c.cited_id = s.id) AS cited_by_count,
           (SELECT count(DISTINCT c.cited_id) FROM studies_citation c JOIN studies_study r ON r.id = c.cited_id
            WHERE c.study_id = s.id AND r.retraction = 'retracted') AS retracted_cites_count
    FROM studies_study s WHERE s.id = ANY(%(ids)s)
) n
WHERE t.id = n.id
  AND (t.reference_count, t.cites_count, t.cited_by_count, t.retracted_cites_count)
      IS DISTINCT FROM (n.reference_count, n.cites_count, n.cited_by_count, n.retracted_cites_count)
"""


@transaction.atomic
def link(studies: Iterable[int], formerly_cited: Iterable[int] = ()) -> set[int]:
    """Let every citation of these studies, and every citation anywhere that names one of them, point at what it names.

    Takes ids of studies, and of studies that citations now gone pointed at. A citation names the study with its DOI,
    else with its PMID, else with its PMCID, and never its own study; the identifiers of a study that was merged into
    another lead to that one; nothing depends on what was there first. Counts
    of all studies touched are made true. Gives the ids of those studies.
    """
    ids = sorted(set(studies))
    with connection.cursor() as cursor:
        cursor.execute(RESOLVE, {"ids": ids})
        touched = {row[0] for row in cursor.fetchall() if row[0] is not None} | set(ids) | set(formerly_cited)
        # One order for everybody who locks several studies, so that nobody waits in a circle.
        cursor.execute(
            "SELECT id FROM studies_study WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(touched)]
        )
        cursor.execute(RECOUNT, {"ids": sorted(touched)})
    mentions.link(ids)
    return touched
