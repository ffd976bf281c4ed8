"""Citations joined to the studies they name, and the counts that follow from it. All in SQL, a set at a time."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from studies import mentions

# The citations that these studies can have changed: their own, those that name them now, those that named them before.
# Each branch is an index scan: the conditions repeat those of the partial indexes. What a citation names is looked up
# once (MATERIALIZED), and only rows that change are written.
RESOLVE = """
WITH candidate AS (
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid FROM studies_citation c
    WHERE c.study_id = ANY(%(ids)s)
    UNION
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid FROM studies_citation c
    WHERE c.cited_id = ANY(%(ids)s)
    UNION
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid
    FROM studies_study s JOIN studies_citation c ON c.doi = s.doi AND c.doi <> ''
    WHERE s.id = ANY(%(ids)s)
    UNION
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid
    FROM studies_study s JOIN studies_citation c ON c.pmid = s.pmid AND c.pmid <> ''
    WHERE s.id = ANY(%(ids)s)
    UNION
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid
    FROM studies_study s JOIN studies_citation c ON c.pmcid = s.pmcid AND c.pmcid <> ''
    WHERE s.id = ANY(%(ids)s)
    UNION
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid
    FROM studies_otheridentifier o JOIN studies_citation c ON c.doi = o.value AND c.doi <> ''
    WHERE o.study_id = ANY(%(ids)s) AND o.name = 'doi'
    UNION
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid
    FROM studies_otheridentifier o JOIN studies_citation c ON c.pmid = o.value AND c.pmid <> ''
    WHERE o.study_id = ANY(%(ids)s) AND o.name = 'pmid'
    UNION
    SELECT c.id, c.study_id, c.cited_id, c.doi, c.pmid, c.pmcid
    FROM studies_otheridentifier o JOIN studies_citation c ON c.pmcid = o.value AND c.pmcid <> ''
    WHERE o.study_id = ANY(%(ids)s) AND o.name = 'pmcid'
),
resolved AS MATERIALIZED (
    SELECT c.id, c.study_id, c.cited_id AS before,
           COALESCE(
               NULLIF((SELECT s.id FROM studies_study s WHERE c.doi <> '' AND s.doi = c.doi), c.study_id),
               NULLIF((SELECT o.study_id FROM studies_otheridentifier o
                       WHERE c.doi <> '' AND o.name = 'doi' AND o.value = c.doi), c.study_id),
               NULLIF((SELECT s.id FROM studies_study s WHERE c.pmid <> '' AND s.pmid = c.pmid), c.study_id),
               NULLIF((SELECT o.study_id FROM studies_otheridentifier o
                       WHERE c.pmid <> '' AND o.name = 'pmid' AND o.value = c.pmid), c.study_id),
               NULLIF((SELECT s.id FROM studies_study s WHERE c.pmcid <> '' AND s.pmcid = c.pmcid), c.study_id),
               NULLIF((SELECT o.study_id FROM studies_otheridentifier o
                       WHERE c.pmcid <> '' AND o.name = 'pmcid' AND o.value = c.pmcid), c.study_id)
           ) AS after
    FROM candidate c
),
changed AS (
    UPDATE studies_citation c SET cited_id = r.after
    FROM (SELECT * FROM resolved WHERE before IS DISTINCT FROM after) r
    WHERE c.id = r.id
    RETURNING r.study_id, r.before, r.after
)
SELECT study_id FROM changed UNION SELECT before FROM changed UNION SELECT after FROM changed
"""

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
