"""Similar research: what shares tags or references with a study, or cites it, and the reason in words.

score = tags + references + citation, where
  tags        the summed rarity of the shared tags (``common.tags.rarity``) over the rarity of all tags of this study,
  references  bibliographic coupling (Kessler 1963) by Salton's cosine: shared / sqrt(references of one × of the other),
  citation    ``CITES`` where one of the two cites the other.
Each tag and each reference gives a bounded number of candidates, read from an index, before anything is scored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext, ngettext

from common.counting import CAP, CappedCount
from common.tags import rarity
from studies.models import Study

PER_TAG = 200
PER_REFERENCE = 50
REFERENCES = 400  # of one study that are compared
CITES = 0.5
MOST_TAGS_NAMED = 3

# A reference is the same work where both name the same study of the library, the same DOI or the same PMID.
CANDIDATES = """
    WITH wanted (tag_id, weight) AS (SELECT * FROM unnest(%(tags)s::bigint[], %(weights)s::float8[])),
    by_tag AS (
        SELECT near.content_object_id AS study_id, sum(wanted.weight) AS shared,
               array_agg(wanted.tag_id ORDER BY wanted.weight DESC) AS tags
        FROM wanted CROSS JOIN LATERAL (
            SELECT content_object_id FROM studies_studytag WHERE tag_id = wanted.tag_id
            ORDER BY content_object_id DESC LIMIT %(per_tag)s
        ) near
        WHERE near.content_object_id <> %(study)s GROUP BY 1
    ),
    mine AS (
        SELECT id, cited_id, doi, pmid FROM studies_citation
        WHERE study_id = %(study)s ORDER BY position LIMIT %(references)s
    ),
    by_reference AS (
        SELECT study_id, count(DISTINCT id) AS shared FROM (
            SELECT mine.id, theirs.study_id FROM mine CROSS JOIN LATERAL (
                SELECT study_id FROM studies_citation WHERE cited_id = mine.cited_id LIMIT %(per_reference)s
            ) theirs
            UNION SELECT mine.id, theirs.study_id FROM mine CROSS JOIN LATERAL (
                SELECT study_id FROM studies_citation WHERE doi = mine.doi AND doi <> '' LIMIT %(per_reference)s
            ) theirs
            UNION SELECT mine.id, theirs.study_id FROM mine CROSS JOIN LATERAL (
                SELECT study_id FROM studies_citation WHERE pmid = mine.pmid AND pmid <> '' LIMIT %(per_reference)s
            ) theirs
        ) pairs WHERE study_id <> %(study)s GROUP BY 1
    ),
    by_citation AS (
        SELECT cited_id AS study_id, true AS cited FROM mine WHERE cited_id IS NOT NULL
        UNION ALL (
            SELECT study_id, false FROM studies_citation
            WHERE cited_id = %(study)s ORDER BY study_id DESC LIMIT %(per_tag)s
        )
    ),
    directly AS (
        SELECT study_id, bool_or(cited) AS cited, bool_or(NOT cited) AS citing FROM by_citation GROUP BY 1
    ),
    near AS (
        SELECT study_id FROM by_tag UNION SELECT study_id FROM by_reference UNION SELECT study_id FROM directly
    ),
    scored AS (
        SELECT near.study_id, coalesce(by_tag.tags, '{}') AS tags,
               coalesce(by_reference.shared, 0) AS shared_references,
               coalesce(directly.cited, false) AS cited, coalesce(directly.citing, false) AS citing,
               coalesce(by_tag.shared, 0) / greatest(%(all_weights)s, 0.000001)
               + coalesce(by_reference.shared, 0)
                 / sqrt(greatest(%(reference_count)s, 1)::float8 * greatest(study.reference_count, 1))
               + CASE WHEN directly.study_id IS NULL THEN 0 ELSE %(cites)s END AS score
        FROM near JOIN studies_study study ON study.id = near.study_id
        LEFT JOIN by_tag USING (study_id)
        LEFT JOIN by_reference USING (study_id)
        LEFT JOIN directly USING (study_id)
        WHERE %(with_retracted)s OR study.retraction <> 'retracted'
    )
    SELECT study_id, tags, shared_references, cited, citing, score, count(*) OVER ()
    FROM scored ORDER BY score DESC, study_id DESC LIMIT %(most)s
"""


@dataclass(frozen=True)
class Similar:
    """A study like the one asked about. ``tags`` are the names of the shared ones, the rarest first."""

    study: Study
    score: float
    tags: tuple[str, ...]
    references: int
    cited: bool
    citing: bool

    @property
    def why(self) -> str:
        """``shares finasteride, 5-alpha reductase and 2 more tags; 4 common references; cites this study``."""
        reasons = []
        if self.tags:
            named, more = ", ".join(self.tags[:MOST_TAGS_NAMED]), len(self.tags) - MOST_TAGS_NAMED
            if more > 0:
                said = ngettext("shares %(tags)s and %(more)s more tag", "shares %(tags)s and %(more)s more tags", more)
            else:
                said = gettext("shares %(tags)s")
            reasons.append(said % {"tags": named, "more": more})
        if self.references:
            said = ngettext("%(count)s common reference", "%(count)s common references", self.references)
            reasons.append(said % {"count": self.references})
        if self.cited:
            reasons.append(gettext("cited by this study"))
        if self.citing:
            reasons.append(gettext("cites this study"))
        return "; ".join(reasons)


@dataclass
class SimilarStudies:
    """``rows`` best first, and how many studies share anything, capped."""

    rows: list[Similar] = field(default_factory=list)
    count: CappedCount = field(default_factory=lambda: CappedCount(0))


def similar_studies(study: Study, *, most: int = 5, with_retracted: bool = False) -> SimilarStudies:
    """The studies most like this one; retracted ones are left out unless asked for.

    The number of queries and of rows read is bounded whatever the library holds, so the count is of the
    bounded candidates: exact while every tag has fewer than ``PER_TAG`` studies.
    """
    tags = {tag.pk: tag for tag in study.tags.all()}
    weights = rarity(tags.values()) if tags else {}
    with connection.cursor() as cursor:
        cursor.execute(
            CANDIDATES,
            {
                "study": study.pk,
                "tags": list(weights),
                "weights": list(weights.values()),
                "all_weights": sum(weights.values()),
                "reference_count": study.reference_count,
                "per_tag": PER_TAG,
                "per_reference": PER_REFERENCE,
                "references": REFERENCES,
                "cites": CITES,
                "most": most,
                "with_retracted": with_retracted,
            },
        )
        found = cursor.fetchall()
    studies = {row.pk: row for row in Study.objects.for_list().filter(pk__in=[row[0] for row in found])}
    rows = [
        Similar(studies[pk], score, tuple(tags[tag].name for tag in shared), references, cited, citing)
        for pk, shared, references, cited, citing, score, _ in found
    ]
    return SimilarStudies(rows, CappedCount.at_most(min(found[0][6], CAP + 1) if found else 0))
