"""Records become studies: each work once, computed from all its sources, whatever came first and however often."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction

from common.models import Tag
from common.recount import counters
from common.tags import set_tags
from studies.dates import PartialDate
from studies.importing import batch, building, opening
from studies.importing.building import build, combined, rebuild
from studies.importing.importing import import_records
from studies.importing.jats import read_jats
from studies.importing.people import author_key, folded
from studies.importing.pubmed import read_pubmed
from studies.importing.record import Heading, JournalFacts, Person, Reference, Refusal, StudyRecord
from studies.importing.report import Report
from studies.importing.subjects import natural, tag_names
from studies.models import Author, Authorship, Citation, Journal, Study, StudySource, StudyTag, Summary
from studies.searching import refresh_text
from tests.builders import make_member, make_study
from tests.shared import shared_file

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).parent / "files"
TABLES = (
    "studies_study", "studies_studytext", "studies_studysource", "studies_citation", "studies_author",
    "studies_authorship", "studies_journal", "studies_studytag", "common_tag",
)  # fmt: skip


def record(pmid: str = "", title: str = "A study", **facts) -> StudyRecord:
    return StudyRecord(title, pmid=pmid, **facts)


def cites(**identifiers) -> tuple[Reference, ...]:
    return (Reference(text="A cited work", **identifiers),)


def article() -> StudyRecord:
    [found] = read_jats(BytesIO((FILES / "article.nxml").read_bytes()), "article.nxml")
    assert isinstance(found, StudyRecord)
    return found


def pubmed() -> list[StudyRecord]:
    found = read_pubmed(BytesIO((FILES / "records.xml").read_bytes()), "records.xml")
    return [item for item in found if isinstance(item, StudyRecord)]


def graph() -> set[tuple]:
    """The citation graph in words that no order of import can change."""
    rows = Citation.objects.values_list("study__doi", "study__pmid", "position", "cited__doi", "cited__pmid")
    return set(rows)


def library() -> dict:
    """All that is in the library, by identifiers: without ids and moments, which tell only when things came."""
    journals: dict[int | None, list] = {}
    found: dict = {}
    names = [field.name for field in Study._meta.concrete_fields if field.name not in ("id", "journal", "added_at")]
    for study in Study.objects.select_related("text").order_by("doi", "pmid", "pmcid"):
        key = (study.doi, study.pmid, study.pmcid)
        journals.setdefault(study.journal_id, []).append(key)
        found[key] = {
            **{name: getattr(study, name) for name in names},
            "authors": list(study.authorships.order_by("position").values_list("position", "author__key")),
            "tags": sorted(study.tags.values_list("name", flat=True)),
            "sources": sorted(study.sources.values_list("kind", "digest")),
            "abstract": (study.text.abstract, study.text.abstract_html, study.text.tag_words, study.text.title),
            "citations": list(
                study.citations.order_by("position").values_list(
                    "position", "text", "year", "doi", "pmid", "pmcid", "cited__doi", "cited__pmid", "cited__pmcid"
                )
            ),
        }
    return {
        "studies": found,
        "journals": sorted(map(tuple, journals.values()), key=str),
        "tags": sorted(Tag.objects.exclude(use_count=0).values_list("name", "use_count")),
    }


def rows() -> dict[str, tuple]:
    """Which version of each row each table holds: any write changes it, even one that writes the same."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), md5(string_agg(xmin::text || ctid::text, ',' ORDER BY ctid)) FROM {table}"
            )
            found[table] = cursor.fetchone()
    return found


def empty() -> None:
    Citation.objects.all().delete()
    Study.objects.all().delete()
    Author.objects.all().delete()
    Journal.objects.all().delete()
    Tag.objects.all().delete()


def drifted() -> list[str]:
    return [f"{counter.table}.{counter.column}" for counter in counters() if counter.drifted()]


@pytest.mark.django_db
class TestTaking:
    def test_a_record_becomes_a_study_with_all_it_says(self):
        report = import_records([article()], "jats")
        study = Study.objects.get()
        assert (report.new, report.read, report.refused) == (1, 1, [])
        assert study.title.startswith("Growth at 10⁶ cells")
        assert (study.doi, study.pmid, study.pmcid) == ("10.9999/made.up.1", "90000001", "PMC9000001")
        assert study.published == PartialDate(2012, 4, 3)
        assert str(study.journal) == "The Journal of Made-Up Examples"
        assert [author.name for author in study.authors.order_by("authorships__position")] == [
            "María J O'Brien Jr",
            "Wei Li",
            "Scalp Group",
        ]
        assert (study.evidence_level, study.study_type) == ("4-cases", "Case report")
        assert study.evidence_source == "JATS article type “case-report”"
        assert (study.licence, study.open_access_url) == (
            "CC BY-NC 4.0",
            "https://pmc.ncbi.nlm.nih.gov/articles/PMC9000001/",
        )
        assert sorted(study.tags.values_list("name", flat=True)) == ["alopecia", "malassezia", "scalp"]
        assert "<strong>Background</strong>" in study.text.abstract_html
        assert "10.9999/made.up.1" in study.text.names
        assert study.reference_count == 6
        assert not drifted()

    def test_is_found_by_words_of_title_abstract_author_and_tag(self):
        import_records([article()], "jats")
        for words in ("growth", "grew", "brien", "malassezia"):
            assert Study.objects.filter(text__search_vector=words).exists(), words

    def test_again_it_changes_nothing_at_all(self):
        import_records([article()], "jats")
        import_records(pubmed(), "pubmed")
        before = rows()
        reports = [import_records([article()], "jats"), import_records(pubmed(), "pubmed")]
        assert [report.unchanged for report in reports] == [1, 3]
        assert rows() == before

    def test_twice_in_one_batch_it_is_one_study(self):
        report = import_records([record("1"), record("1"), record("1", "Another title")], "pubmed")
        assert (report.new, report.unchanged, report.updated) == (1, 1, 1)
        assert Study.objects.get().title == "Another title"

    def test_a_changed_record_updates_its_study(self):
        import_records([record("1", references=cites(pmid="2"), keywords=("old",))], "pubmed")
        report = import_records([record("1", "New", retraction="retracted", keywords=("new",))], "pubmed")
        study = Study.objects.get()
        assert report.updated == 1
        assert (study.title, study.retraction, study.reference_count) == ("New", "retracted", 0)
        assert list(study.tags.values_list("name", flat=True)) == ["new"]
        assert Tag.objects.get(name="old").use_count == 0
        assert not drifted()

    def test_an_older_version_of_a_record_does_not_undo_a_newer_one(self):
        newer, older = record("1", "Newer", revised="2021-05-01"), record("1", "Older", revised="2020-01-01")
        for order in ([newer, older], [older, newer]):
            empty()
            for each in order:
                report = import_records([each], "pubmed")
            assert Study.objects.get().title == "Newer"
        empty()
        import_records([newer], "pubmed")
        report = import_records([older], "pubmed")
        assert (report.unchanged, dict(report.losses)) == (1, {batch.OLDER: 1})

    def test_refusals_among_the_records_are_reported_and_the_others_kept(self):
        report = import_records([record("1"), Refusal("x.xml", "it has no title"), record("2")], "pubmed")
        assert (report.new, report.refused) == (2, [Refusal("x.xml", "it has no title")])
        assert Study.objects.count() == 2

    def test_a_record_that_the_database_refuses_costs_only_itself(self, monkeypatch):
        columns = building._columns

        def breaking(study, facts, sources):
            return columns(study, facts, sources) | ({"published_month": 13} if facts.title == "Bad" else {})

        monkeypatch.setattr(building, "_columns", breaking)
        report = import_records([record("1"), record("2", "Bad", place="x.xml, record 2"), record("3")], "pubmed")
        assert report.new == 2
        assert report.refused[0].place == "x.xml, record 2"
        assert "the database does not take it" in report.refused[0].reason
        assert set(Study.objects.values_list("pmid", flat=True)) == {"1", "3"}

    def test_hostile_texts_stay_text(self):
        shape = '<script>alert(1)</script>" onmouseover="x'
        hostile = record("1", shape, authors=(Person(shape),), keywords=(shape,), references=(Reference(shape),),
                         abstract=shape, journal=JournalFacts(title=shape), doi=f"10.9999/{shape}")  # fmt: skip
        import_records([hostile], "pubmed")
        study = Study.objects.select_related("text", "journal").get()
        assert (study.title, study.journal.title, study.doi) == (shape, shape, None)
        assert study.citations.get().text == shape
        assert "<script" not in study.text.abstract_html

    def test_takes_a_constant_number_of_queries_for_a_batch(self, django_assert_max_num_queries):
        people = (Person("Roe", "A"), Person("Doe", "B"))
        batch = [record(str(n), authors=people, references=cites(pmid=str(n + 1))) for n in range(1, 51)]
        with django_assert_max_num_queries(50 + 40):  # each new study takes one of its own
            import_records(batch, "pubmed")


@pytest.mark.django_db
class TestKnowingAgain:
    def test_by_any_identifier(self):
        import_records([record("1", doi="10.9999/a")], "pubmed")
        import_records([StudyRecord("A study", doi="10.9999/A", pmcid="PMC1")], "jats")
        import_records([StudyRecord("A study", pmcid="PMC1")], "demo")
        study = Study.objects.get()
        assert (study.doi, study.pmid, study.pmcid, study.sources.count()) == ("10.9999/a", "1", "PMC1", 3)

    def test_identifiers_that_name_two_studies_are_refused(self):
        import_records([record("1"), StudyRecord("Other", doi="10.9999/b")], "pubmed")
        report = import_records([record("1", doi="10.9999/b")], "jats")
        first, second = Study.objects.order_by("pk")
        assert report.refused[0].reason == (
            "its identifiers name different studies of the library: "
            f"DOI 10.9999/b study {second.pk}, PMID 1 study {first.pk}"
        )

    @pytest.mark.parametrize("kind", ["jats", "pubmed"])
    def test_a_second_pmid_for_a_doi_is_refused(self, kind):
        import_records([record("1", doi="10.9999/a")], "pubmed")
        report = import_records([record("2", doi="10.9999/a")], kind)
        study = Study.objects.get()
        assert report.refused[0].reason == (
            f"it has the DOI 10.9999/a of study {study.pk}, but PMID 2 where that has 1"
        )
        assert (study.pmid, study.sources.count()) == ("1", 1)

    def test_a_source_may_correct_its_own_record(self):
        import_records([record("1", doi="10.9999/wrong")], "pubmed")
        report = import_records([record("1", doi="10.9999/right")], "pubmed")
        assert (report.updated, Study.objects.get().doi) == (1, "10.9999/right")

    def test_a_study_that_was_entered_by_hand_keeps_its_own_identifiers(self):
        study = make_study(doi="10.9999/a", pmid="5")
        report = import_records([record("6", doi="10.9999/a")], "pubmed")
        assert len(report.refused) == 1
        import_records([StudyRecord("From JATS", doi="10.9999/a")], "jats")
        study.refresh_from_db()
        assert (study.title, study.pmid) == ("From JATS", "5")

    def test_what_a_librarian_set_stays(self):
        import_records([record("1", "Old", volume="1", authors=(Person("Roe"),), keywords=("old",))], "pubmed")
        study = Study.objects.get()
        set_tags(study, StudyTag, ["chosen"])
        study.title, study.kept_fields = "By hand", ["title", "tags", "authors", "citations", "abstract"]
        study.save()
        changed = record("1", "New", volume="2", authors=(Person("Doe"),), keywords=("new",), abstract="New",
                         references=cites(pmid="2"))  # fmt: skip
        import_records([changed], "pubmed")
        study = Study.objects.select_related("text").get()
        assert (study.title, study.volume, study.text.title, study.text.abstract) == ("By hand", "2", "By hand", "")
        assert [author.family for author in study.authors.all()] == ["Roe"]
        assert list(study.tags.values_list("name", flat=True)) == ["chosen"]
        assert study.reference_count == 0

    def test_its_summary_and_discussion_are_left_alone(self):
        study = make_study(doi="10.9999/a", tldr="It helps.")
        thread = study.open_discussion(make_member())
        import_records([StudyRecord("From JATS", doi="10.9999/a")], "jats")
        study.refresh_from_db()
        assert (study.summary.tldr, study.discussion, study.text.plain) == (
            "It helps.",
            thread,
            "It helps.\n\nIt helps.",
        )

    def test_search_sees_a_new_summary_when_the_text_is_refreshed(self):
        import_records([record("1")], "pubmed")
        study = Study.objects.get()
        Summary.objects.create(study=study, tldr="Greenish", body="Quite *purple*.", written_on="2026-01-01")
        refresh_text(study)
        assert Study.objects.filter(text__search_vector="purple").exists()
        assert "*" not in Study.objects.select_related("text").get().text.plain


@pytest.mark.django_db
class TestPrecedence:
    def test_does_not_depend_on_which_source_came_first(self):
        from_jats, from_pubmed = article(), pubmed()[0]
        demo = record("90000001", "Ours", sample_size=12, keywords=("ours",))
        sources = [("jats", from_jats), ("pubmed", from_pubmed), ("demo", demo)]
        found = []
        for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
            empty()
            for place in order:
                kind, each = sources[place]
                import_records([each], kind)
            found.append(library())
        assert found[0] == found[1] == found[2]
        [study] = found[0]["studies"].values()
        assert study["title"] == "Growth of 10⁶ cells in one man"  # PubMed's
        assert (study["licence"], study["sample_size"]) == ("CC BY-NC 4.0", 12)  # only one says so
        assert study["published_year"] == 1998
        assert study["tags"] == ["alopecia", "cutaneous lupus erythematosus", "malassezia", "ours", "scalp"]
        assert study["evidence_level"] == "2-trial"
        assert study["retraction"] == "retracted"
        assert len(study["citations"]) == 6  # those of JATS, as printed

    def test_gives_authors_the_orcid_that_another_source_knows(self):
        found = combined({"jats": article(), "pubmed": pubmed()[0]})
        assert [person.orcid for person in found.authors] == ["0000-0002-1825-0097", "0000-0002-1694-233X", ""]

    def test_gives_no_orcid_where_two_authors_could_be_meant(self):
        one = record("1", authors=(Person("Li", "Wei"), Person("Li", "Wen")))
        other = record("1", authors=(Person("Li", "W", orcid="0000-0002-1825-0097"),))
        assert [person.orcid for person in combined({"pubmed": one, "jats": other}).authors] == ["", ""]

    def test_completes_references_with_the_identifiers_of_the_other_list(self):
        printed = record("1", references=(Reference("Printed", doi="10.9999/x"), Reference("Bare")))
        numbered = record(
            "1", references=(Reference("", pmid="5", doi="10.9999/x", year=1999), Reference("", pmid="6"))
        )
        found = combined({"jats": printed, "pubmed": numbered}).references
        assert found == (Reference("Printed", 1999, "10.9999/x", "5"), Reference("Bare"))

    def test_believes_the_gravest_state_of_retraction(self):
        one = record("1", retraction="corrected", retraction_notice="7")
        other = record("1", retraction="retracted", retraction_notice="8")
        found = combined({"pubmed": one, "jats": other})
        assert (found.retraction, found.retraction_notice) == ("retracted", "8")

    def test_a_rebuild_of_all_changes_nothing_that_is_right_and_mends_what_is_not(self):
        import_records([article()], "jats")
        import_records(pubmed(), "pubmed")
        before = library()
        Study.objects.filter(pmid="90000001").update(title="Broken", evidence_level="9-not-stated")
        Authorship.objects.all().delete()
        assert rebuild() == 3
        assert library() == before

    def test_build_writes_no_row_that_is_right_already(self):
        import_records([article()], "jats")
        before = rows()
        build({Study.objects.get().pk: {"jats": article()}})
        after = rows()
        assert {name for name in TABLES if before[name] != after[name]} <= {"studies_studytext"}


@pytest.mark.django_db
class TestLinking:
    def test_works_in_both_directions_of_time(self):
        citing, cited = record("1", references=cites(doi="10.9999/b")), record("2", doi="10.9999/b")
        graphs = []
        for order in ([citing, cited], [cited, citing]):
            empty()
            for each in order:
                import_records([each], "pubmed")
            graphs.append(graph())
            assert Study.objects.get(pmid="1").cites_count == 1
            assert Study.objects.get(pmid="2").cited_by_count == 1
            assert not drifted()
        assert graphs[0] == graphs[1] == {(None, "1", 1, "10.9999/b", "2")}

    def test_goes_by_doi_then_pmid_then_pmcid(self):
        import_records([record("1", doi="10.9999/a"), record("2", pmcid="PMC2"), record("3")], "pubmed")
        references = (
            Reference("x", doi="10.9999/a", pmid="2"),
            Reference("x", doi="10.9999/unknown", pmid="2", pmcid="PMC3"),
            Reference("x", pmcid="PMC2"),
            Reference("x", pmid="99"),
        )
        import_records([record("4", references=references)], "pubmed")
        cited = Citation.objects.order_by("position").values_list("cited__pmid", flat=True)
        assert list(cited) == ["1", "2", "2", None]

    def test_never_lets_a_study_cite_itself(self):
        import_records([record("1", doi="10.9999/a", references=cites(doi="10.9999/a", pmid="1"))], "pubmed")
        assert Citation.objects.get().cited is None

    def test_moves_a_citation_when_a_better_match_arrives(self):
        import_records([record("2"), record("1", references=cites(doi="10.9999/b", pmid="2"))], "pubmed")
        assert Citation.objects.get().cited.pmid == "2"
        import_records([record("3", doi="10.9999/b")], "pubmed")
        assert Citation.objects.get().cited.pmid == "3"
        assert Study.objects.get(pmid="2").cited_by_count == 0
        assert not drifted()

    def test_lets_go_when_a_study_no_longer_has_the_identifier(self):
        import_records([record("2", doi="10.9999/b"), record("1", references=cites(doi="10.9999/b"))], "pubmed")
        import_records([record("2", doi="10.9999/c")], "pubmed")
        assert Citation.objects.get().cited is None
        assert not drifted()

    def test_counts_anew_what_a_changed_reference_list_no_longer_names(self):
        import_records([record("2"), record("1", references=cites(pmid="2"))], "pubmed")
        assert Study.objects.get(pmid="2").cited_by_count == 1
        import_records([record("1")], "pubmed")
        assert Study.objects.get(pmid="2").cited_by_count == 0
        assert not drifted()

    def test_counts_a_study_that_is_cited_twice_by_one_once(self):
        import_records([record("2"), record("1", references=cites(pmid="2") * 2)], "pubmed")
        assert Study.objects.get(pmid="2").cited_by_count == 1
        assert Study.objects.get(pmid="1").cites_count == 2


@pytest.mark.django_db
class TestAuthorsAndJournals:
    def test_one_spelling_is_one_author(self):
        people = [Person("O'Brien", "María J."), Person("OBRIEN", "Maria J"), Person("O’Brien", "maria  j")]
        import_records([record(str(n), authors=(person,)) for n, person in enumerate(people, 1)], "pubmed")
        assert Author.objects.count() == 1

    def test_an_orcid_outweighs_the_spelling(self):
        orcid = "0000-0002-1825-0097"
        people = [Person("Roe", "Ann", orcid=orcid), Person("Roe", "A", orcid=orcid), Person("Roe", "Ann")]
        import_records([record(str(n), authors=(person,)) for n, person in enumerate(people, 1)], "pubmed")
        assert sorted(Author.objects.values_list("key", flat=True)) == ["name:roe|ann", f"orcid:{orcid}"]

    def test_keys_always_fit(self):
        assert len(author_key(Person("ﷺ" * 150, "x" * 150))) <= 300
        assert author_key(Person("李", "伟")) == "name:李|伟"
        assert folded("Müller-Lüdenscheidt") == "mullerludenscheidt"

    def test_journals_are_one_by_issn_number_or_title(self):
        facts = [
            JournalFacts("The Lancet. Oncology", issns=("1470-2045",)),
            JournalFacts("Lancet Oncology (London, England)", nlm_id="100957246"),
            JournalFacts("Another name altogether", issns=("1470-2045", "1474-5488")),
            JournalFacts("", "Lancet Oncol", issns=("1474-5488",)),
            JournalFacts("Renamed", nlm_id="100957246"),
        ]
        import_records([record(str(n), journal=journal) for n, journal in enumerate(facts, 1)], "pubmed")
        journal = Journal.objects.get()
        assert journal.title == "The Lancet. Oncology"
        assert journal.issns == ["1470-2045", "1474-5488"]
        assert journal.nlm_id == "100957246"
        assert journal.studies.count() == 5

    def test_journals_of_one_slug_get_a_number(self):
        titles = ["Skin!", "Skin?", "Skin: a review of the largest organ"]
        facts = [JournalFacts(title, issns=(issn,)) for title, issn in zip(titles, ("1177-5475", "", ""), strict=True)]
        import_records([record(str(n), journal=journal) for n, journal in enumerate(facts, 1)], "pubmed")
        assert Journal.objects.count() == 2
        Journal.objects.create(title="Hair", title_key="other", slug="hair")
        import_records([record("9", journal=JournalFacts("Hair"))], "pubmed")
        assert Journal.objects.filter(title="Hair").values_list("slug", flat=True).order_by("pk").last() == "hair-2"


class TestTags:
    def test_leave_out_who_was_studied_and_how(self):
        headings = [
            "Humans",
            "Male",
            "Aged, 80 and over",
            "Double-Blind Method",
            "Clinical Trials as Topic",
            "Alopecia",
        ]
        assert tag_names(record("1", mesh=tuple(map(Heading, headings)))) == ["alopecia"]
        embase = ("Human", "priority  journal", "Major clinical study", "adolescent", "alopecia")
        assert tag_names(record("1", keywords=embase)) == ["adolescent", "alopecia"]

    def test_say_a_heading_as_people_do(self):
        assert natural("Lupus Erythematosus, Cutaneous") == "Cutaneous Lupus Erythematosus"
        assert natural("Diabetes Mellitus, Type 2") == "Type 2 Diabetes Mellitus"
        assert natural("Anti-Inflammatory Agents") == "Anti-Inflammatory Agents"
        assert natural("A, B, C") == "A, B, C"

    def test_come_from_keywords_first_and_are_bounded(self):
        many = record("1", keywords=("  Hair   Loss ", "hair loss", "x" * 101),
                      mesh=tuple(Heading(f"H{n}", major=n == 90) for n in range(100)))  # fmt: skip
        names = tag_names(many)
        assert names[:2] == ["hair loss", "h90"]
        assert len(names) == 40


@pytest.mark.django_db
class TestCommand:
    def run(self, *arguments) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        try:
            call_command("import_studies", *map(str, arguments), stdout=out, stderr=err)
        except SystemExit as end:
            return end.code, out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    def test_reports_what_became_of_each_record_and_ends_with_1_when_some_were_refused(self):
        status, out, err = self.run(FILES / "article.nxml", FILES / "records.xml")
        assert status == 1
        assert "Read 5: 3 new, 1 updated, 0 unchanged, 1 refused." in out
        assert "note: a reference's DOI is not one, and stays out (1 ×)" in out
        assert "refused: records.xml, record 3 (line " in err
        assert "it has no title" in err

    def test_ends_with_0_when_all_were_taken(self):
        status, out, err = self.run(FILES / "article.nxml", "--batch", "1")
        assert (status, err) == (0, "")
        assert "Read 1: 1 new" in out

    def test_writes_nothing_when_asked_to(self):
        status, out, _ = self.run(FILES / "records.xml", "--dry-run")
        assert "Nothing was written. Read 4: 3 new, 0 updated, 0 unchanged, 1 refused." in out
        assert not Study.objects.exists()
        assert status == 1

    @pytest.mark.parametrize("arguments", [["nowhere.xml"], [FILES / "article.nxml", "--batch", "0"]])
    def test_says_in_one_sentence_what_makes_no_sense_and_ends_with_2(self, arguments):
        with pytest.raises(CommandError) as caught:
            call_command("import_studies", *map(str, arguments))
        assert caught.value.returncode == 2
        assert str(caught.value).count(".") <= 2

    def test_refuses_a_hostile_file_and_takes_the_one_behind_it(self, tmp_path):
        bad = tmp_path / "bad.xml"
        bad.write_text('<!DOCTYPE article [<!ENTITY x SYSTEM "file:///etc/passwd">]><article>&x;</article>')
        status, out, err = self.run(bad, FILES / "article.nxml")
        assert status == 1
        assert "Read 2: 1 new, 0 updated, 0 unchanged, 1 refused." in out
        assert "bad.xml: its DOCTYPE brings declarations of its own" in err


def database_url() -> str:
    settings = connection.settings_dict
    host, port = quote(str(settings["HOST"]), safe=""), settings["PORT"]
    return f"postgres://{settings['USER']}:{quote(settings['PASSWORD'] or 'x')}@{host}:{port}/{settings['NAME']}"


def start_import(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_studies", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(), "STUDYHALL_MODE": "test"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def many(path: Path, count: int) -> Path:
    """A PubMed file of studies that cite each other and share authors, tags and a journal."""
    one = (
        "<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><Journal><Title>One journal</Title></Journal>"
        "<ArticleTitle>Study {n}</ArticleTitle><AuthorList><Author><LastName>Roe{a}</LastName></Author></AuthorList>"
        "</Article><KeywordList><Keyword>tag {a}</Keyword><Keyword>shared</Keyword></KeywordList></MedlineCitation>"
        "<PubmedData><ReferenceList><Reference><Citation>x</Citation><ArticleIdList>"
        '<ArticleId IdType="pubmed">{next}</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData>'
        "</PubmedArticle>"
    )
    text = "".join(one.format(n=n, a=n % 7, next=n % count + 1) for n in range(1, count + 1))
    path.write_text(f"<PubmedArticleSet>{text}</PubmedArticleSet>")
    return path


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
class TestInterruptions:
    def test_killed_at_any_moment_and_run_again_it_ends_the_same(self, tmp_path):
        path = many(tmp_path / "many.xml", 150)
        import_records((item for _, item in opening.read(path)), "pubmed")
        whole = library()
        empty()
        for studies in (1, 40):
            process = start_import(str(path), "--batch", "5")
            deadline = time.monotonic() + 60
            while Study.objects.count() < studies and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert 0 < Study.objects.count() < 150
            assert not drifted()
        process = start_import(str(path), "--batch", "5")
        told = process.communicate(timeout=120)
        assert process.returncode == 0, told
        assert library() == whole

    def test_two_at_once_make_each_study_once(self, tmp_path):
        path = many(tmp_path / "many.xml", 100)
        processes = [start_import(str(path), "--batch", "7") for _ in range(2)]
        told = [process.communicate(timeout=120) for process in processes]
        assert [process.returncode for process in processes] == [0, 0], told
        found = library()
        assert len(found["studies"]) == 100
        assert dict(found["tags"])["shared"] == 100
        assert not drifted()
        empty()
        import_records((item for _, item in opening.read(path)), "pubmed")
        assert library() == found

    def test_citing_and_cited_that_come_at_the_same_moment_find_each_other(self):
        stored = threading.Event()

        def import_citing() -> None:
            with transaction.atomic():
                import_records([record("1", references=cites(pmid="2"))], "pubmed")
                stored.set()
                time.sleep(0.5)  # the other import must wait for this one, or it would not see the citation
            connections.close_all()

        thread = threading.Thread(target=import_citing)
        thread.start()
        stored.wait()
        import_records([record("2")], "pubmed")
        thread.join()
        assert graph() == {(None, "1", 1, None, "2")}
        assert not drifted()

    def test_beside_members_who_tag_it_never_waits_in_a_circle(self, tmp_path):
        path = many(tmp_path / "many.xml", 60)
        study = make_study(doi="10.9999/other")
        faults: list[Exception] = []
        stop = threading.Event()

        def tag() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    set_tags(study, StudyTag, [f"tag {(number + each) % 7}" for each in range(4)] + ["shared"])
                except OperationalError as error:
                    faults.append(error)
            connections.close_all()

        thread = threading.Thread(target=tag)
        thread.start()
        report = import_records((item for _, item in opening.read(path)), "pubmed", batch_size=5)
        stop.set()
        thread.join()
        assert report.new == 60
        assert not faults
        assert not drifted()


@pytest.fixture(scope="module")
def real_records() -> dict[str, list[StudyRecord]]:
    """All that the shared files hold, by kind."""
    paths = [shared_file("pmc_jats.tar.gz"), *sorted(shared_file("records/pubmed").glob("*.xml"))]
    found: dict[str, list[StudyRecord]] = {"jats": [], "pubmed": []}
    for path in paths:
        for kind, item in opening.read(path):
            assert isinstance(item, StudyRecord), item
            found[kind].append(item)
    return found


@pytest.mark.slow
class TestRealFiles:
    def test_are_read_without_a_loss(self, real_records):
        jats, records = real_records["jats"], real_records["pubmed"]
        assert (len(jats), sum(len(each.references) for each in jats)) == (437, 17_655)
        assert sum(len(each.authors) for each in jats) == 3_646
        assert (len(records), sum(len(each.references) for each in records)) == (101, 2_115)
        assert sum(len(each.mesh) for each in records[:93]) == 1_622
        losses = [loss for each in (*jats, *records) for loss in each.losses]
        assert losses == ["a reference's DOI is not one, and stays out"]

    @pytest.mark.django_db
    def test_give_the_same_library_in_any_order_and_nothing_the_second_time(self, real_records):
        orders = [("jats", "pubmed", 1), ("pubmed", "jats", -1)]
        found, graphs = [], []
        for first, second, step in orders:
            empty()
            for kind in (first, second):
                report = import_records(real_records[kind][::step], kind)
                assert report.refused == []
            found.append(library())
            graphs.append(graph())
            assert not drifted()
        assert graphs[0] == graphs[1]
        assert sum(cited_doi is not None or cited_pmid is not None for *_, cited_doi, cited_pmid in graphs[0]) == 106
        assert found[0] == found[1]
        before = rows()
        for kind, records in real_records.items():
            assert import_records(records, kind).unchanged == len(records)
        assert rows() == before


def test_a_report_adds_up():
    report = Report(new=1)
    report.add(Report(updated=2, unchanged=3, refused=[Refusal("x", "y")]))
    assert str(report) == "read 7: 1 new, 2 updated, 3 unchanged, 1 refused"


def test_records_of_a_study_differ_only_where_they_say_something_else():
    assert replace(record("1"), place="elsewhere").digest == record("1").digest


def test_kinds_of_sources_are_all_given_an_order_and_an_identifier():
    assert set(batch.OWN_IDENTIFIERS) == set(StudySource.Kind.values)
