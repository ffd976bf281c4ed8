"""The library written to files, a chunk at a time, from one moment's view of it."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from common.addresses import absolute
from common.models import Tag
from studies.exporting import csl
from studies.exporting.loading import at_hand, keywords_of
from studies.importing.building import combined
from studies.importing.record import StudyRecord
from studies.models import Authorship, Citation, Study, StudySource
from studies.open_data import (
    CITATION_COLUMNS,
    CITATIONS,
    EVIDENCE,
    FILES,
    MANIFEST,
    SCHEMA,
    STANDING,
    STUDIES,
    SUMMARY,
    TAGS,
    in_a_cell,
)

CHUNK = 200
UNREAD = tuple(f"text__{name}" for name in ("title", "names", "tag_words", "plain", "search_vector"))
# What CSL-JSON says as well, or what has a file of its own.
TOLD_ELSEWHERE = frozenset(
    "title published doi pmid pmcid volume issue pages language abstract references revised place losses".split()
)
# What the study's own row is believed for, whatever its records say: a librarian may have set it.
COLUMNS = (
    "title", "published", "doi", "pmid", "pmcid", "volume", "issue", "pages", "language", "registration",
    "sample_size", "licence", "open_access_url",
)  # fmt: skip


def write(folder: Path, done: Callable[[int], object] = lambda count: None) -> dict[str, Any]:
    """Write the files into ``folder`` and give their manifest; each appears whole, at once, the manifest last.

    ``done`` is told how many studies were written, chunk by chunk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = {name: folder / f".{name}.{os.getpid()}" for name in FILES}
    counts = dict.fromkeys(FILES, 0)
    try:
        with _one_moment(), ExitStack() as stack:
            out = {name: stack.enter_context(_packed(path)) for name, path in unfinished.items()}
            rows = csv.writer(out[CITATIONS], lineterminator="\n")
            rows.writerow(CITATION_COLUMNS)
            for tag in Tag.objects.select_related("synonym_of").order_by("pk").iterator(chunk_size=1000):
                out[TAGS].write(_json(tag_line(tag)))
                counts[TAGS] += 1
            for studies in _chunks():
                for line in lines_of(studies):
                    out[STUDIES].write(_json(line))
                    counts[STUDIES] += 1
                for row in citation_rows(studies):
                    rows.writerow(row)
                    counts[CITATIONS] += 1
                done(len(studies))
        manifest = _manifest(unfinished, counts)
        for name, path in unfinished.items():
            path.replace(folder / name)
        written = folder / f".{MANIFEST}.{os.getpid()}"
        written.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        written.replace(folder / MANIFEST)
    finally:  # of what was interrupted nothing stays
        for path in unfinished.values():
            path.unlink(missing_ok=True)
    return manifest


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that sees the library as it is now, however long it takes. A caller's own keeps its own view."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = '120s'")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '300s'")
        yield


@contextmanager
def _packed(path: Path) -> Iterator[TextIO]:
    """A gzipped text file that is the same for the same content: it holds no name and no time."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        yield text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _manifest(paths: dict[str, Path], counts: dict[str, int]) -> dict[str, Any]:
    described = {}
    for name, path in paths.items():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        described[name] = {"rows": counts[name], "bytes": path.stat().st_size, "sha256": digest}
    return {
        "schema": SCHEMA,
        "site": settings.SITE_NAME,
        "url": absolute("/open-data/"),
        "written_at": timezone.now().isoformat(timespec="seconds"),
        "summary_licence": settings.SUMMARY_LICENCE,
        "files": described,
    }


# ── Studies ──────────────────────────────────────────────────────────────────────────────────────


def _chunks() -> Iterator[Sequence[Study]]:
    """All studies by number, with what their lines say: a handful of queries for each chunk."""
    last = 0
    studies = (
        Study.objects.select_related("journal", "text", "summary__writer", "summary__reviewer", "facts")
        .defer(*UNREAD)
        .prefetch_related(*at_hand(), "other_identifiers")
        .order_by("pk")
    )
    while chunk := list(studies.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def lines_of(studies: Sequence[Study]) -> Iterator[dict[str, Any]]:
    """The line of each study of a chunk: its CSL-JSON item, and under ``custom.studyhall`` what CSL lacks."""
    sources = _sources(studies)
    for study in studies:
        item = csl.item(study, study.authorships_in_order, keywords_of(study))  # type: ignore[attr-defined]
        item["custom"] = {"studyhall": _more(study, sources.get(study.pk, {}))}
        yield item


def _sources(studies: Sequence[Study]) -> dict[int, dict[str, StudyRecord]]:
    """The stored records without what is long and told elsewhere."""
    thin = RawSQL("record - '{references,abstract}'::text[]", ())
    found: dict[int, dict[str, StudyRecord]] = defaultdict(dict)
    rows = StudySource.objects.filter(study__in=[study.pk for study in studies]).values_list("study_id", "kind", thin)
    for study_id, kind, record in rows:
        record = json.loads(record) if isinstance(record, str) else record
        found[study_id][kind] = StudyRecord.from_json(record)
    return found


def _more(study: Study, sources: dict[str, StudyRecord]) -> dict[str, Any]:
    record = combined(sources).to_json() if sources else {}
    record |= {name: getattr(study, name) for name in COLUMNS if name not in TOLD_ELSEWHERE}
    record["publication_types"] = list(study.publication_types)
    record["authors"] = [_person(each) for each in study.authorships_in_order]  # type: ignore[attr-defined]
    record["journal"] = _journal(study)
    if facts := getattr(study, "facts", None):
        record |= {name: getattr(facts, name) for name in facts.FIELDS}
    known = {each.name for each in fields(StudyRecord)} - TOLD_ELSEWHERE | {"abstract"}
    record.pop("abstract", None)
    text = getattr(study, "text", None)
    if csl.abstract(study) and text:
        record["abstract"] = text.abstract
    more: dict[str, Any] = {
        **{name: value for name, value in record.items() if name in known},
        "evidence": {name: getattr(study, name) for name in EVIDENCE},
        "standing": {name: value for name in STANDING if (value := getattr(study, name))},
        "tags": keywords_of(study),
        "kept_fields": list(study.kept_fields),
        "other_identifiers": [[each.name, each.value] for each in study.other_identifiers.all()],
        "summary": _summary(study),
    }
    return {name: value for name, value in more.items() if value}


def _person(place: Authorship) -> dict[str, str]:
    facts = {name: getattr(place.author, name) for name in ("family", "given", "collective", "orcid")}
    return {name: value for name, value in facts.items() if value}


def _journal(study: Study) -> dict[str, Any]:
    if not study.journal:
        return {}
    facts = {name: getattr(study.journal, name) for name in ("title", "abbreviation", "issns", "nlm_id")}
    return {name: value for name, value in facts.items() if value}


def _summary(study: Study) -> dict[str, str]:
    summary = getattr(study, "summary", None)
    if summary is None or not settings.SUMMARY_LICENCE:
        return {}
    facts = {name: str(value) for name in SUMMARY if (value := getattr(summary, name))}
    # Members by the names that the page shows now; elsewhere they have no account.
    for role in ("writer", "reviewer"):
        if member := getattr(summary, role):
            facts[f"{role}_name"] = member.username
    return {**facts, "licence": settings.SUMMARY_LICENCE}


# ── Citations and tags ───────────────────────────────────────────────────────────────────────────


def citation_rows(studies: Sequence[Study]) -> Iterator[tuple[Any, ...]]:
    """The references of a chunk of studies, by study and place."""
    by_pk = {study.pk: study for study in studies}
    names = ("study_id", "position", "cited_id", "doi", "pmid", "pmcid", "year", "text")
    rows = Citation.objects.filter(study__in=by_pk).order_by("study_id", "position").values_list(*names)
    for study_id, position, cited_id, doi, pmid, pmcid, year, text in rows.iterator(chunk_size=2000):
        own = (study_id, by_pk[study_id].doi or "", by_pk[study_id].pmid or "", position)
        yield (*own, cited_id or "", doi, pmid, pmcid, year or "", in_a_cell(text))


def tag_line(tag: Tag) -> dict[str, str]:
    facts = {
        "name": tag.name,
        "description": tag.description,
        "synonym_of": tag.synonym_of.name if tag.synonym_of else "",
    }
    return {name: value for name, value in facts.items() if value}
