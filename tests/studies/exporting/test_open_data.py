"""The whole library as files, and a library made of them."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.models import Tag
from common.recount import counters
from common.tags import get_or_create, set_tags
from studies.importing.building import rebuild
from studies.importing.importing import import_records
from studies.importing.jats import read_jats
from studies.importing.pubmed import read_pubmed
from studies.importing.record import Reference, StudyRecord
from studies.jobs.open_data import write_open_data
from studies.models import (
    Author,
    Authorship,
    Citation,
    Journal,
    OtherIdentifier,
    SavedStudy,
    Study,
    StudyFacts,
    StudyRelation,
    StudySource,
    StudyTag,
    StudyText,
    Summary,
)
from studies.open_data import MANIFEST, in_a_cell, out_of_a_cell, reading, writing
from tests.builders import make_member, make_study
from tests.shared import shared_file

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parents[1] / "files"


def fill_library() -> None:
    """Records of two sources, one of both; and what only people set."""
    with (FILES / "article.nxml").open("rb") as file:
        jats = list(read_jats(file, "article"))
    with (FILES / "records.xml").open("rb") as file:
        pubmed = [each for each in read_pubmed(file, "records") if isinstance(each, StudyRecord)]
    import_records(jats, "jats")
    import_records(pubmed, "pubmed")
    first = Study.objects.order_by("pk").first()
    citing = StudyRecord(
        "=A title, “quoted”\tand more", doi="10.9999/citing", licence="CC BY", abstract="**Aim:** to see.\n\nWe saw.",
        authors=(), keywords=("Alopecia", "hair loss"),
        references=(Reference(text="=1+1", doi="10.9999/elsewhere", year=1999), Reference(text="'-x", doi=first.doi or "", pmid=first.pmid or "")),
        retraction="retracted", retraction_notice="10.9999/notice", retraction_date="2020-05",
    )  # fmt: skip
    import_records([citing, StudyRecord("Closed abstract", pmid="99999", abstract="Theirs.")], "crossref")
    (tag,) = get_or_create(["hair loss"])
    Tag.objects.filter(pk=tag.pk).update(description="Losing hair.")
    set_tags(first, StudyTag, ["set by hand"])
    Study.objects.filter(pk=first.pk).update(
        title="Set by a librarian", evidence_level="1-synthesis", evidence_source="A librarian",
        kept_fields=["title", "tags", "evidence_level", "evidence_source"],
    )  # fmt: skip
    first.refresh_from_db()
    Summary.objects.create(
        study=first, tldr="It helps.", body="It *helps*.", writer_kind="member", writer_name="reader",
        written_on=date(2025, 1, 2), reviewer_name="keeper", reviewed_on=date(2025, 1, 3),
    )  # fmt: skip
    OtherIdentifier.objects.create(study=first, name="doi", value="10.9999/merged-away")
    rebuild()


def picture() -> dict[str, Any]:
    """All that the library tells, by what its rows are known by anywhere."""
    columns = [
        field.name
        for field in Study._meta.concrete_fields
        if field.name not in ("id", "journal", "discussion", "picture", "added_at")
    ]
    names = {study.pk: study.doi or study.pmid or study.title for study in Study.objects.all()}
    rows: dict[str, Any] = {
        names[study.pk]: {name: getattr(study, name) for name in columns} for study in Study.objects.all()
    }
    for study in Study.objects.select_related("journal", "text", "summary", "facts"):
        journal, row = study.journal, rows[names[study.pk]]
        row["journal"] = journal and (journal.title, journal.abbreviation, journal.issns, journal.nlm_id, journal.slug)
        row["authors"] = [(a.author.key, a.author.name) for a in study.authorships.select_related("author")]
        row["citations"] = [
            (c.position, c.text, c.year, c.doi, c.pmid, c.pmcid, names.get(c.cited_id or 0))
            for c in study.citations.order_by("position")
        ]
        row["relations"] = [
            (r.kind, r.doi, r.pmid, r.text, r.date, names.get(r.other_id or 0))
            for r in study.relations.order_by("position")
        ]
        row["tags"] = sorted(tag.name for tag in study.tags.all())
        row["others"] = sorted(study.other_identifiers.values_list("name", "value"))
        row["facts"] = [getattr(getattr(study, "facts", None), name, None) for name in StudyFacts.FIELDS]
        row["summary"] = (
            Summary.objects.filter(study=study)
            .values_list("tldr", "body", "writer_kind", "writer_name", "written_on", "reviewer_name", "reviewed_on")
            .first()
        )
    rows["tags of all"] = {
        tag.name: (tag.use_count, tag.description, tag.synonym_of and tag.synonym_of.name)
        for tag in Tag.objects.select_related("synonym_of")
        if tag.use_count or tag.description
    }
    return rows


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """What differs, by study and field."""
    found: list[Any] = [sorted(set(one) ^ set(other))] if set(one) != set(other) else []
    for name in set(one) & set(other):
        a, b = one[name], other[name]
        found += [(name, field, a.get(field), b.get(field)) for field in {*a, *b} if a.get(field) != b.get(field)]
    return found


def empty_library() -> None:
    for model in (
        Summary,
        StudyTag,
        Citation,
        StudyRelation,
        Authorship,
        StudySource,
        StudyText,
        StudyFacts,
        Study,
        Author,
        Journal,
        Tag,
    ):
        model.objects.all().delete()


def test_an_empty_library_becomes_an_equal_one_and_twice_is_as_once(tmp_path: Path) -> None:
    fill_library()
    before = picture()
    assert len(before) > 5
    call_command("export_library", tmp_path, verbosity=0)
    empty_library()
    call_command("import_library", tmp_path)
    assert differences(picture(), before) == []
    assert [
        counter for counter in counters() if counter.table.startswith(("studies", "common")) and counter.drifted()
    ] == []
    rebuild()
    assert differences(picture(), before) == []
    with CaptureQueriesContext(connection) as queries:
        call_command("import_library", tmp_path)
    written = [each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [
        sql
        for sql in written
        if "ON CONFLICT DO NOTHING" not in sql and "changed AS" not in sql and "SET reference_count" not in sql
    ] == []
    assert differences(picture(), before) == []
    again = tmp_path / "again"
    call_command("export_library", again)
    assert [line["title"] for line in studies_in(again)] == [line["title"] for line in studies_in(tmp_path)]


def test_real_articles_make_the_round(tmp_path: Path) -> None:
    with shared_file("records/pubmed/efetch_93.xml").open("rb") as file:
        records = [each for each in read_pubmed(file, "x") if isinstance(each, StudyRecord)][:20]
    import_records(records, "pubmed")
    before = picture()
    writing.write(tmp_path)
    empty_library()
    report = reading.read(tmp_path)
    assert (report.new, report.refused) == (len(before) - 1, [])
    assert differences(picture(), before) == []


def studies_in(folder: Path) -> list[dict[str, Any]]:
    with gzip.open(folder / "studies.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_nothing_private_and_no_closed_abstract_goes_out(tmp_path: Path) -> None:
    fill_library()
    member = make_member("secret_reader", email="secret@example.org")
    SavedStudy.objects.create(member=member, study=Study.objects.first(), note="my secret note")
    writing.write(tmp_path)
    text = " ".join(gzip.decompress((tmp_path / name).read_bytes()).decode() for name in writing.FILES)
    assert "secret" not in text and "Theirs." not in text
    assert "We saw." in text and '"writer_name":"reader"' in text and '"licence":"CC BY 4.0"' in text
    line = next(each for each in studies_in(tmp_path) if each.get("DOI") == "10.9999/citing")
    assert line["custom"]["studyhall"]["standing"] == {
        "retraction": "retracted",
        "retraction_notice": "10.9999/notice",
        "retraction_date": "2020-05",
    }


def test_a_summary_goes_out_with_the_names_that_its_page_shows(tmp_path: Path) -> None:
    study = make_study("x", tldr="It helps.")
    Summary.objects.update(
        writer=make_member("ada_writes"),
        reviewer=make_member("ben_reads"),
        reviewed_on=date(2025, 1, 3),
        writer_kind="member",
    )
    writing.write(tmp_path)
    empty_library()
    reading.read(tmp_path)
    summary = Summary.objects.get()
    assert (summary.written_by, summary.reviewed_by, summary.study.title) == ("ada_writes", "ben_reads", study.title)


def test_without_a_licence_summaries_stay_here(tmp_path: Path, settings) -> None:
    settings.SUMMARY_LICENCE = ""
    fill_library()
    writing.write(tmp_path)
    assert not [line for line in studies_in(tmp_path) if "summary" in line["custom"]["studyhall"]]


def test_no_cell_of_the_table_is_a_formula(tmp_path: Path) -> None:
    fill_library()
    writing.write(tmp_path)
    with gzip.open(tmp_path / "citations.csv.gz", "rt", encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert {"'=1+1", "''-x"} <= set(texts) and not [text for text in texts if text[:1] in tuple("=+-@")]
    for text in ("=1", "'=1", "''x", "'x", "x", "", "-", "@a", "＝1", "＋", "\r=1"):
        assert out_of_a_cell(in_a_cell(text)) == text and in_a_cell(text)[:1] not in tuple("=+-@＝＋－＠\t\r")


def test_a_file_that_is_not_the_manifest_s_is_refused_whole(tmp_path: Path) -> None:
    make_study("x")
    writing.write(tmp_path)
    empty_library()
    (tmp_path / "tags.jsonl.gz").write_bytes(gzip.compress(b"{}\n"))
    with pytest.raises(CommandError, match=r"tags\.jsonl\.gz is not the file"):
        call_command("import_library", tmp_path)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest, "schema": 2}))
    with pytest.raises(CommandError, match="schema 2"):
        call_command("import_library", tmp_path)
    (tmp_path / MANIFEST).write_text("[]")
    with pytest.raises(CommandError, match="another shape"):
        call_command("import_library", tmp_path)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_library", tmp_path / "nowhere")
    assert not Study.objects.exists()


def test_a_broken_line_is_refused_with_its_place_and_the_others_are_taken(tmp_path: Path) -> None:
    lines = [
        "{}",
        "[1",
        '"x"',
        json.dumps({"id": "studyhall-1", "title": ""}),
        json.dumps(
            {
                "id": "studyhall-7",
                "title": "Taken",
                "DOI": "10.9999/taken",
                "custom": {"studyhall": {"evidence": {"evidence_level": "none"}}},
            }
        ),
    ]
    for name, text in (
        ("studies.jsonl.gz", "\n".join(lines)),
        ("tags.jsonl.gz", ""),
        ("citations.csv.gz", ",".join(writing.CITATION_COLUMNS)),
    ):
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as file:
            file.write(f"{text}\n" if text else "")
    manifest = writing._manifest({name: tmp_path / name for name in writing.FILES}, dict.fromkeys(writing.FILES, 0))
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    report = reading.read(tmp_path)
    assert [str(refusal).partition(":")[0] for refusal in report.refused] == [
        f"studies.jsonl.gz, line {number}" for number in (1, 2, 3, 4)
    ]
    assert Study.objects.get().title == "Taken"


def test_a_study_with_better_sources_is_not_made_worse(tmp_path: Path) -> None:
    fill_library()
    writing.write(tmp_path)
    before = picture()
    report = reading.read(tmp_path)
    assert (report.new, report.refused) == (0, [])
    assert differences(picture(), before) == []


def test_a_chunk_costs_the_same_for_one_study_and_for_many(tmp_path: Path) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            writing.write(tmp_path)
        return len([each for each in queries if each["sql"].startswith("SELECT")])

    make_study("One", authors=["Doe"], tags=["a"], tldr="x")
    one = cost()
    for number in range(20):
        make_study(f"Study {number}", authors=["Doe", f"Roe {number}"], tags=["a", f"b{number}"], tldr="x")
    assert cost() == one


def test_the_page_explains_and_serves_the_files(client: Client, tmp_path: Path, settings) -> None:
    settings.OPEN_DATA_DIR = tmp_path / "open"
    assert "have not been written yet" in client.get("/open-data/").content.decode()
    assert client.get("/open-data/studies.jsonl.gz").status_code == 404
    make_study("x")
    write_open_data(0)
    assert sorted(path.name for path in settings.OPEN_DATA_DIR.iterdir()) == [
        "citations.csv.gz",
        "manifest.json",
        "studies.jsonl.gz",
        "tags.jsonl.gz",
    ]
    html = client.get("/open-data/").content.decode()
    assert 'href="/open-data/studies.jsonl.gz"' in html and "1 row," in html
    whole = client.get("/open-data/studies.jsonl.gz")
    data = whole.getvalue()
    assert json.loads(gzip.decompress(data))["title"] == "x"
    part = client.get("/open-data/studies.jsonl.gz", headers={"range": "bytes=10-"})
    assert (part.status_code, part.getvalue(), part["Content-Range"]) == (
        206,
        data[10:],
        f"bytes 10-{len(data) - 1}/{len(data)}",
    )
    assert client.get("/open-data/studies.jsonl.gz", headers={"range": "bytes=-5"}).getvalue() == data[-5:]
    assert client.get("/open-data/studies.jsonl.gz", headers={"range": f"bytes={len(data)}-"}).status_code == 416
    assert client.get("/open-data/studies.jsonl.gz", headers={"range": "bytes=1-2,4-5"}).getvalue() == data
    assert (
        client.get("/open-data/studies.jsonl.gz", headers={"range": "bytes=1-", "if-range": '"old"'}).getvalue() == data
    )
    assert client.get("/open-data/studies.jsonl.gz", headers={"if-none-match": whole["ETag"]}).status_code == 304
    assert client.get("/open-data/manifest.json")["Content-Type"] == "application/json"
    for name in ("../settings.py", "x", ".studies.jsonl.gz.1", "%2e%2e/manage.py"):
        assert client.get(f"/open-data/{name}").status_code == 404


def test_what_was_interrupted_leaves_no_trace(tmp_path: Path, monkeypatch) -> None:
    make_study("x")
    writing.write(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(writing, "citation_rows", lambda studies: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        writing.write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
