"""Works of OpenAlex and Crossref, and CSL-JSON: what is there is taken, what is not there is not made up."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.dates import PartialDate
from studies.importing import crossref, openalex
from studies.importing.languages import language_code
from studies.importing.names import listed, spoken
from studies.importing.record import Heading, NotAStudy, Person, Reference
from studies.importing.words import abstract_of, title_of
from tests.shared import shared_file

WORK = {
    "id": "https://openalex.org/W1",
    "doi": "https://doi.org/10.9999/Made.Up",
    "title": "Growth <i>in vivo</i> &amp; 10<sup>6</sup> cells.",
    "publication_date": "2020-01-01",
    "ids": {
        "pmid": "https://pubmed.ncbi.nlm.nih.gov/90000001",
        "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/9000001",
    },
    "language": "en",
    "type": "article",
    "primary_location": {
        "license": "cc-by-nc",
        "source": {"display_name": "Made Up", "type": "journal", "issn_l": "1177-5475", "issn": ["1177-5475", "0000"]},
    },
    "open_access": {"is_oa": True, "oa_url": "https://example.org/1.pdf"},
    "authorships": [
        {"author": {"display_name": "Jan van der Berg", "orcid": "https://orcid.org/0000-0002-1825-0097"}},
        {"author": {"display_name": "Scalp Study Group"}},
        {"author": None, "raw_author_name": "O'Brien, María J."},
    ],
    "biblio": {"volume": "7", "issue": None, "first_page": "21", "last_page": "31"},
    "mesh": [
        {"descriptor_name": "Alopecia", "qualifier_name": "drug therapy", "is_major_topic": True},
        {"descriptor_name": "Alopecia", "qualifier_name": None, "is_major_topic": False},
        {"descriptor_name": "Humans", "is_major_topic": False},
    ],
    "keywords": [{"display_name": "Hue", "score": 0.9}],
    "referenced_works": ["https://openalex.org/W2"],
    "abstract_inverted_index": {"BackgroundHair": [0], "grows.MethodsWe": [1], "cut": [2], "it.": [3]},
    "is_retracted": False,
    "updated_date": "2024-05-15T09:45:55.437331",
}
MESSAGE = {
    "DOI": "10.9999/Made.Up",
    "type": "journal-article",
    "title": ["Growth &amp;amp; <i>more</i>"],
    "subtitle": ["A trial"],
    "container-title": ["The Journal of Made-Up Examples"],
    "short-container-title": ["J. Made Up"],
    "ISSN": ["1177-5475"],
    "published-print": {"date-parts": [[2012, 5]]},
    "published-online": {"date-parts": [[2012, 4, 3]]},
    "author": [
        {"given": "Jan", "family": "van der Berg", "suffix": "Jr.", "ORCID": "http://orcid.org/0000-0002-1825-0097"},
        {"name": "Scalp Group"},
        {"given": "Plato"},
        "nobody",
    ],
    "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>Background</jats:title><jats:p>p &lt; 0.05 for "
    "10<jats:sup>6</jats:sup> *cells*</jats:p></jats:sec><jats:sec><jats:title>RESULTS</jats:title>"
    "<jats:p>None.</jats:p></jats:sec>",
    "license": [
        {"content-version": "am", "URL": "https://creativecommons.org/licenses/by-nc-nd/4.0/"},
        {"content-version": "vor", "URL": "http://creativecommons.org/licenses/by/4.0/"},
    ],
    "clinical-trial-number": [{"clinical-trial-number": "nct01095302", "registry": "10.18810/clinical-trials-gov"}],
    "reference": [
        {"key": "1", "DOI": "10.9999/cited", "author": "Roe", "article-title": "Cited", "journal-title": "J Tags",
         "year": "1999a", "volume": "1", "first-page": "3"},
        {"key": "2", "unstructured": "Doe B (2001) Printed. doi:10.9999/printed PMID: 90000003"},
        {"key": "3"},
    ],
    "deposited": {"date-time": "2023-01-02T03:04:05Z"},
    "is-referenced-by-count": 3,
}  # fmt: skip


class TestOpenAlex:
    def test_gives_all_that_a_work_says(self):
        record = openalex.record_of(WORK, "here")
        assert record.identifiers == {"doi": "10.9999/made.up", "pmid": "90000001", "pmcid": "PMC9000001"}
        assert record.title == "Growth in vivo & 10⁶ cells"
        assert record.authors == (
            Person("van der Berg", "Jan", orcid="0000-0002-1825-0097"),
            Person(collective="Scalp Study Group"),
            Person("O'Brien", "María J."),
        )
        assert (record.journal.title, record.journal.issns) == ("Made Up", ("1177-5475",))
        assert (record.volume, record.issue, record.pages, record.language) == ("7", "", "21-31", "en")
        assert record.mesh == (Heading("Alopecia", True), Heading("Humans"))
        assert (record.licence, record.open_access_url) == ("CC BY-NC", "https://example.org/1.pdf")
        assert record.abstract == "**Background** Hair grows.\n\n**Methods** We cut it."
        assert (record.publication_types, record.revised, record.place) == (("Journal Article",), "2024-05-15", "here")

    def test_takes_the_first_of_january_for_a_year_alone(self):
        assert openalex.record_of(WORK, "").published == PartialDate(2020)
        assert openalex.record_of(WORK | {"publication_date": "2020-03-01"}, "").published == PartialDate(2020, 3)
        assert openalex.record_of(WORK | {"publication_date": "2020-03-02"}, "").published == PartialDate(2020, 3, 2)

    def test_leaves_out_references_by_its_own_numbers_and_says_so(self):
        record = openalex.record_of(WORK, "")
        assert record.references == ()
        assert record.losses == (openalex.ONLY_THEIR_NUMBERS,)

    def test_takes_machine_made_keywords_only_where_nlm_gives_no_headings(self):
        assert openalex.record_of(WORK, "").keywords == ()
        assert openalex.record_of(WORK | {"mesh": []}, "").keywords == ("Hue",)

    def test_never_takes_its_guess_of_a_review_for_evidence(self):
        assert openalex.record_of(WORK | {"type": "review"}, "").publication_types == ()

    def test_tells_a_retracted_work_from_the_notice(self):
        assert openalex.record_of(WORK | {"is_retracted": True}, "").retraction == "retracted"
        notice = openalex.record_of(WORK | {"is_retracted": True, "type": "retraction"}, "")
        assert (notice.retraction, notice.publication_types) == ("", ("Retraction of Publication",))

    @pytest.mark.parametrize(
        ("name", "count"), [("openalex_sample_response", 3), ("openalex_works", 3), ("work_by_doi", 1)]
    )
    def test_takes_every_work_of_the_real_answers(self, name, count):
        works = json.loads(shared_file(f"records/openalex/{name}.json").read_text())["results"]
        records = [openalex.record_of(work, name) for work in works]
        assert len(records) == count
        assert all(record.doi and record.pmid and record.authors and record.published for record in records)


class TestCrossref:
    def test_gives_all_that_a_work_says(self):
        record = crossref.record_of(MESSAGE, "here")
        assert record.identifiers == {"doi": "10.9999/made.up"}
        assert record.title == "Growth & more: A trial"
        assert record.authors == (
            Person("van der Berg Jr", "Jan", orcid="0000-0002-1825-0097"),
            Person(collective="Scalp Group"),
            Person("Plato"),
        )
        assert record.published == PartialDate(2012, 4, 3)
        assert record.abstract == "**Background** p < 0.05 for 10⁶ \\*cells\\*\n\n**Results** None."
        assert record.licence_url == "https://creativecommons.org/licenses/by/4.0/"
        assert (record.licence, record.registration) == ("CC BY 4.0", "NCT01095302")
        assert record.references == (
            Reference("Roe. Cited. J Tags. 1999a;1:3.", 1999, "10.9999/cited"),
            Reference("Doe B (2001) Printed. doi:10.9999/printed PMID: 90000003", None, "10.9999/printed", "90000003"),
        )
        assert record.losses == ("an entry of the reference list is empty",)
        assert (record.publication_types, record.revised, record.place) == (("Journal Article",), "2023-01-02", "here")

    def test_reads_what_its_resolver_answers_as_csl(self):
        record = crossref.record_of(MESSAGE | {"title": "One", "subtitle": [], "container-title": "J. One"}, "")
        assert (record.title, record.journal.title) == ("One", "J. One")

    def test_names_the_server_of_a_preprint(self):
        record = crossref.record_of(
            {"DOI": "10.1101/1", "type": "posted-content", "subtype": "preprint", "title": ["P"],
             "institution": [{"name": "medRxiv"}], "posted": {"date-parts": [[2021, 2, 3]]}}, ""
        )  # fmt: skip
        assert (record.journal.title, record.publication_types) == ("medRxiv", ("Preprint",))
        assert record.published == PartialDate(2021, 2, 3)

    @pytest.mark.parametrize(
        ("kind", "state"), [("retraction", "retracted"), ("expression_of_concern", "concern"), ("erratum", "corrected")]
    )
    def test_tells_a_work_that_was_updated_from_the_notice_that_updates(self, kind, state):
        update = {"type": kind, "DOI": "10.9999/other", "updated": {"date-parts": [[2020, 2, 1]]}}
        work = crossref.record_of(MESSAGE | {"updated-by": [update]}, "")
        assert (work.retraction, work.retraction_notice, work.retraction_date) == (state, "10.9999/other", "2020-02-01")
        notice = crossref.record_of(MESSAGE | {"title": ["RETRACTED: x"], "update-to": [update]}, "")
        assert notice.retraction == ""
        assert crossref.NOTICES[state] in notice.publication_types

    @pytest.mark.parametrize(
        ("title", "state"),
        [
            ("RETRACTED: Growth", "retracted"),
            ("RETRACTED ARTICLE: Growth", "retracted"),
            ("[Retracted] Growth", "retracted"),
            ("Retraction: Growth", ""),
            ("Retracted: Growth", ""),  # so some publishers call the notice
        ],
    )
    def test_believes_what_the_publisher_wrote_before_the_title(self, title, state):
        assert crossref.record_of(MESSAGE | {"title": [title], "subtitle": []}, "").retraction == state


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


class TestWhateverTheJson:
    @given(st.dictionaries(st.sampled_from(sorted(WORK)), anything))
    def test_an_openalex_work_gives_a_record_or_is_no_study(self, facts):
        with contextlib.suppress(NotAStudy):
            openalex.record_of(facts, "")

    @given(st.dictionaries(st.sampled_from([*MESSAGE, "update-to", "updated-by", "institution"]), anything))
    def test_a_crossref_work_gives_a_record_or_is_no_study(self, facts):
        with contextlib.suppress(NotAStudy):
            crossref.record_of(facts, "")


class TestWords:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("A <b>bold</b> <jats:italic>claim</jats:italic>.", "A bold claim"),
            ("If a<b and c>d", "If a<b and c>d"),
            ("p &lt; 0.05", "p < 0.05"),
            ("&lt;i&gt;In vitro&lt;/i&gt;", "In vitro"),
            ("x?a=1&copy=2", "x?a=1&copy=2"),
            ("m<sup>2</sup> and 1<sup>st</sup>", "m² and 1st"),
            ("<script>alert(1)</script>Kept", "Kept"),
            ("What next...", "What next..."),
            ("<mml:math><mml:mi>β</mml:mi><tex-math>\\beta</tex-math></mml:math>-carotene", "β-carotene"),
        ],
    )
    def test_a_title_is_one_plain_line(self, given, expected):
        assert title_of(given) == expected

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("BACKGROUND: One. METHODS: Two. RESULTS: Three.", ["**Background** One.", "**Methods** Two.", "**Results** Three."]),
            ("Aims: One.\nMaterials and methods: Two.", ["**Aims** One.", "**Materials and methods** Two."]),
            ("Only one label. RESULTS: Two.", ["Only one label. RESULTS: Two."]),
            ("BACKGROUND: One. TNF: two. RESULTS: Three.", ["**Background** One. TNF: two.", "**Results** Three."]),
            ("BACKGROUND: One (Design: two). RESULTS: x.", ["**Background** One (Design: two).", "**Results** x."]),
            ("One.\n\nTwo.", ["One.", "Two."]),
            ("<p>One.</p><p>Two.</p>", ["One.", "Two."]),
            ("# no *heading*", ["\\# no \\*heading\\*"]),
        ],
    )  # fmt: skip
    def test_an_abstract_is_paragraphs_labelled_where_clearly_so(self, given, expected):
        assert abstract_of(given).split("\n\n") == expected

    @given(st.text())
    def test_any_text_is_a_title_and_an_abstract(self, text):
        title_of(text)
        abstract_of(text)


class TestNames:
    @pytest.mark.parametrize(
        ("text", "person"),
        [
            ("van der Berg, A. B.", Person("van der Berg", "A. B.")),
            ("Smith, Jr., John", Person("Smith Jr", "John")),
            ("Smith, John, Jr.", Person("Smith Jr", "John")),
            ("Fanning E.", Person("Fanning", "E.")),
            ("de la Cruz MA", Person("de la Cruz", "MA")),
            ("Shannon,Claude E.", Person("Shannon", "Claude E.")),
            ("Plato", Person("Plato")),
        ],
    )
    def test_listed_family_first(self, text, person):
        assert listed(text) == person

    @pytest.mark.parametrize(
        ("text", "person"),
        [
            ("Ludwig van der Berg", Person("van der Berg", "Ludwig")),
            ("Wei LI", Person("LI", "Wei")),
            ("Martin Luther King Jr.", Person("King Jr", "Martin Luther")),
            ("Al Gore", Person("Gore", "Al")),
            ("van Gogh", Person("van Gogh")),
            ("RECOVERY Collaborative Group", Person(collective="RECOVERY Collaborative Group")),
        ],
    )
    def test_spoken_given_name_first(self, text, person):
        assert spoken(text) == person

    @given(st.text(max_size=60))
    def test_any_text_is_some_name(self, text):
        listed(text)
        spoken(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("eng", "en"), ("en-US", "en"), ("English", "en"), ("deu", "de"), ("ger", "de"), ("German", "de"), ("und", ""),
     ("", ""), ("Chinese", "zh"), ("pt_BR", "pt"), ("kli", "kli")],
)  # fmt: skip
def test_languages_have_their_iso_code(text, code):
    assert language_code(text) == code
