"""The files of a library taken into this one; into an empty one they give an equal library, and twice is as once."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from common.models import Tag
from common.tags import get_or_create, normalise, set_tags
from studies.importing.importing import import_records
from studies.importing.linking import link
from studies.importing.record import NotAStudy, Reference, Refusal, StudyRecord
from studies.importing.report import Report
from studies.models import OtherIdentifier, Study, StudySource, StudyTag, Summary
from studies.models.study import Level, Retraction
from studies.open_data import (
    CITATIONS,
    EVIDENCE,
    FILES,
    MANIFEST,
    SCHEMA,
    STANDING,
    STUDIES,
    SUMMARY,
    TAGS,
    out_of_a_cell,
)

BATCH = 200
LINE_LIMIT = 20_000_000  # characters
KIND = StudySource.Kind.STUDYHALL


class Unusable(ValueError):
    """The files can't be taken; the text says why."""


@dataclass
class _Line:
    """One line of the studies' file, as far as it is needed after its record was imported."""

    record: StudyRecord
    more: dict[str, Any] = field(default_factory=dict)


def read(folder: Path, done: Callable[[int], object] = lambda count: None) -> Report:
    """Take the files of ``folder`` into the library. Raises ``Unusable`` where they are not what their manifest says.

    A study that is known already gets these facts as those of one more source; ``done`` is told how many were read.
    """
    check(folder)
    with gzip.open(folder / TAGS, "rt", encoding="utf-8") as file:
        _read_tags(map(json.loads, file))
    report = Report()
    with (
        gzip.open(folder / STUDIES, "rt", encoding="utf-8") as studies,
        gzip.open(folder / CITATIONS, "rt", encoding="utf-8", newline="") as citations,
    ):
        lines = _lines(studies, _References(csv.DictReader(citations)))
        while batch := list(islice(lines, BATCH)):
            report.add(_take(batch))
            done(len(batch))
    return report


def check(folder: Path) -> dict[str, Any]:
    """The manifest, once every file is found to be the one that it describes."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["schema"] > SCHEMA:
            raise Unusable(f"The files are of schema {manifest['schema']}; this Studyhall reads up to {SCHEMA}.")
        for name in FILES:
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != manifest["files"][name]["sha256"]:
                    raise Unusable(f"{name} is not the file that the manifest describes: its SHA-256 differs.")
    except OSError as error:
        raise Unusable(f"{error.filename} cannot be read ({error.strerror}).") from error
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise Unusable(f"{MANIFEST} has another shape than a manifest's.") from error
    return manifest


class _References:
    """The rows of the citations' file, which is in the order of the studies' file, given out study by study."""

    def __init__(self, rows: Iterable[dict[str, str]]) -> None:
        self.rows = iter(rows)
        self.next = next(self.rows, None)

    def of(self, number: int) -> list[Reference]:
        """The references of this study. Numbers must come in rising order; rows of others before it are passed over."""
        found = []
        while self.next and int(self.next["citing_id"]) <= number:
            row = self.next
            if int(row["citing_id"]) == number:
                found.append(
                    Reference(
                        text=out_of_a_cell(row["text"]),
                        year=int(row["year"]) if row["year"] else None,
                        doi=row["cited_doi"],
                        pmid=row["cited_pmid"],
                        pmcid=row["cited_pmcid"],
                    )
                )
            self.next = next(self.rows, None)
        return found


def _lines(file: Iterable[str], references: _References) -> Iterator[_Line | Refusal]:
    for number, text in enumerate(file, 1):
        place = f"{STUDIES}, line {number}"
        try:
            item = json.loads(text)
            found = references.of(int(item["id"].rpartition("-")[2]))
            yield _line(item, found, place)
        except NotAStudy as error:
            yield Refusal(place, str(error))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield Refusal(place, f"it has another shape than a study's ({error})")


def _line(item: dict[str, Any], references: list[Reference], place: str) -> _Line:
    more = item.get("custom", {}).get("studyhall", {})
    facts = {
        **more,
        "title": item["title"],
        "published": _date(item.get("issued", {}).get("date-parts", [[]])[0]),
        **{
            name: item.get(csl_name, "")
            for name, csl_name in (
                ("doi", "DOI"), ("pmid", "PMID"), ("pmcid", "PMCID"), ("volume", "volume"), ("issue", "issue"),
                ("pages", "page"), ("language", "language"),
            )
        },
        "references": [],
    }  # fmt: skip
    record = StudyRecord.from_json(facts, place=place)
    object.__setattr__(record, "references", tuple(references))  # made above, and costly to make again
    return _Line(record, more)


def _date(parts: list[int]) -> str:
    return "-".join(f"{part:0{2 if place else 4}d}" for place, part in enumerate(parts))


def _read_tags(lines: Iterable[dict[str, str]]) -> None:
    """Descriptions and synonyms of the vocabulary, where this library has none of its own for the tag."""
    for line in lines:
        name, meant = normalise(line["name"]), normalise(line.get("synonym_of", ""))
        if not meant and not line.get("description"):
            continue
        (tag,) = get_or_create([name])
        if tag.name == name and not tag.description and line.get("description"):
            Tag.objects.filter(pk=tag.pk).update(description=line["description"][:2000])
        if meant and tag.name == name and tag.use_count == 0:
            (target,) = get_or_create([meant])
            if target.pk != tag.pk:
                Tag.objects.filter(pk=tag.pk, synonym_of=None).update(synonym_of=target)


def _take(batch: list[_Line | Refusal]) -> Report:
    records = [each.record if isinstance(each, _Line) else each for each in batch]
    report = import_records(records, KIND, batch_size=BATCH)
    lines = {each.record.digest: each for each in batch if isinstance(each, _Line)}
    ours = dict(StudySource.objects.filter(kind=KIND, digest__in=lines).values_list("study_id", "digest"))
    told = set(StudySource.objects.filter(study__in=ours).exclude(kind=KIND).values_list("study_id", flat=True))
    studies = Study.objects.filter(pk__in=ours).select_related("summary", "text").prefetch_related("tags")
    for study in studies:
        _complete(study, lines[ours[study.pk]].more, alone=study.pk not in told)
    return report


@transaction.atomic
def _complete(study: Study, more: dict[str, Any], *, alone: bool) -> None:
    """What a record has no place for. A study of which only these files tell becomes just what they say; one that has
    other sources is given what it lacks."""
    if alone:
        _set_columns(study, more)
        tags = more.get("tags", [])
        if {tag.name for tag in study.tags.all()} != set(tags):
            set_tags(study, StudyTag, tags)
    others = [(name, str(value)) for name, value in more.get("other_identifiers", [])]
    if others:
        made = [OtherIdentifier(study=study, name=name, value=value) for name, value in others]
        OtherIdentifier.objects.bulk_create(made, ignore_conflicts=True)
        link([study.pk])
    summary = more.get("summary")
    if summary and not hasattr(study, "summary"):
        facts: dict[str, Any] = {name: summary[name] for name in SUMMARY if summary.get(name)}
        for name in ("written_on", "reviewed_on"):
            if name in facts:
                facts[name] = date.fromisoformat(facts[name])
        Summary.objects.create(study=study, **facts)


def _set_columns(study: Study, more: dict[str, Any]) -> None:
    kept = [str(name) for name in more.get("kept_fields", [])]
    evidence, standing = more.get("evidence", {}), more.get("standing", {})
    wanted: dict[str, Any] = {"kept_fields": kept}
    if evidence.get("evidence_level") in Level.values:
        wanted |= {name: str(evidence[name]) for name in EVIDENCE if name in evidence}
    if standing.get("retraction", "") in Retraction.values and "retraction" in kept:
        wanted |= {name: str(standing.get(name, "")) for name in STANDING}
    differing = [name for name, value in wanted.items() if getattr(study, name) != value]
    for name in differing:
        setattr(study, name, wanted[name])
    if differing:
        study.save(update_fields=differing)
