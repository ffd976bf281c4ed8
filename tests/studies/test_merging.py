"""Two studies that are one work become one, and nothing that hangs on either is lost."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from django.db import OperationalError, connections

from common.models import Tag
from common.tags import set_tags
from notices import following
from studies.importing.batch import MERGED_AWAY
from studies.importing.importing import import_records
from studies.importing.record import Person, Reference, StudyRecord
from studies.merging import MOVES, CannotMerge, merge, name_of, relations
from studies.models import (
    Citation,
    MergedStudy,
    MergeProposal,
    OtherIdentifier,
    SavedStudy,
    Study,
    StudyChange,
    StudyTag,
    Summary,
)
from tests.builders import cite, make_comment, make_librarian, make_member, make_study
from tests.studies.test_identity import TITLE, work
from tests.studies.test_importing_library import cites, drifted, record, rows


def counters_true() -> bool:
    return not drifted()


def test_every_relation_to_a_study_has_a_way_to_move():
    assert {name_of(field) for field in relations()} == set(MOVES), "say in studies/merging.py how the new one moves"


@pytest.mark.django_db
class TestMerging:
    def test_moves_the_thread_and_keeps_every_comment(self):
        kept, gone = make_study(), make_study()
        thread = gone.open_discussion(make_member())
        make_comment(thread, body="Said before.")
        merged = merge(kept, gone, reason="the same")
        assert merged.discussion == thread
        thread.refresh_from_db()
        assert (thread.subject_title, thread.subject_url) == (kept.title, kept.get_absolute_url())
        assert thread.comments.count() == 1

    def test_of_two_threads_both_live_on_and_lead_to_the_kept_study(self, client):
        kept, gone = make_study(), make_study()
        threads = [study.open_discussion(make_member()) for study in (kept, gone)]
        make_comment(threads[1], body="Said before.")
        merge(kept, gone)
        for thread in threads:
            thread.refresh_from_db()
            assert thread.subject_url == kept.get_absolute_url()
            assert client.get(thread.get_absolute_url()).status_code == 200
        kept.refresh_from_db()
        assert kept.discussion == threads[0]
        page = client.get(kept.get_absolute_url()).content.decode()
        assert f'href="/posts/{threads[1].pk}/"' in page
        assert MergedStudy.objects.get().thread == threads[1]

    def test_moves_citations_both_ways_with_their_places_and_lets_no_study_cite_itself(self):
        kept, gone = make_study(), make_study()
        citing, cited = make_study(), make_study()
        cite(citing, cited, doi=cited.doi)
        cite(citing, gone, doi=gone.doi)
        cite(citing, kept, doi=kept.doi)
        cite(kept, gone, doi=gone.doi)
        cite(kept, cited, doi=cited.doi)
        cite(gone, kept, doi=kept.doi)
        merge(kept, gone)
        kept.refresh_from_db()
        assert list(citing.citations.values_list("position", "cited")) == [(1, cited.pk), (2, kept.pk), (3, kept.pk)]
        assert list(kept.citations.values_list("position", "cited")) == [(1, None), (2, cited.pk)]
        assert (kept.reference_count, kept.cites_count, kept.cited_by_count) == (2, 1, 1)
        assert counters_true()

    def test_takes_the_reference_list_where_the_kept_study_has_none(self):
        kept, gone, cited = make_study(), make_study(), make_study()
        cite(gone, cited, doi=cited.doi)
        merge(kept, gone)
        assert list(kept.citations.values_list("cited", flat=True)) == [cited.pk]
        assert counters_true()

    def test_carries_each_tag_once(self):
        kept, gone = make_study(tags=["acne", "light"]), make_study(tags=["light", "skin"])
        merge(kept, gone)
        assert sorted(kept.tags.values_list("name", flat=True)) == ["acne", "light", "skin"]
        assert Tag.objects.get(name="light").use_count == 1
        assert counters_true()

    @pytest.mark.parametrize(
        ("mine", "its", "stays"),
        [
            ({}, None, "mine"),
            (None, {}, "its"),
            ({}, {}, "mine"),
            ({}, {"written_on": "2027-01-01"}, "its"),
            ({"written_on": "2027-01-01"}, {"reviewed_on": "2026-02-02", "reviewer_name": "ann"}, "its"),
        ],
    )
    def test_keeps_the_reviewed_or_newer_summary_and_the_other_in_the_history(self, mine, its, stays):
        kept, gone = make_study(), make_study()
        for study, tldr, facts in ((kept, "mine", mine), (gone, "its", its)):
            if facts is not None:
                Summary.objects.create(**{"study": study, "tldr": tldr, "written_on": "2026-01-01"} | facts)
        merged = merge(kept, gone)
        assert merged.summary.tldr == stays
        assert merged.text.plain.startswith(stays)
        told = StudyChange.objects.filter(kind="summary").first()
        assert (told.before["tldr"] if told else None) == (
            {"mine": "its", "its": "mine"}[stays] if mine is not None and its is not None else None
        )

    def test_keeps_saves_follows_and_both_notes(self):
        kept, gone = make_study(), make_study()
        one, both = make_member(), make_member()
        SavedStudy.objects.create(member=one, study=gone, note="Only there.")
        SavedStudy.objects.create(member=both, study=gone, note="There.")
        SavedStudy.objects.create(member=both, study=kept, note="Here.")
        for member in (one, both):
            following.follow(member, gone)
        merge(kept, gone)
        assert dict(SavedStudy.objects.values_list("member", "note")) == {
            one.pk: "Only there.",
            both.pk: "Here.\n\nThere.",
        }
        assert set(SavedStudy.objects.values_list("study", flat=True)) == {kept.pk}
        assert following.followers_of(kept) == {one.pk, both.pk}
        assert not following.followers_of(gone)

    def test_is_told_in_the_history_with_what_the_other_said(self):
        kept, gone = make_study("Kept"), make_study("Gone", authors=["Roe"], published_year=2011)
        StudyChange.record(gone, StudyChange.Kind.EDITED, "Something before.")
        librarian = make_librarian()
        merge(kept, gone, actor=librarian, reason="The same trial.")
        change = StudyChange.objects.get(kind="merged")
        assert (change.study, change.actor, change.reason) == (kept, librarian, "The same trial.")
        assert change.words == f"Study {gone.pk}, “Gone”, was merged into this one."
        assert (change.before["title"], change.before["published_year"], change.before["doi"]) == (
            "Gone",
            2011,
            gone.doi,
        )
        assert StudyChange.objects.filter(study=kept, kind="edited").exists()

    def test_what_was_set_by_hand_goes_along(self):
        kept, gone = make_study(), make_study(evidence_level="2-trial", kept_fields=["evidence_level"], volume="7")
        merged = merge(kept, gone)
        assert (merged.evidence_level, merged.kept_fields, merged.volume) == ("2-trial", ["evidence_level"], "7")

    def test_pressing_twice_does_it_once(self):
        kept, gone = make_study(), make_study()
        again = Study(pk=gone.pk)
        assert merge(kept, gone) == merge(kept, again)
        assert StudyChange.objects.filter(kind="merged").count() == 1

    def test_says_what_cannot_be_merged(self):
        kept = make_study()
        with pytest.raises(CannotMerge, match="itself"):
            merge(kept, kept)
        with pytest.raises(CannotMerge, match="not in the library any more"):
            merge(kept, Study(pk=kept.pk + 999))
        assert Study.objects.count() == 1


@pytest.mark.django_db
class TestOldAddresses:
    @pytest.mark.parametrize("rest", ["", "references/", "cited-by/", "posts/", "similar/"])
    def test_lead_to_the_kept_study_for_good(self, client, rest):
        kept, gone = make_study("The kept one"), make_study("The gone one")
        old = gone.get_absolute_url()
        merge(kept, gone)
        answer = client.get(f"{old}{rest}?after=x")
        assert (answer.status_code, answer["Location"]) == (301, f"{kept.get_absolute_url()}{rest}?after=x")
        assert client.get(f"/studies/{gone.pk or MergedStudy.objects.get().old_id}/").status_code == 301

    def test_any_old_slug_will_do(self, client):
        kept, gone = make_study(), make_study()
        number = gone.pk
        merge(kept, gone)
        answer = client.get(f"/studies/{number}/some-older-title/", follow=True)
        assert answer.redirect_chain[-1] == (kept.get_absolute_url(), 301)

    def test_chains_are_one_step(self, client):
        first, second, third = make_study(), make_study(), make_study()
        numbers = [first.pk, second.pk]
        merge(second, first)
        merge(third, Study.objects.get(pk=numbers[1]))
        assert set(MergedStudy.objects.values_list("old_id", "study_id")) == {(number, third.pk) for number in numbers}
        for number in numbers:
            assert client.get(f"/studies/{number}/")["Location"] == f"/studies/{third.pk}/"

    def test_a_form_sent_to_one_is_sent_on(self, client):
        kept, gone = make_study(), make_study()
        old = gone.get_absolute_url()
        merge(kept, gone)
        client.force_login(make_member())
        answer = client.post(f"{old}discuss/")
        assert (answer.status_code, answer["Location"]) == (308, f"{kept.get_absolute_url()}discuss/")

    def test_what_never_was_stays_a_404(self, client):
        for address in ("/studies/999999/", "/studies/99999999999999999999/x/", "/studies/1/%00/", "/studies/999999"):
            assert client.get(address).status_code in (400, 404, 301), address

    def test_identifiers_lead_there_too(self, client):
        kept, gone = make_study(pmid="1"), make_study(pmid="2")
        identifiers = [("doi", gone.doi), ("pmid", "2"), ("doi", kept.doi), ("pmid", "1")]
        merge(kept, gone)
        assert OtherIdentifier.objects.count() == 2
        for kind, value in identifiers:
            assert client.get(f"/studies/{kind}/{value}")["Location"] == kept.get_absolute_url()

    def test_a_missing_identifier_is_taken_over(self):
        kept, gone = make_study(doi=None), make_study(pmid="2")
        doi = gone.doi
        merged = merge(kept, gone)
        assert (merged.doi, merged.pmid, OtherIdentifier.objects.count()) == (doi, "2", 0)


@pytest.mark.django_db
class TestRecordsOfMergedStudies:
    def two(self) -> tuple[Study, Study]:
        import_records([record("1", doi="10.9999/a"), record("2", "Another study", doi="10.9999/b")], "pubmed")
        import_records([StudyRecord("A study", doi="10.9999/b", volume="3")], "crossref")
        return Study.objects.get(pmid="1"), Study.objects.get(pmid="2")

    def test_move_where_there_was_none_of_the_kind(self):
        kept, gone = self.two()
        merged = merge(kept, gone)
        assert sorted(merged.sources.values_list("kind", flat=True)) == ["crossref", "pubmed"]
        assert (merged.title, merged.volume, merged.doi, merged.pmid) == ("A study", "3", "10.9999/a", "1")
        row = MergedStudy.objects.get()
        assert row.facts["records"]["pubmed"]["title"] == "Another study"

    def test_again_they_change_nothing(self):
        kept, gone = self.two()
        merge(kept, gone)
        before = rows()
        report = import_records([record("1", doi="10.9999/a"), record("2", "Another study", doi="10.9999/b")], "pubmed")
        assert (report.unchanged, report.refused) == (2, [])
        assert import_records([StudyRecord("A study", doi="10.9999/b", volume="3")], "crossref").unchanged == 1
        assert rows() == before

    def test_a_newer_one_of_the_gone_study_does_not_take_the_place_of_the_kept_ones(self):
        kept, gone = self.two()
        merge(kept, gone)
        report = import_records([record("2", "Changed", doi="10.9999/b")], "pubmed")
        assert (report.unchanged, dict(report.losses)) == (1, {MERGED_AWAY: 1})
        assert Study.objects.get().title == "A study"

    def test_other_sources_find_the_kept_study_by_either_identifier(self):
        kept, gone = self.two()
        merge(kept, gone)
        for doi, kind in (("10.9999/a", "csl"), ("10.9999/b", "openalex")):
            report = import_records([StudyRecord("A study", doi=doi)], kind)
            assert (report.updated, report.refused) == (1, [])
        assert Study.objects.get().doi == "10.9999/a"

    def test_a_citation_of_either_identifier_points_there(self):
        kept, gone = self.two()
        merge(kept, gone)
        import_records(
            [record("9", references=(*cites(pmid="2"), *cites(doi="10.9999/b"), *cites(pmid="1")))], "pubmed"
        )
        assert set(Citation.objects.values_list("cited", flat=True)) == {kept.pk}
        import_records([record("1", doi="10.9999/a", references=cites(doi="10.9999/b"))], "pubmed")
        assert Citation.objects.get(study=kept).cited is None
        assert counters_true()

    def test_what_has_neither_identifier_is_known_by_either_title(self):
        import_records([work(doi="10.9999/a"), work("Light of blue colour heals acne", doi="10.9999/b")], "crossref")
        kept, gone = Study.objects.order_by("pk")
        merge(kept, gone)
        import_records([work("Light of blue colour heals acne")], "ris")
        assert Study.objects.count() == 1


@pytest.mark.django_db
class TestMergingAtImport:
    def test_a_record_with_the_identifiers_of_two_joins_them_where_nothing_contradicts(self):
        import_records(
            [record("1", "Blue light and acne"), StudyRecord("Blue light and acne", doi="10.9999/b")], "demo"
        )
        kept = Study.objects.order_by("pk").first()
        linking = replace(record("1", "Blue light and acne.", doi="10.9999/b"), place="x.xml, record 1")
        report = import_records([record("8"), linking, record("9")], "pubmed")
        study = Study.objects.get(pmid="1")
        assert (study.pk, study.doi, Study.objects.count()) == (kept.pk, "10.9999/b", 3)
        assert (report.new, report.updated, report.refused) == (2, 1, [])
        assert "was merged into it, as a record has the identifiers of both (DOI 10.9999/b, PMID 1)" in str(
            report.merged[0]
        )
        assert StudyChange.objects.get(kind="merged").actor is None

    def test_a_dry_run_says_so_and_leaves_both(self):
        import_records(
            [record("1", "Blue light and acne"), StudyRecord("Blue light and acne", doi="10.9999/b")], "demo"
        )
        report = import_records([record("1", "Blue light and acne.", doi="10.9999/b")], "pubmed", dry_run=True)
        assert "would be merged into it" in "".join(map(str, report.merged)), report
        assert Study.objects.count() == 2

    def test_where_the_titles_differ_a_librarian_decides(self):
        import_records([record("1", "Blue light"), StudyRecord("Rosacea in the old", doi="10.9999/b")], "demo")
        report = import_records([record("1", "Blue light", doi="10.9999/b")], "pubmed")
        assert "name different studies" in report.refused[0].reason
        assert MergeProposal.objects.get().why == "a record has the identifiers of both (DOI 10.9999/b, PMID 1)"

    def test_a_title_twin_is_merged_when_the_identifiers_come(self):
        import_records([work()], "ris")
        import_records([work("Light for acne, a preliminary title", doi="10.9999/a")], "crossref")
        assert Study.objects.count() == 2
        import_records([work(doi="10.9999/a")], "pubmed")
        assert Study.objects.get().sources.count() == 3

    def test_what_a_librarian_keeps_apart_stays_apart(self):
        import_records([work()], "ris")
        import_records([work("Light for acne, a preliminary title", doi="10.9999/a")], "crossref")
        one, other = Study.objects.order_by("pk")
        MergeProposal.objects.create(study=one, other=other, why="x", score=0, state="apart")
        import_records([work(doi="10.9999/a")], "pubmed")
        assert Study.objects.count() == 2

    def test_proposals_of_the_gone_study_are_about_the_kept_one(self):
        studies = [make_study() for _ in range(4)]
        one, two, three, four = sorted(studies, key=lambda study: study.pk)
        for first, second in ((one, two), (one, three), (two, three), (two, four)):
            MergeProposal.objects.create(study=first, other=second, why="x", score=90)
        merge(one, two)
        pairs = set(MergeProposal.objects.values_list("study", "other", "state"))
        assert pairs == {(one.pk, None, "merged"), (one.pk, three.pk, "open"), (one.pk, four.pk, "open")}


@pytest.mark.django_db(transaction=True)
def test_merging_beside_imports_and_members_never_waits_in_a_circle():
    pairs = [(make_study(tags=["a", "b"]), make_study(tags=["b", "c"])) for _ in range(6)]
    for _, gone in pairs:
        cite(pairs[0][0], gone, doi=gone.doi)
        gone.open_discussion(make_member())
    faults: list[Exception] = []
    stop = threading.Event()

    def importing() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            references = tuple(Reference("x", doi=str(study.doi)) for pair in pairs for study in pair)
            try:
                import_records(
                    [record(str(number), authors=(Person("Roe"),), references=references, keywords=("a", "c"))],
                    "pubmed",
                )
            except OperationalError as error:
                faults.append(error)
        connections.close_all()

    def tagging() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                set_tags(pairs[0][0], StudyTag, [f"tag {(number + each) % 5}" for each in range(3)] + ["a", "c"])
            except OperationalError as error:
                faults.append(error)
        connections.close_all()

    threads = [threading.Thread(target=target) for target in (importing, tagging)]
    for thread in threads:
        thread.start()
    for kept, gone in pairs:
        merge(kept, gone)
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults
    assert MergedStudy.objects.count() == 6
    assert counters_true()


def test_titles_used_here_tell_something():
    assert work(TITLE).title == TITLE
