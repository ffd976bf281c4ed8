"""What goes out comes in again: our importers read our own exports to the same studies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from studies.importing import opening
from studies.importing.importing import import_records
from studies.importing.jats import read_jats
from studies.importing.pubmed import read_pubmed
from studies.importing.record import Refusal, StudyRecord
from studies.importing.report import Report
from studies.models import Study
from tests.shared import shared_file
from tests.studies.exporting.reading import make_known_study
from tests.studies.exporting.test_open_data import FILES, empty_library

pytestmark = pytest.mark.django_db
SUFFIXES = {"bib": "bibtex", "ris": "ris", "csl.json": "csl"}
FIELDS = (
    "title", "published_year", "published_month", "published_day", "volume", "issue", "pages", "language", "doi", "pmid",
    "pmcid", "retraction", "retraction_notice", "retraction_date",
)  # fmt: skip


def told() -> dict[str, Any]:
    """What every format tells of each study. RIS has no way to write a comma in the name of a group but as a dash."""
    found = {}
    for study in Study.objects.select_related("journal").prefetch_related("tags"):
        row: dict[str, Any] = {name: getattr(study, name) for name in FIELDS}
        row["journal"] = study.journal and (study.journal.title, study.journal.abbreviation, study.journal.issns)
        row["authors"] = [
            place.author.name.replace(" – ", ", ") for place in study.authorships.select_related("author")
        ]
        row["tags"] = sorted(tag.name for tag in study.tags.all())
        found[study.doi or study.pmid or study.title] = row
    return found


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    found: list[Any] = sorted(set(one) ^ set(other))
    for name in set(one) & set(other):
        found += [
            (name, field, was, other[name][field]) for field, was in one[name].items() if was != other[name][field]
        ]
    return found


def taken_along(suffix: str, folder: Path) -> Path:
    path = folder / f"library.{suffix}"
    path.write_bytes(Client().get(f"/studies.{suffix}").getvalue())
    return path


def imported(path: Path, suffix: str) -> Report:
    items = list(opening.read(path))
    assert {kind for kind, _ in items} == {SUFFIXES[suffix]}, [
        str(item) for _, item in items if isinstance(item, Refusal)
    ]
    return import_records([item for _, item in items], SUFFIXES[suffix])


def fill(source: str) -> None:
    if source == "known":
        make_known_study(retraction="retracted", retraction_notice="10.1000/notice", retraction_date="2020-05")
    elif source == "article":
        with (FILES / "article.nxml").open("rb") as file:
            import_records(list(read_jats(file, "article")), "jats")
    else:
        with shared_file(f"records/pubmed/{source}").open("rb") as file:
            import_records([each for each in read_pubmed(file, "x") if isinstance(each, StudyRecord)][:15], "pubmed")


SOURCES = ["known", "article", "efetch_93.xml", "pubmed7.xml"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("source", SOURCES)
def test_an_export_read_into_an_empty_library_gives_the_same_fields(source: str, suffix: str, tmp_path: Path) -> None:
    fill(source)
    before = told()
    path = taken_along(suffix, tmp_path)
    empty_library()
    report = imported(path, suffix)
    assert (report.new, report.refused) == (len(before), [])
    assert differing(before, told()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("source", SOURCES[1:3])
def test_an_export_read_into_the_library_it_came_from_changes_nothing(source: str, suffix: str, tmp_path: Path) -> None:
    fill(source)
    before = told()
    report = imported(taken_along(suffix, tmp_path), suffix)
    assert (report.new, report.refused) == (0, [])
    assert differing(before, told()) == []
