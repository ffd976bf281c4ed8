"""JATS and PubMed files are read into records: what is there is taken, what is not there is not made up."""

import gzip
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import markdown
from common.text import clean_line, plain_text
from studies.dates import PartialDate
from studies.importing import opening
from studies.importing.dates import first_appeared, medline_date, month_number, partial_date
from studies.importing.jats import read_jats
from studies.importing.prose import escaped, paragraph
from studies.importing.pubmed import read_pubmed
from studies.importing.record import Heading, NotAStudy, Person, Reference, Refusal, StudyRecord, tidy

FILES = Path(__file__).parent / "files"


@pytest.fixture(scope="module")
def article() -> StudyRecord:
    [record] = read_jats(BytesIO((FILES / "article.nxml").read_bytes()), "article.nxml")
    assert isinstance(record, StudyRecord)
    return record


@pytest.fixture(scope="module")
def pubmed() -> list:
    return list(read_pubmed(BytesIO((FILES / "records.xml").read_bytes()), "records.xml"))


def jats(front: str = "", back: str = "", title: str = "A title") -> StudyRecord | Refusal:
    text = (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>'
        '<article-id pub-id-type="pmid">90000001</article-id>'
        f"<title-group><article-title>{title}</article-title></title-group>{front}</article-meta></front>"
        f"<back>{back}</back></article>"
    )
    [record] = read_jats(BytesIO(text.encode()), "x.nxml")
    return record


class TestJats:
    def test_gives_the_identifiers(self, article):
        assert article.identifiers == {"doi": "10.9999/made.up.1", "pmid": "90000001", "pmcid": "PMC9000001"}

    def test_gives_the_title_as_plain_text_with_its_subtitle_and_without_footnote_marks(self, article):
        assert article.title == "Growth at 10⁶ cells: H2O and M. furfur: a made-up case"

    def test_gives_the_journal_and_only_issns_that_are_right(self, article):
        assert article.journal.title == "The Journal of Made-Up Examples"
        assert article.journal.abbreviation == "J. Made Up"
        assert article.journal.issns == ("1177-5475",)

    def test_gives_authors_in_order_without_editors_and_without_the_members_of_a_group(self, article):
        assert article.authors == (
            Person("O'Brien Jr", "María J", orcid="0000-0002-1825-0097"),
            Person("Li", "Wei"),
            Person(collective="Scalp Group"),
        )

    def test_gives_the_earliest_publication_date_at_its_most_precise(self, article):
        assert article.published == PartialDate(2012, 4, 3)

    def test_gives_volume_pages_language_and_type(self, article):
        assert (article.volume, article.issue, article.pages) == ("7", "2", "21-31")
        assert (article.language, article.article_type) == ("en", "case-report")

    def test_gives_the_authors_abstract_as_markdown_that_shows_their_very_words(self, article):
        first, second, third = article.abstract.split("\n\n")
        assert first.startswith("**Background** Hair ")
        assert second == "Second thought."
        assert third.startswith("**Trial registration** ")
        html = markdown.render(article.abstract)
        assert "Hair *grew* in one man, [see](javascript:alert(1)) <b>." in plain_text(html)
        assert "<a" not in html.split("registration")[0]

    def test_gives_the_registration_of_the_section_named_for_it(self, article):
        assert article.registration == "NCT01095302"

    def test_gives_keywords_and_no_subject_groups_or_abbreviations(self, article):
        assert article.keywords == ("Malassezia", "alopecia", "scalp")

    def test_gives_the_licence_of_the_article_and_not_of_its_data(self, article):
        assert article.licence == "CC BY-NC 4.0"
        assert article.licence_url == "https://creativecommons.org/licenses/by-nc/4.0/"
        assert article.open_access_url == "https://example.org/made-up/1"

    def test_gives_references_in_order_however_they_are_marked_up(self, article):
        assert [(each.text, each.year, each.doi, each.pmid) for each in article.references] == [
            ("Roe A, et al. A tagged reference. J Tags. 1999;1(2):3-9.", 1999, "10.9999/tagged", "90000002"),
            ("Doe B (2001) A printed reference. J Print 5: 1–2.", 2001, "10.9999/printed", ""),
            ("First half. 1980.", 1980, "", ""),
            ("Second half, PMID: 90000003.", None, "", "90000003"),
            ("A web page. https://example.org/page.", None, "", ""),
            ("Bad number.", None, "", ""),
        ]

    def test_tells_what_it_left_out(self, article):
        assert sorted(article.losses) == [
            "a reference's DOI is not one, and stays out",
            "the article counts more references than its list holds",
        ]

    def test_keeps_a_reference_that_has_nothing_but_its_place_out_and_says_so(self):
        record = jats(
            back="<ref-list><ref><label>1</label></ref><ref><mixed-citation>Kept.</mixed-citation></ref></ref-list>"
        )
        assert [reference.text for reference in record.references] == ["Kept."]
        assert record.losses == ("an entry of the reference list is empty",)

    def test_reads_a_namespaced_article(self):
        text = (
            '<a:article xmlns:a="https://jats.nlm.nih.gov/ns/archiving/1.3/"><a:front><a:article-meta>'
            '<a:article-id pub-id-type="doi">10.9999/ns</a:article-id><a:title-group>'
            "<a:article-title>Named</a:article-title></a:title-group></a:article-meta></a:front></a:article>"
        )
        [record] = read_jats(BytesIO(text.encode()), "x.xml")
        assert (record.title, record.doi) == ("Named", "10.9999/ns")

    def test_reads_every_article_of_a_set_and_keeps_the_others_beside_a_bad_one(self):
        one = (
            '<article><front><article-meta><article-id pub-id-type="pmid">{}</article-id>'
            "<title-group><article-title>{}</article-title></title-group></article-meta></front></article>"
        )
        text = f"<pmc-articleset>{one.format('1', 'One')}<article/>{one.format('3', 'Three')}</pmc-articleset>"
        first, second, third = read_jats(BytesIO(text.encode()), "set.xml")
        assert (first.title, third.title) == ("One", "Three")
        assert second == Refusal("set.xml, record 2 (line 1)", "it has no title")

    @pytest.mark.parametrize(
        ("permissions", "words"),
        [
            ('<license xlink:href="http://creativecommons.org/licenses/by/2.0"/>', "CC BY 2.0"),
            ('<license xlink:href="https://creativecommons.org/publicdomain/zero/1.0/"/>', "CC0 1.0"),
            (
                "<license><license-p>See http://creativecommons.org/licenses/by-sa/3.0/.</license-p></license>",
                "CC BY-SA 3.0",
            ),
            ("<license><p>under the Creative Commons Attribution License</p></license>", "CC BY"),
            (
                "<license><p>the Creative Commons Attribution-NonCommercial-NoDerivs 3.0 licence</p></license>",
                "CC BY-NC-ND 3.0",
            ),
            ("<license><p>All rights reserved.</p></license>", ""),
            ("<copyright-statement>© Somebody</copyright-statement>", ""),
        ],
    )
    def test_names_a_licence_only_where_the_file_does(self, permissions, words):
        assert jats(f"<permissions>{permissions}</permissions>").licence == words

    @pytest.mark.parametrize(
        ("dates", "published"),
        [
            ('<pub-date pub-type="ppub"><year>2005</year></pub-date><pub-date pub-type="epub"><day>24</day>'
             "<month>1</month><year>2006</year></pub-date>", "2005"),
            ('<pub-date pub-type="collection"><season>Jul-Sep</season><year>2004</year></pub-date>', "2004-07"),
            ('<pub-date pub-type="pmc-release"><month>3</month><year>2010</year></pub-date>', "2010-03"),
            ('<pub-date date-type="pub" publication-format="electronic" iso-8601-date="2020-02-29"/>', "2020-02-29"),
            ('<pub-date pub-type="epub"><day>31</day><month>2</month><year>2010</year></pub-date>', "2010-02"),
            ('<pub-date pub-type="epub"><year>soon</year></pub-date>', None),
        ],
    )  # fmt: skip
    def test_dates_an_article_no_more_precisely_than_it_says(self, dates, published):
        found = jats(dates).published
        assert (found.iso if found else None) == published

    @pytest.mark.parametrize(
        ("kind", "state"),
        [("retraction-forward", "retracted"), ("correction-forward", "corrected"), ("companion", "")],
    )
    def test_takes_a_retraction_from_the_link_to_its_notice(self, kind, state):
        record = jats(f'<related-article related-article-type="{kind}" xlink:href="10.9999/notice"/>')
        assert (record.retraction, record.retraction_notice) == (state, "10.9999/notice" if state else "")

    def test_knows_named_characters_without_any_dtd(self):
        text = (
            '<!DOCTYPE article PUBLIC "-//NLM//DTD X//EN" "x.dtd"><article><front><article-meta>'
            '<article-id pub-id-type="pmid">1</article-id><title-group><article-title>Caf&eacute; &beta;'
            "</article-title></title-group></article-meta></front></article>"
        )
        [record] = read_jats(BytesIO(text.encode()), "x.xml")
        assert record.title == "Café β"

    @pytest.mark.parametrize(
        "shape", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "'; DROP TABLE"]
    )
    def test_keeps_markup_in_texts_as_plain_text(self, shape):
        safe = shape.replace("&", "&amp;").replace("<", "&lt;")
        record = jats(
            f"<contrib-group><contrib><name><surname>{safe}</surname></name></contrib></contrib-group>"
            f'<article-id pub-id-type="doi">10.9999/{safe}</article-id><abstract><p>{safe}</p></abstract>',
            title=safe,
        )
        assert (record.title, record.authors[0].family) == (shape, shape)
        assert not {" ", "<", '"'} & set(record.doi)
        html = markdown.render(record.abstract)
        assert "<script" not in html
        assert "<img" not in html
        assert plain_text(html) == shape


class TestPubmed:
    def test_gives_the_identifiers_and_never_those_of_a_reference(self, pubmed):
        assert pubmed[0].identifiers == {"doi": "10.9999/made.up.1", "pmid": "90000001", "pmcid": "PMC9000001"}
        assert pubmed[1].identifiers == {"pmid": "90000002"}

    def test_does_not_borrow_the_identifiers_of_a_reference_where_it_has_none(self):
        text = (
            "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>T</ArticleTitle>"
            "</Article></MedlineCitation><PubmedData><ReferenceList><Reference><Citation>x</Citation><ArticleIdList>"
            '<ArticleId IdType="doi">10.9999/x</ArticleId><ArticleId IdType="pmc">PMC9</ArticleId></ArticleIdList>'
            "</Reference></ReferenceList></PubmedData></PubmedArticle></PubmedArticleSet>"
        )
        [found] = read_pubmed(BytesIO(text.encode()), "x.xml")
        assert found.identifiers == {"pmid": "1"}

    def test_gives_titles_without_full_stop_and_without_the_brackets_of_a_translation(self, pubmed):
        assert pubmed[0].title == "Growth of 10⁶ cells in one man"
        assert (pubmed[1].title, pubmed[1].language) == ("A translated title", "de")

    def test_gives_the_month_in_which_a_double_issue_began(self, pubmed):
        assert pubmed[0].published == PartialDate(1998, 12)
        assert pubmed[1].published == PartialDate(1997)

    def test_gives_valid_authors_groups_and_orcids(self, pubmed):
        assert pubmed[0].authors == (
            Person("O'Brien Jr", "Maria J"),
            Person("Li", "Wei", orcid="0000-0002-1694-233X"),
            Person(collective="Scalp Group"),
        )

    def test_gives_a_structured_abstract_as_markdown(self, pubmed):
        assert pubmed[0].abstract == "**Methods** We looked; P < 0.05.\n\n**Results** It grew."

    def test_gives_types_headings_keywords_and_registration(self, pubmed):
        record = pubmed[0]
        assert record.publication_types == ("Journal Article", "Randomized Controlled Trial")
        assert record.mesh == (Heading("Humans"), Heading("Lupus Erythematosus, Cutaneous", major=True))
        assert record.keywords == ("Alopecia",)
        assert record.registration == "NCT01095302"
        assert record.revised == "2020-01-02"

    def test_gives_the_gravest_notice_with_its_date(self, pubmed):
        record = pubmed[0]
        assert (record.retraction, record.retraction_notice) == ("retracted", "90000009")
        assert record.retraction_date == "2001-03-04"

    def test_gives_references_nested_ones_and_those_of_older_records_too(self, pubmed):
        assert [(each.text, each.year, each.doi, each.pmid) for each in pubmed[0].references] == [
            ("Roe A. A tagged reference. J Tags. 1999;1(2):3-9.", 1999, "10.9999/tagged", "90000002"),
            ("Nested. 2005.", 2005, "", ""),
        ]
        assert [(each.text, each.year, each.pmid) for each in pubmed[1].references] == [
            ("J Old. 1990 May 12;3(1):1-2", 1990, "90000007")
        ]

    def test_refuses_a_record_without_title_with_its_place_and_keeps_the_next(self, pubmed):
        assert pubmed[2].reason == "it has no title"
        assert pubmed[2].place.startswith("records.xml, record 3 (line ")
        assert len(pubmed) == 4

    def test_takes_a_chapter_with_its_book_in_the_journals_place(self, pubmed):
        chapter = pubmed[3]
        assert (chapter.title, chapter.journal.title, chapter.pmid) == ("A Chapter", "Made-Up Reviews", "90000004")
        assert chapter.authors == (Person("Roe", "Anna"),)
        assert chapter.published == PartialDate(2001, 2, 16)

    def test_says_so_when_a_file_holds_none(self):
        assert list(read_pubmed(BytesIO(b"<PubmedArticleSet/>"), "x.xml")) == [Refusal("x.xml", "holds no study")]


class TestDates:
    @pytest.mark.parametrize(
        ("text", "date"),
        [
            ("1998 Dec-1999 Jan", "1998-12"),
            ("2000 Spring", "2000"),
            ("1999 Jul-Aug", "1999-07"),
            ("2015 Mar 4", "2015-03-04"),
            ("2000 Nov 1-8", "2000-11-01"),
            ("1975-1976", "1975"),
            ("1995", "1995"),
            ("no year", None),
            ("2015 Feb 31", "2015-02"),
        ],
    )
    def test_of_medline_give_their_beginning(self, text, date):
        found = medline_date(text)
        assert (found.iso if found else None) == date

    @pytest.mark.parametrize(
        ("text", "number"), [("02", 2), ("Feb", 2), ("march", 3), ("13", None), ("", None), ("Summer", None)]
    )
    def test_have_months_in_words_and_numbers(self, text, number):
        assert month_number(text) == number

    def test_that_may_be_the_same_day_give_the_most_precise(self):
        dates = [PartialDate(2005), PartialDate(2005, 4, 12), PartialDate(2005, 5), None]
        assert first_appeared(dates) == PartialDate(2005, 4, 12)
        assert first_appeared([PartialDate(2004), PartialDate(2005, 4)]) == PartialDate(2004)
        assert first_appeared([]) is None

    @given(st.text(max_size=12), st.text(max_size=8), st.text(max_size=4))
    def test_are_never_made_of_nonsense(self, year, month, day):
        partial_date(year, month, day)
        medline_date(f"{year} {month} {day}")


class TestRecord:
    def test_is_the_same_after_a_round_through_json(self, article, pubmed):
        for record in (article, pubmed[0], pubmed[3]):
            again = StudyRecord.from_json(record.to_json())
            assert again == record
            assert again.digest == record.digest

    def test_has_a_digest_of_its_facts_and_not_of_where_it_was_read(self):
        one = StudyRecord("T", pmid="1", place="a.xml")
        assert one.digest == StudyRecord("T", pmid="1", place="b.xml").digest
        assert one.digest != StudyRecord("T.", pmid="1").digest

    def test_needs_a_title_and_an_identifier(self):
        with pytest.raises(NotAStudy, match="title"):
            StudyRecord("  ", pmid="1")
        with pytest.raises(NotAStudy, match="neither"):
            StudyRecord("T", doi="10.1/x")

    def test_says_which_identifier_it_left_out(self):
        assert StudyRecord("T", doi="nonsense", pmid="1").losses == ("the DOI is not one, and stays out",)

    @pytest.mark.parametrize(
        "facts",
        [
            {"title": 3, "pmid": "1"},
            {"title": "T", "pmid": "1", "authors": ["x"]},
            {"title": "T", "pmid": "1", "published": "soon"},
            {"pmid": "1"},
        ],
    )
    def test_of_another_shape_is_refused(self, facts):
        with pytest.raises(NotAStudy):
            StudyRecord.from_json(facts)

    def test_fits_the_columns_whatever_it_is_given(self):
        long = "x" * 5000
        people, cited = (Person(long, long),), (Reference(long),)
        texts = {"volume": long, "pages": long, "keywords": (long,), "abstract": "\x00a\x1b\r\nb\ud800"}
        record = StudyRecord(long, pmid="1", authors=people, references=cited, **texts)
        assert len(record.title) == 1000
        assert record.title.endswith("…")
        assert (len(record.volume), len(record.pages), len(record.authors[0].family)) == (50, 80, 150)
        assert record.abstract == "a\nb"


class TestProse:
    @given(st.text(max_size=40))
    def test_is_tidied_as_every_line_is_cleaned(self, text):
        assert tidy(text) == clean_line(text)

    @given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C",)), max_size=60))
    def test_escaped_shows_exactly_the_text(self, text):
        line = clean_line(text)
        shown = plain_text(markdown.render(escaped(line)))
        assert shown == line

    @pytest.mark.parametrize(
        "text",
        [
            "# no heading",
            "1. no list",
            "- no list",
            "+ no list",
            "- [ ] no task",
            "> no quote",
            "= no underline",
            "*a* _b_ `c` ~~d~~",
            "a | b",
            "[x](http://e.org) ![i](j) [^1]: x",
            "&amp; &copy;",
            "<b>x</b> P<0.05 and P < 0.05",
            "10% + 5",
            "a\\b",
        ],
    )
    def test_has_no_markdown_of_its_own(self, text):
        html = markdown.render(paragraph(text, "METHODS"))
        assert plain_text(html) == f"Methods {text}"
        assert plain_text(markdown.render(escaped(text))) == text


class TestOpening:
    def test_tells_the_format_by_the_first_element_and_not_by_the_name(self, tmp_path):
        path = tmp_path / "article.txt"
        path.write_bytes(gzip.compress((FILES / "records.xml").read_bytes()))
        kinds = [kind for kind, _ in opening.read(path)]
        assert kinds == ["pubmed"] * 4

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "is empty"),
            (b"  \n ", "is empty"),
            (b"<html><body/></html>", "begins with <html>, which is neither JATS nor PubMed nor EndNote XML"),
            (b"PK\x03\x04zip", "is cut off or damaged (File is not a zip file)"),
            (b"just words", opening.UNKNOWN),
            (b"\x00\x01\x02", opening.UNKNOWN),
        ],
    )
    def test_says_in_a_sentence_what_is_no_study_file(self, tmp_path, content, reason):
        path = tmp_path / "x.xml"
        path.write_bytes(content)
        assert list(opening.read(path)) == [("", Refusal("x.xml", reason))]

    def test_tells_how_far_it_has_come(self, tmp_path):
        seen = []
        list(opening.read(FILES / "records.xml", seen.append))
        assert seen[-1] == (FILES / "records.xml").stat().st_size
