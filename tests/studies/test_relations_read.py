"""Relations, funding, interests and registrations, as each format states them."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

import pytest

from studies.importing import crossref, medline, openalex
from studies.importing.jats import read_jats
from studies.importing.pubmed import read_pubmed
from studies.importing.record import OPPOSITES, NotAStudy, Relation, StudyRecord
from studies.models import RelationKind
from studies.registries import registry_of


def pubmed(*comments: tuple[str, str, str], types: str = "", more: str = "") -> StudyRecord:
    listed = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>{text}</RefSource>'
        f"{f'<PMID>{pmid}</PMID>' if pmid else ''}</CommentsCorrections>"
        for kind, text, pmid in comments
    )
    xml = (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>A title</ArticleTitle>"
        f"<PublicationTypeList><PublicationType>{types}</PublicationType></PublicationTypeList>{more}</Article>"
        f"<CommentsCorrectionsList>{listed}</CommentsCorrectionsList><CoiStatement>None declared.</CoiStatement>"
        "</MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )
    [record] = read_pubmed(BytesIO(xml.encode()), "x")
    assert isinstance(record, StudyRecord), record
    return record


def jats(links: str = "", meta: str = "", back: str = "") -> StudyRecord:
    xml = (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>'
        '<article-id pub-id-type="pmid">1</article-id><title-group><article-title>A title</article-title></title-group>'
        f"{links}{meta}</article-meta></front><back>{back}</back></article>"
    )
    [record] = read_jats(BytesIO(xml.encode()), "x")
    assert isinstance(record, StudyRecord), record
    return record


def kinds(record: StudyRecord) -> list[str]:
    return [relation.kind for relation in record.relations]


class TestPubMed:
    @pytest.mark.parametrize(
        ("named", "kind"),
        [
            ("RetractionIn", "retracted_by"), ("RetractionOf", "retracts"),
            ("ExpressionOfConcernIn", "concern_in"), ("ExpressionOfConcernFor", "concern_about"),
            ("ErratumIn", "corrected_by"), ("ErratumFor", "corrects"),
            ("CorrectedandRepublishedIn", "republished_as"), ("CorrectedandRepublishedFrom", "republishes"),
            ("RetractedandRepublishedIn", "replaced_by"), ("UpdateIn", "updated_by"), ("UpdateOf", "updates"),
            ("CommentIn", "commented_by"), ("CommentOn", "comments_on"),
        ],
    )  # fmt: skip
    def test_states_each_kind_of_relation(self, named: str, kind: str) -> None:
        [relation] = pubmed((named, "J Made Up. 2001 Mar 4;9(1):1. doi: 10.9999/n", "9")).relations
        assert relation == Relation(
            kind, doi="10.9999/n", pmid="9", text="J Made Up. 2001 Mar 4;9(1):1. doi: 10.9999/n", date="2001-03-04"
        )

    def test_calls_the_published_version_an_update_of_its_preprint(self) -> None:
        assert kinds(pubmed(("UpdateIn", "J Later. 2021", "2"), types="Preprint")) == ["preprint_of"]
        assert kinds(pubmed(("UpdateOf", "medRxiv. 2020 May 1:2020", "3"))) == ["has_preprint"]
        assert kinds(pubmed(("UpdateOf", "Cochrane Database Syst Rev. 2011", "4"))) == ["updates"]

    def test_knows_no_relation_in_references_and_summaries_for_patients(self) -> None:
        assert not kinds(pubmed(("Cites", "J Old", "5"), ("SummaryForPatientsIn", "J Plain", "6")))

    def test_states_funding_interests_and_every_registration(self) -> None:
        record = pubmed(
            more="<DataBankList><DataBank><AccessionNumberList><AccessionNumber>NCT00000002</AccessionNumber>"
            "<AccessionNumber>GSE1</AccessionNumber><AccessionNumber>ISRCTN12345678</AccessionNumber>"
            "</AccessionNumberList></DataBank></DataBankList><GrantList><Grant><GrantID>R01 AR1</GrantID>"
            "<Agency>NIAMS NIH HHS</Agency><Country>United States</Country></Grant></GrantList>"
        )
        assert record.registrations == ("NCT00000002", "ISRCTN12345678") and record.registration == "NCT00000002"
        assert record.funding == ("R01 AR1, NIAMS NIH HHS, United States",)
        assert record.conflicts == "None declared."


class TestMedline:
    def test_states_the_same_as_the_xml(self) -> None:
        tags = {
            "PMID": "1", "TI": ["A title."], "SI": ["ClinicalTrials.gov/NCT00000002", "GEO/GSE1"],
            "RIN": ["J Made Up. 2001 Mar 4;9(1):1. doi: 10.9999/n. PMID: 9"], "CON": ["J Old. 1999. PMID: 8"],
            "UOF": ["bioRxiv. 2020. doi: 10.1101/1"], "GR": ["R01 AR1/AR/NIAMS NIH HHS/United States"],
            "COIS": ["None declared."],
        }  # fmt: skip
        record = medline.record_of(tags, "x")
        assert [(each.kind, each.doi, each.pmid, each.date) for each in record.relations] == [
            ("retracted_by", "10.9999/n", "9", "2001-03-04"), ("has_preprint", "10.1101/1", "", "2020"),
            ("comments_on", "", "8", "1999"),
        ]  # fmt: skip
        assert record.registrations == ("NCT00000002",)
        assert (record.conflicts, record.funding) == ("None declared.", ("R01 AR1/AR/NIAMS NIH HHS/United States",))


class TestJats:
    @pytest.mark.parametrize(
        ("named", "kind"),
        [
            ("retraction-forward", "retracted_by"), ("retracted-article", "retracts"),
            ("corrected-article", "corrects"), ("correction-forward", "corrected_by"),
            ("object-of-concern", "concern_about"), ("concern-forward", "concern_in"),
            ("republished-article", "republishes"), ("preprint", "has_preprint"),
            ("commentary-article", "comments_on"), ("companion", "companion"),
        ],
    )  # fmt: skip
    def test_states_each_kind_of_relation(self, named: str, kind: str) -> None:
        link = f'<related-article related-article-type="{named}" ext-link-type="doi" xlink:href="10.9999/N"/>'
        assert kinds(jats(link)) == [kind]
        assert jats(link).relations[0].doi == "10.9999/n"

    def test_takes_pmids_and_pmcids_and_the_preprint_of_the_history(self) -> None:
        link = '<related-article related-article-type="retracted-article" ext-link-type="{}" xlink:href="{}"/>'
        found = jats(link.format("pmid", "77") + link.format("pmc", "88") + link.format("doi", "no doi")).relations
        assert [(relation.pmid, relation.pmcid) for relation in found] == [("77", ""), ("", "PMC88")]
        event = '<pub-history><event event-type="preprint"><self-uri xlink:href="https://doi.org/10.1101/1"/></event></pub-history>'
        assert jats(meta=event).relations == (Relation("has_preprint", doi="10.1101/1"),)

    def test_states_funding_by_award_else_in_words_and_interests_without_their_heading(self) -> None:
        award = (
            "<funding-group><award-group><funding-source><institution-wrap><institution-id>x</institution-id>"
            "<institution>A Fund</institution></institution-wrap></funding-source><award-id>R1</award-id></award-group>"
            "<funding-statement>Paid by A Fund.</funding-statement></funding-group>"
        )
        assert jats(meta=award).funding == ("R1, A Fund",)
        words = "<funding-group><funding-statement>Paid by B.</funding-statement></funding-group>"
        assert jats(meta=words).funding == ("Paid by B.",)
        notes = '<fn-group><fn fn-type="COI-statement"><p><bold>Competing interests:</bold></p><p>He owns it.</p></fn></fn-group>'
        assert jats(back=notes).conflicts == "He owns it."


class TestCrossref:
    def test_states_updates_from_both_ends_with_their_dates(self) -> None:
        update = {"DOI": "10.9999/W", "type": "retraction", "updated": {"date-parts": [[2011, 2, 3]]}}
        work = {"DOI": "10.9999/a", "title": ["A title"]}
        assert crossref.record_of({**work, "update-to": [update]}, "x").relations == (
            Relation("retracts", doi="10.9999/w", date="2011-02-03"),
        )
        assert crossref.record_of({**work, "updated-by": [update]}, "x").relations == (
            Relation("retracted_by", doi="10.9999/w", date="2011-02-03"),
        )

    def test_states_preprints_comments_and_replies_and_survives_odd_shapes(self) -> None:
        relation = {
            "has-preprint": [{"id-type": "doi", "id": "10.1101/1"}],
            "is-reply-to": [{"id-type": "doi", "id": "10.9999/b"}, "odd", {"id-type": "uri", "id": "x"}],
            "is-supplemented-by": [{"id-type": "doi", "id": "10.9999/data"}],
            "has-comment": {"id-type": "doi"},
        }
        message = {"DOI": "10.9999/a", "title": ["A title"], "relation": relation, "updated-by": [{"type": ["odd"]}, 3]}
        assert crossref.record_of(message, "x").relations == (
            Relation("has_preprint", doi="10.1101/1"), Relation("comments_on", doi="10.9999/b"),
        )  # fmt: skip

    def test_states_funders_and_trials(self) -> None:
        message = {
            "DOI": "10.9999/a", "title": ["A title"], "funder": [{"name": "A Fund", "award": ["R1", "R2"]}, {"name": "B"}],
            "clinical-trial-number": [{"clinical-trial-number": "nct00000003"}, {"clinical-trial-number": "ISRCTN12345678"}],
        }  # fmt: skip
        record = crossref.record_of(message, "x")
        assert record.funding == ("R1, R2, A Fund", "B")
        assert record.registrations == ("NCT00000003", "ISRCTN12345678")


class TestOpenAlex:
    def test_states_grants(self) -> None:
        work = {"id": "https://openalex.org/W1", "doi": "https://doi.org/10.9999/a", "title": "A title",
                "grants": [{"funder_display_name": "A Fund", "award_id": "R1"}], "is_retracted": True}  # fmt: skip
        record = openalex.record_of(work, "x")
        assert (record.funding, record.retraction) == (("R1, A Fund",), "retracted")


class TestRecord:
    def test_comes_back_from_its_json(self) -> None:
        record = StudyRecord(
            "A title", pmid="1", relations=(Relation("retracts", pmid="2", text="J", date="2001"),), funding=("A",),
            conflicts="None.", population="Men", registrations=("NCT00000001", "NCT00000002"),
        )  # fmt: skip
        assert StudyRecord.from_json(record.to_json()) == record

    @pytest.mark.parametrize(
        "odd", [{"relations": [3]}, {"relations": [{"kind": 3}]}, {"relations": 3}, {"funding": 3}]
    )
    def test_refuses_or_leaves_out_what_has_another_shape(self, odd) -> None:
        with suppress(NotAStudy):
            assert not StudyRecord.from_json({"title": "A title", "pmid": "1", **odd}).relations

    def test_leaves_out_a_relation_that_is_none(self) -> None:
        assert not StudyRecord(
            "A title", pmid="1", relations=(Relation("retracts"), Relation("likes", pmid="2"))
        ).relations

    def test_and_the_library_know_the_same_kinds(self) -> None:
        assert set(OPPOSITES) == set(RelationKind.values)
        assert all(OPPOSITES[opposite] == kind for kind, opposite in OPPOSITES.items())


@pytest.mark.parametrize(
    ("number", "address"),
    [
        ("NCT00000001", "https://clinicaltrials.gov/study/NCT00000001"),
        ("ISRCTN12345678", "https://www.isrctn.com/ISRCTN12345678"),
        ("2004-000001-23", "https://www.clinicaltrialsregister.eu/ctr-search/search?query=2004-000001-23"),
        ("CTRI/2010/091/000001", "https://trialsearch.who.int/Trial2.aspx?TrialID=CTRI%2F2010%2F091%2F000001"),
    ],
)
def test_a_registration_leads_to_its_registry(number: str, address: str) -> None:
    assert registry_of(number)[1] == address
