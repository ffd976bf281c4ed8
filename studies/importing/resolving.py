"""What a row that names a work by its identifiers points at: one rule for citations and for relations, in SQL."""

from __future__ import annotations

IDENTIFIERS = ("doi", "pmid", "pmcid")


def resolution(table: str, target: str) -> str:
    """Two common table expressions, ``candidate`` and ``resolved``, for the studies ``%(ids)s``.

    ``table`` has the columns ``study_id``, ``doi``, ``pmid``, ``pmcid`` and ``target``, the study named; ``resolved``
    has ``id``, ``study_id``, ``before`` and ``after``. Candidates are the rows that these studies can have changed:
    their own, those that name them now, those that named them before. Each branch is an index scan: the conditions
    repeat those of the partial indexes. What a row names is looked up once (MATERIALIZED): the study with its DOI, else
    with its PMID, else with its PMCID, never its own study; identifiers of a study that was merged into another lead to
    that one. Both names are written by us, never taken from input.
    """
    row = f"SELECT c.id, c.study_id, c.{target}, c.doi, c.pmid, c.pmcid FROM"
    branches = [f"{row} {table} c WHERE c.{column} = ANY(%(ids)s)" for column in ("study_id", target)]
    for name in IDENTIFIERS:
        branches += [
            f"{row} studies_study s JOIN {table} c ON c.{name} = s.{name} AND c.{name} <> '' WHERE s.id = ANY(%(ids)s)",
            f"{row} studies_otheridentifier o JOIN {table} c ON c.{name} = o.value AND c.{name} <> ''"
            f" WHERE o.study_id = ANY(%(ids)s) AND o.name = '{name}'",
        ]
    lookups = []
    for name in IDENTIFIERS:
        lookups += [
            f"SELECT s.id FROM studies_study s WHERE c.{name} <> '' AND s.{name} = c.{name}",  # noqa: S608
            f"SELECT o.study_id FROM studies_otheridentifier o"  # noqa: S608
            f" WHERE c.{name} <> '' AND o.name = '{name}' AND o.value = c.{name}",
        ]
    after = ", ".join(f"NULLIF(({lookup}), c.study_id)" for lookup in lookups)
    return (
        f"candidate AS ({' UNION '.join(branches)}), resolved AS MATERIALIZED ("  # noqa: S608
        f"SELECT c.id, c.study_id, c.{target} AS before, COALESCE({after}) AS after FROM candidate c)"
    )
