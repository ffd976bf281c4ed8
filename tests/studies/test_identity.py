"""Works known again without identifiers: what is certain is joined, what is likely waits for a librarian."""

from dataclasses import replace
from itertools import groupby

import pytest

from studies.dates import PartialDate
from studies.importing import opening
from studies.importing.identity import compare, described, same_journal, sort_of, title_key
from studies.importing.importing import import_records
from studies.importing.record import JournalFacts, NotAStudy, Person, StudyRecord
from studies.models import MergeProposal, Study, StudySource
from tests.builders import make_study
from tests.shared import shared_file

TITLE = "Blue-light therapy in the treatment of acne vulgaris: a randomised trial"


def work(title: str = TITLE, year: int | None = 2018, author: str = "Doe", journal: str = "Skin Research", **facts):
    return StudyRecord(
        title,
        published=PartialDate(year) if year else None,
        authors=(Person(author, "J"),) if author else (),
        journal=JournalFacts(journal),
        **facts,
    )


class TestWhatIsEnough:
    @pytest.mark.parametrize("without", [{"year": None}, {"author": ""}, {"journal": ""}])
    def test_is_a_telling_title_with_two_of_year_author_and_journal(self, without):
        assert work(**without).identifiers == {}

    @pytest.mark.parametrize(
        "facts",
        [
            {"title": "Acne"},
            {"title": "Letter to the Editor"},
            {"title": "Author's reply"},
            {"title": "Erratum"},
            {"year": None, "author": ""},
            {"author": "", "journal": ""},
        ],
    )
    def test_less_is_refused_with_a_sentence(self, facts):
        with pytest.raises(NotAStudy, match="two of year, first author and journal"):
            work(**facts)

    def test_an_identifier_is_always_enough(self):
        assert StudyRecord("Reply", pmid="1").identifiers == {"pmid": "1"}


class TestTitles:
    @pytest.mark.parametrize(
        "other",
        [
            "Blue light therapy in the treatment of acne vulgaris: a randomised trial.",
            "[BLUE-LIGHT THERAPY IN THE TREATMENT OF ACNE VULGARIS - A RANDOMISED TRIAL]",
            "Blue‐light thérapy in the treatment of acne vulgaris:  a randomised trial",
        ],
    )
    def test_of_one_work_have_one_key(self, other):
        assert title_key(other) == title_key(TITLE)

    @pytest.mark.parametrize("title", ["", "Acne", "On acne", "In this issue", "Book review", "Case reports"])
    def test_that_name_many_works_have_none(self, title):
        assert title_key(title) == ""

    def test_in_other_scripts_have_one(self):
        assert title_key("寻常痤疮的蓝光治疗研究进展")
        assert title_key("Лечение угрей синим светом")

    @pytest.mark.parametrize(
        ("title", "sort"),
        [
            ("Erratum: Blue light", "erratum"),
            ("Correction to: Blue light", "erratum"),
            ("Correction of refractive errors in children", ""),
            ("Reply to: Blue light", "reply"),
            ("Blue light for acne: reply", "reply"),
            ("Response to blue light in acne", "reply"),
            ("Blue light for acne and the response", ""),
            ("Retraction: Blue light", "retraction"),
            ("Expression of concern: Blue light", "retraction"),
            ("Comment on: Blue light", "comment"),
            ("Re: Blue light", "comment"),
            ("Reactive oxygen in acne", ""),
        ],
    )
    def test_say_when_a_work_belongs_to_another(self, title, sort):
        assert sort_of(title) == sort


class TestJournals:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Adv Biomed Res", "Advanced Biomedical Research"),
            ("J. Am. Acad. Dermatol.", "Journal of the American Academy of Dermatology"),
            ("Proc Natl Acad Sci U S A", "Proc. Natl. Acad. Sci. U. S. A."),
            ("The Lancet", "Lancet (London, England)"),
            ("Arch Dermatol", "Archives of Dermatology"),
        ],
    )
    def test_are_known_by_their_abbreviations(self, one, other):
        assert same_journal(JournalFacts(one), JournalFacts(other))
        assert same_journal(JournalFacts(other), JournalFacts(one))

    @pytest.mark.parametrize(
        ("one", "other"), [("medRxiv", "The Lancet"), ("Br J Dermatol", "Br Med J"), ("Skin", "Skin Research")]
    )
    def test_of_other_names_are_others(self, one, other):
        assert not same_journal(JournalFacts(one), JournalFacts(other))


def verdict(one: StudyRecord, other: StudyRecord):
    return compare(described(one), described(other))


class TestCertain:
    def test_are_title_year_and_first_author(self):
        found = verdict(work(journal=""), work(journal=""))
        assert (found.certain, found.why) == (True, "title, year and first author are the same")

    def test_a_year_off_needs_author_and_journal_too(self):
        assert verdict(work(), work(year=2019)).certain
        assert not verdict(work(journal=""), work(year=2019, journal="")).certain
        assert not verdict(work(), work(year=2020)).certain

    def test_identifiers_of_other_kinds_do_not_matter(self):
        assert verdict(work(doi="10.9999/a"), work(pmid="1")).certain

    @pytest.mark.parametrize(
        "other",
        [
            work(author="Roe"),
            work(journal="medRxiv"),
            work(year=2021),
            work(volume="7"),
            work(title="Erratum: " + TITLE),
            work(title=TITLE + ": reply"),
            work(title=TITLE.replace("trial", "trial. Part II")),
            work(publication_types=("Published Erratum",)),
            work(publication_types=("Preprint",)),
            work(article_type="meeting-report"),
            work(doi="10.9999/b"),
            work(pages="S12"),
        ],
    )
    def test_nothing_is_where_anything_contradicts(self, other):
        one = work(doi="10.9999/a", volume="6", pages="112-9")
        assert verdict(one, one).certain
        assert not verdict(one, other).certain
        assert not verdict(other, one).certain

    def test_a_short_title_needs_every_other_fact(self):
        short = "Treatment of acne"
        assert not verdict(work(short, journal=""), work(short, journal="")).certain
        assert verdict(work(short), work(short)).certain

    def test_a_longer_family_name_is_the_same_author(self):
        assert verdict(work(author="Vega"), work(author="de la Vega")).certain
        assert not verdict(work(author="Li"), work(author="Lindgren")).certain


def proposals() -> list[tuple[str, int]]:
    return [(proposal.why, proposal.score) for proposal in MergeProposal.objects.order_by("pk")]


@pytest.mark.django_db
class TestJoining:
    def test_a_record_without_identifiers_joins_the_study_it_is(self):
        import_records([work(doi="10.9999/a")], "crossref")
        report = import_records([replace(work(volume="6"), place="x.ris, record 1")], "ris")
        study = Study.objects.get()
        assert (study.doi, study.volume, study.sources.count()) == ("10.9999/a", "6", 2)
        assert report.merged_count == 1
        assert str(report.merged[0]) == (
            f"x.ris, record 1: joined with study {study.pk} because title, year, first author and journal are the same"
        )
        assert not proposals()

    def test_the_other_way_about_the_identifiers_come_later(self):
        import_records([work()], "ris")
        import_records([work(doi="10.9999/a")], "crossref")
        import_records([work(pmid="1")], "pubmed")
        assert Study.objects.values_list("doi", "pmid").get() == ("10.9999/a", "1")

    def test_again_it_writes_nothing(self):
        import_records([work(), work("Another title of three words", journal="")], "ris")
        before = list(StudySource.objects.values_list("imported_at", "digest"))
        assert import_records([work(), work("Another title of three words", journal="")], "ris").unchanged == 2
        assert list(StudySource.objects.values_list("imported_at", "digest")) == before

    def test_one_that_is_known_by_two_facts_only_is_known_again(self):
        import_records([work(year=None)], "ris")
        assert import_records([work(year=None)], "ris").unchanged == 1

    def test_it_is_told_which_identifier_was_the_same(self):
        import_records([work(doi="10.9999/a")], "crossref")
        report = import_records([work(doi="10.9999/a")], "ris")
        assert report.merged[0].why == "the DOI 10.9999/a is the same"

    def test_of_two_records_in_one_batch_one_study_is_made(self):
        report = import_records([work(), work(doi="10.9999/a")], "ris")
        assert (report.new, report.updated, Study.objects.count()) == (1, 1, 1)
        assert Study.objects.get().doi == "10.9999/a"

    def test_a_study_written_by_hand_is_known_once_its_keys_are(self):
        from studies.importing.knowing import refresh_keys

        study = make_study(TITLE, authors=["Doe"], published_year=2018)
        refresh_keys(study)
        import_records([work(journal="")], "ris")
        assert Study.objects.get().sources.count() == 1

    def test_where_two_studies_fit_nothing_is_joined(self):
        import_records([work(doi="10.9999/a"), work(doi="10.9999/b")], "crossref")
        import_records([work()], "ris")
        assert Study.objects.count() == 3
        assert len(proposals()) == 3


@pytest.mark.django_db
class TestProposing:
    def test_the_same_title_with_two_dois_waits_for_a_librarian(self):
        import_records([work(doi="10.9999/preprint", journal="medRxiv"), work(doi="10.9999/a")], "crossref")
        assert Study.objects.count() == 2
        [(why, score)] = proposals()
        assert score == 100
        assert why == (
            "title, year and first author are the same, but the journals are not the same; "
            "the DOIs are not the same (10.9999/preprint, 10.9999/a)"
        )

    @pytest.mark.parametrize("other", [TITLE + ". Part II", TITLE.replace("acne vulgaris", "acne vulgariss")])
    def test_a_title_that_is_nearly_the_same_does_too(self, other):
        import_records([work()], "ris")
        import_records([work(other)], "ris")
        assert len(proposals()) == 1

    @pytest.mark.parametrize(
        "other",
        [work(author="Roe"), work(year=2010), work("Erratum: " + TITLE), work("Blue-light therapy and rosacea")],
    )
    def test_what_is_plainly_another_does_not(self, other):
        import_records([work(), other], "ris")
        assert Study.objects.count() == 2
        assert not proposals()

    def test_it_is_proposed_once_and_never_after_a_decision(self):
        import_records([work(doi="10.9999/a"), work(doi="10.9999/b")], "crossref")
        MergeProposal.objects.update(state="apart")
        import_records([work(doi="10.9999/a", volume="2")], "crossref")
        import_records([work(doi="10.9999/b", volume="2")], "ris")
        assert MergeProposal.objects.values_list("state", flat=True).get() == "apart"

    def test_costs_a_bounded_number_of_pairs_for_a_title_that_many_share(self):
        import_records([work(doi=f"10.9999/{n}") for n in range(60)], "crossref")
        MergeProposal.objects.all().delete()
        import_records([work(doi="10.9999/late")], "crossref")
        assert 0 < MergeProposal.objects.count() <= 40


@pytest.mark.django_db
class TestDryRun:
    def test_says_what_would_become_of_each_record_and_writes_nothing(self):
        import_records([work(doi="10.9999/a"), work("A title of its own here", doi="10.9999/c")], "crossref")
        before = list(Study.objects.values())
        records = [
            work(volume="6"),
            work("Something new under the sun", doi="10.9999/n"),
            work("A title of its own here", doi="10.9999/c"),
        ]
        report = import_records(records, "ris", dry_run=True)
        assert (report.new, report.updated, report.merged_count) == (1, 2, 2)
        assert [str(each) for each in report.new_titles] == ["Something new under the sun"]
        assert str(report.updated_titles[0]) == f"{TITLE}: volume"
        assert list(Study.objects.values()) == before
        assert StudySource.objects.filter(kind="ris").count() == 0
        wet = import_records(records, "ris")
        assert str(wet) == str(report)
        assert [each.why for each in wet.merged] == [each.why for each in report.merged]


@pytest.mark.django_db
def test_one_review_in_four_formats_is_one_set_of_studies():
    """The same 101 or 102 works as RIS, nbib, EndNote XML and EndNote JSON."""
    names, joined = ("ris", "nbib", "xml", "json"), {}
    for name in names:
        for kind, items in groupby(opening.read(shared_file(f"records/blue-light.{name}")), key=lambda item: item[0]):
            report = import_records((item for _, item in items), kind)
            assert report.refused == []
            joined[name] = report.merged
    assert Study.objects.count() <= 102
    assert len(joined["nbib"]) == 80
    assert any(each.why.startswith("title, year, first author") for each in joined["json"])
    study = Study.objects.get(pmid="29657938")
    assert set(study.sources.values_list("kind", flat=True)) == {"ris", "medline", "endnote"}
    assert (study.doi, study.journal.issns) == ("10.4103/abr.abr_99_17", ["2277-9175"])
    for name in names:
        for kind, items in groupby(opening.read(shared_file(f"records/blue-light.{name}")), key=lambda item: item[0]):
            if kind != "endnote":  # its two files give the same records each in another way
                assert import_records((item for _, item in items), kind).updated == 0
