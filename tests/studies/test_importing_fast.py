"""What makes imports fast changes nothing of what comes out."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import markdown
from common.bulk import copy_in, copy_rows, next_ids
from common.models import Tag
from common.tags import get_or_create, set_tags_of_many
from studies.importing import beside, opening
from studies.importing.abstracts import html_of
from studies.importing.journals import known_journals
from studies.importing.prose import paragraph
from studies.importing.record import JournalFacts, StudyRecord
from studies.models import Journal, Study, StudyTag
from tests.builders import make_journal, make_study
from tests.studies.test_importing_library import many
from tests.tools import normalised

MARKS = (
    "a B é 7 0.5 . : ; , ( ) < > & \" ' / // - – = + % # ? ! [ ] | ^ $ * ** _ ` ~ ~~ \\ @ www. http:// x.org a@b.c "
    "&amp; &#65; <b> <http:x> [^1] [a](b) ![x](y) 1. word"
)
PIECES = st.sampled_from([*MARKS.split(" "), " ", "  ", "\n", "\n\n"])


class TestAbstracts:
    @given(st.lists(PIECES, max_size=12).map("".join))
    @settings(max_examples=150, deadline=None)
    def test_are_what_the_markdown_renderer_makes_of_them(self, text):
        assert html_of(text, "s1") == markdown.render(text, doc_id="s1")

    @given(st.lists(PIECES, max_size=8).map("".join), st.sampled_from(["", "AIM", "Methods and so", "P < 1"]))
    @settings(max_examples=100, deadline=None)
    def test_are_so_too_as_our_readers_write_them(self, text, label):
        written = paragraph(" ".join(text.split()), label)
        assert html_of(written, "s1") == markdown.render(written, doc_id="s1")

    def test_that_are_plain_never_meet_the_parser(self, monkeypatch):
        monkeypatch.setattr(markdown, "render", lambda *args, **more: pytest.fail("parsed"))
        written = "\n\n".join([paragraph("We saw 3.5% (p < 0.05) of A & B.", "Results"), paragraph("So.")])
        assert html_of(written, "s1") == (
            "<p><strong>Results</strong> We saw 3.5% (p &lt; 0.05) of A &amp; B.</p>\n<p>So.</p>\n"
        )
        assert html_of("", "s1") == ""


class TestReadingBeside:
    def test_gives_the_same_items_in_the_same_order(self, tmp_path):
        path = many(tmp_path / "many.xml", 130)
        moved: list[int] = []
        found = list(beside.read(path, moved.append, worth_it=0))
        assert found == list(opening.read(path))
        assert len(found) == 130
        assert moved[-1] == path.stat().st_size

    def test_a_broken_file_is_refused_alike(self, tmp_path):
        path = many(tmp_path / "many.xml", 60)
        path.write_bytes(path.read_bytes()[:-400])
        found = list(beside.read(path, worth_it=0))
        assert found == list(opening.read(path))
        assert "cut off" in str(found[-1][1]) or "well-formed" in str(found[-1][1])

    def test_a_reader_that_dies_costs_nothing(self, tmp_path, monkeypatch):
        path = many(tmp_path / "many.xml", 200)
        started: list[int] = []
        popen = beside.subprocess.Popen

        def remember(*args, **more):
            process = popen(*args, **more)
            started.append(process.pid)
            return process

        monkeypatch.setattr(beside.subprocess, "Popen", remember)
        monkeypatch.setattr(beside, "AHEAD", 1)
        stream = beside.read(path, worth_it=0)
        found = [next(stream)]
        os.kill(started[0], signal.SIGKILL)
        found += list(stream)
        assert found == list(opening.read(path))

    def test_one_that_cannot_start_is_not_missed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(beside, "START", "raise SystemExit(3)")
        path = many(tmp_path / "many.xml", 20)
        assert list(beside.read(path, worth_it=0)) == list(opening.read(path))

    def test_ends_with_who_asked(self, tmp_path):
        path = many(tmp_path / "many.xml", 3000)
        stream = beside.read(path, worth_it=0)
        next(stream)
        stream.close()
        assert not [thread for thread in beside.threading.enumerate() if thread.name.startswith("Thread-")
                    and "_move" in thread.name]  # fmt: skip

    def test_small_files_are_read_here(self, tmp_path, monkeypatch):
        monkeypatch.setattr(beside.subprocess, "Popen", lambda *args, **more: pytest.fail("started"))
        assert len(list(beside.read(many(tmp_path / "many.xml", 5)))) == 5


@pytest.mark.django_db
class TestManyAtOnce:
    def test_copied_rows_are_what_bulk_create_would_write(self):
        [pk] = next_ids(Study, 1)
        odd = "tab\there, back\\slash, “quote”, \\N"
        copy_in([Study(pk=pk, title=odd, publication_types=["a,b", 'c"d'], kept_fields=[])])
        study = Study.objects.get(pk=pk)
        assert (study.title, study.publication_types, study.doi) == (odd, ["a,b", 'c"d'], None)
        assert study.added_at is not None
        assert make_study().pk > pk

    def test_tags_are_counted_for_many_things_at_once(self):
        one, two = make_study(tags=["a", "b"]), make_study(tags=["b"])
        a, b, c = get_or_create(["a", "b", "c"])
        before = {one.pk: {a.pk, b.pk}, two.pk: {b.pk}}
        set_tags_of_many(StudyTag, before, {one.pk: {b.pk, c.pk}, two.pk: set()})
        assert dict(Tag.objects.values_list("name", "use_count")) == {"a": 0, "b": 1, "c": 1}
        assert set(one.tags.values_list("name", flat=True)) == {"b", "c"}

    def test_tags_whose_slugs_collide_all_come_to_be(self):
        tags = get_or_create(["hair loss", "hair-loss", "hair  loss", "new"])
        assert sorted(tag.name for tag in tags) == ["hair loss", "hair-loss", "new"]
        assert len({tag.slug for tag in tags}) == 3

    def test_journals_learn_within_a_batch(self):
        old = make_journal("Skin")
        first, second, third, none = known_journals(
            [
                JournalFacts("Skin", issns=("1177-5475",)),
                JournalFacts("Hair", issns=("1177-5475",)),
                JournalFacts("Nails", "Nls"),
                JournalFacts(),
            ]
        )
        assert first == second == old
        assert none is None
        assert third is not None and Journal.objects.count() == 2
        old.refresh_from_db()
        assert old.issns == ["1177-5475"]

    def test_rows_that_break_a_rule_are_told_as_django_tells_it(self):
        from django.db import IntegrityError, transaction

        with pytest.raises(IntegrityError), transaction.atomic():
            copy_rows(Tag, ("name", "slug", "description", "use_count"), [("x", "x", "", 0), ("x", "y", "", 0)])


@pytest.mark.parametrize("suffix", ["xml", "json"])
def test_normalised_records_are_read_back_from_the_files_made_of_them(tmp_path: Path, suffix):
    facts = {
        "id": "x1", "pmid": "11", "doi": "10.9999/a", "pmcid": "PMC5", "title": "Light & acne", "abstract": "A.\nB < C.",
        "journal": "Skin", "year": 2011, "authors": ["Ann Roe", "Li"], "mesh": ["Acne Vulgaris"], "keywords": ["light"],
        "publication_types": ["Review"], "references": ["12", "13"],
    }  # fmt: skip
    path = tmp_path / f"made.{suffix}"
    assert normalised.write(iter([facts]), path, {"12": "Cited. 1999"}) == 1
    [(kind, record)] = list(opening.read(path))
    assert isinstance(record, StudyRecord), record
    assert kind == {"xml": "pubmed", "json": "csl"}[suffix]
    assert (record.title, record.doi, record.pmid) == ("Light & acne", "10.9999/a", "11")
    assert [person.family for person in record.authors] == ["Roe", "Li"]
    if suffix == "xml":
        assert [(each.pmid, each.text) for each in record.references] == [("12", "Cited. 1999"), ("13", "")]
