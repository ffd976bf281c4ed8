"""RIS, MEDLINE, BibTeX, EndNote and CSL-JSON in their dialects: each told by its content, each record with its place."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.dates import PartialDate
from studies.importing import opening, texts
from studies.importing.record import Heading, JournalFacts, Person, Reference, Refusal, StudyRecord
from studies.models import StudySource
from tests.shared import shared_file


def read(tmp_path: Path, content: str | bytes) -> list[tuple[str, StudyRecord | Refusal]]:
    path = tmp_path / "nameless"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(opening.read(path))


def one(tmp_path: Path, content: str | bytes, kind: str) -> StudyRecord:
    [(found, record)] = read(tmp_path, content)
    assert isinstance(record, StudyRecord), record
    assert found == kind
    return record


def ris(*fields: str, end: str = "\n") -> str:
    return end.join(["TY  - JOUR", "TI  - A made-up title", "DO  - 10.9999/ris", *fields, "ER  - ", ""])


class TestRis:
    def test_gives_all_that_a_record_says(self, tmp_path):
        record = one(
            tmp_path,
            ris(
                "AU  - van der Berg, Jan", "AU  - O'Brien, María J.", "A2  - Editor, An", "JO  - J. Made Up",
                "T2  - The Journal of Made-Up Examples", "PY  - 2011/02/14/Epub", "VL  - 7", "IS  - 2", "SP  - 21",
                "EP  - 31", "SN  - 1177-5475 (Print)", "LA  - English", "KW  - alopecia; *scalp", "KW  - hair",
                "C2  - PMC9000001", "N1  - PMID: 90000001", "N1  - Comment in: PMID: 90000009",
                "AB  - AIM: To see. METHODS: We looked. TRIAL REGISTRATION: NCT01095302.",
            ),
            "ris",
        )  # fmt: skip
        assert record.identifiers == {"doi": "10.9999/ris", "pmid": "90000001", "pmcid": "PMC9000001"}
        assert record.authors == (Person("van der Berg", "Jan"), Person("O'Brien", "María J."))
        assert record.journal == JournalFacts("The Journal of Made-Up Examples", "", ("1177-5475",))
        assert record.published == PartialDate(2011, 2, 14)
        assert (record.volume, record.issue, record.pages, record.language) == ("7", "2", "21-31", "en")
        assert record.keywords == ("alopecia", "scalp", "hair")
        assert record.abstract.split("\n\n")[:2] == ["**AIM** To see.", "**Methods** We looked."]
        assert record.registration == "NCT01095302"
        assert record.publication_types == ("Journal Article",)

    def test_takes_the_other_tags_of_other_programs(self, tmp_path):
        text = (
            "TY  - Journal Article\nT1  - Title\nA1  - Berg, J.\nY1  - 1948/07//\nJF  - J Full\nJA  - J. F.\n"
            "N2  - Words.\nUR  - https://doi.org/10.9999/UR\nSP  -\nXX  - unknown\nJP  - CRISPR\nER  -\n"
        )
        record = one(tmp_path, text, "ris")
        assert (record.title, record.doi, record.abstract) == ("Title", "10.9999/ur", "Words.")
        assert (record.journal.title, record.journal.abbreviation) == ("J Full", "J. F.")
        assert (record.published, record.authors) == (PartialDate(1948, 7), (Person("Berg", "J."),))

    @pytest.mark.parametrize(
        ("field", "doi"),
        [
            ("UR  - https://onlinelibrary.wiley.com/doi/abs/10.9999/Jocd.1?x=1", "10.9999/jocd.1"),
            ("L3  - 10.9999/l3", "10.9999/l3"),
            ("M3  - doi: 10.9999/m3", "10.9999/m3"),
            ("N1  - J Made Up. 2018;7:53. doi: 10.9999/n1. eCollection 2018.", "10.9999/n1"),
            ("N1  - Erratum in: J Made Up. doi: 10.9999/other", ""),
            ("UR  - https://example.org/10/9999", ""),
        ],
    )
    def test_finds_a_doi_where_it_hides(self, tmp_path, field, doi):
        record = one(tmp_path, ris(field, "AN  - PMID: 5").replace("DO  - 10.9999/ris\n", ""), "ris")
        assert record.doi == doi

    @pytest.mark.parametrize(
        ("fields", "pmid"),
        [
            (["AN  - 29657938", "DP  - NLM"], "29657938"),
            (["AN  - 29657938", "DB  - PubMed"], "29657938"),
            (["AN  - 29657938", "DB  - Embase"], ""),
            (["AN  - 29657938"], ""),
            (["AN  - MEDLINE:29657938"], "29657938"),
            (["C1  - PMID: 29657938"], "29657938"),
            (["UR  - https://pubmed.ncbi.nlm.nih.gov/29657938/"], "29657938"),
            (["ID  - 29657938"], ""),
        ],
    )
    def test_takes_a_pmid_only_where_it_is_announced(self, tmp_path, fields, pmid):
        assert one(tmp_path, ris(*fields), "ris").pmid == pmid

    def test_tells_nlms_headings_from_keywords(self, tmp_path):
        record = one(
            tmp_path, ris("KW  - Acne Vulgaris/*therapy", "Humans", "blue light", "*Phototherapy", "DP  - NLM"), "ris"
        )
        assert record.mesh == (Heading("Acne Vulgaris", True), Heading("Humans"), Heading("Phototherapy", True))
        assert record.keywords == ("blue light",)

    def test_takes_types_from_notes_of_nlms_records_only(self, tmp_path):
        note = "N1  - 1177-5475\nRandomized Controlled Trial\nJ Made Up. 2018."
        assert "Randomized Controlled Trial" in one(tmp_path, ris(note, "DP  - NLM"), "ris").publication_types
        assert one(tmp_path, ris(note), "ris").publication_types == ("Journal Article",)

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_reads_lines_however_they_end(self, tmp_path, end):
        assert one(tmp_path, ris("VL  - 7", end=end), "ris").volume == "7"

    @pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_reads_unicode_however_it_is_coded(self, tmp_path, coding):
        record = one(tmp_path, ris("AU  - Žižek, Søren").encode(coding), "ris")
        assert (record.authors, record.losses) == ((Person("Žižek", "Søren"),), ())

    def test_reads_what_is_no_utf_8_as_windows_1252_and_says_so(self, tmp_path):
        first, second = read(tmp_path, ris("AU  - Sørén, “X”").encode("cp1252") + ris("AU  - Sørén, X").encode())
        assert (first[1].authors[0].family, first[1].losses) == ("Sørén", (texts.NOT_UTF_8,))
        assert (second[1].authors[0].family, second[1].losses) == ("Sørén", ())

    def test_passes_over_what_is_written_before_and_between_records(self, tmp_path):
        text = "Record #1 of 2\nProvider: X\n1.\n" + ris() + "\nRecord #2 of 2\n2.\n" + ris().replace("/ris", "/two")
        assert [(item.doi, item.place) for _, item in read(tmp_path, text)] == [
            ("10.9999/ris", "nameless, record 1 (line 4)"),
            ("10.9999/two", "nameless, record 2 (line 11)"),
        ]

    def test_reads_sloppy_white_space_where_the_whole_record_has_it(self, tmp_path):
        assert one(tmp_path, "TY - JOUR\nTI - Title\nDO-10.9999/x\nER -\n", "ris").doi == "10.9999/x"
        wrapped = one(tmp_path, ris("AB  - One and", "II - two."), "ris")
        assert wrapped.abstract == "One and II - two."

    def test_takes_records_that_nothing_but_the_next_one_ends(self, tmp_path):
        text = ris().replace("ER  - \n", "") + ris().replace("/ris", "/two").replace("ER  - \n", "")
        assert [item.doi for _, item in read(tmp_path, text)] == ["10.9999/ris", "10.9999/two"]

    def test_refuses_a_record_cut_off_and_fields_outside_of_records_with_their_lines(self, tmp_path):
        stray, kept, cut = read(tmp_path, "TY  - JOUR\nER  - \nTI  - Stray\n" + ris() + "TY  - JOUR\nTI  - Cut")[1:]
        assert str(stray[1]).startswith("nameless, record 2 (line 3): its fields stand outside of any record")
        assert kept[1].doi == "10.9999/ris"
        assert str(cut[1]) == "nameless, record 4 (line 8): it is cut off: no ER ends it"

    def test_reads_the_web_of_science(self, tmp_path):
        text = (
            "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Berg, PS\n   Law, CJ\nAF van der Berg, Paula S.\n"
            "   Law, C. J.\nTI Interactions of the core\n   of bacteria\nSO MADE UP\nJI Made. Up\nDT Article\n"
            "DE acne; blue light\nSN 1177-5475\nPD JUN 8\nPY 2004\nVL 43\nIS 22\nBP 7003\nEP 7016\nDI 10.9999/wos\n"
            "PM 90000001\nER\n\nEF\n"
        )
        record = one(tmp_path, text, "ris")
        assert record.title == "Interactions of the core of bacteria"
        assert record.authors == (Person("van der Berg", "Paula S."), Person("Law", "C. J."))
        assert (record.published, record.pages) == (PartialDate(2004, 6, 8), "7003-7016")
        assert record.identifiers == {"doi": "10.9999/wos", "pmid": "90000001"}
        assert record.keywords == ("acne", "blue light")


NBIB = """\

PMID- 90000001
OWN - NLM
LR  - 20200929
IS  - 1177-5475 (Print)
VI  - 7
IP  - 2
DP  - 2012 Spring
TI  - [Growth of a long title that
      goes on].
PG  - 21-31
LID - 10.9999/nbib [doi]
AB  - BACKGROUND: Hair grows.
      METHODS: We looked.
CN  - First Group
FAU - van der Berg, Jan
AU  - van der Berg J
AUID- ORCID: 0000-0002-1825-0097
AD  - Somewhere.
FAU - Li, Wei
AU  - Li W
LA  - ger
SI  - ClinicalTrials.gov/NCT01095302
PT  - Journal Article
PT  - Randomized Controlled Trial
DEP - 20120403
TA  - J Made Up
JT  - The journal of made-up examples
JID - 101586897
RIN - J Made Up. 2014 Mar 5;9(1):2. doi: 10.9999/notice. PMID: 90000009
EIN - J Made Up. 2013 Jan;8(1):9. PMID: 90000008
MH  - *Alopecia
MH  - Hair/drug effects/*growth &
      development
OT  - scalp
PMC - PMC9000001
SO  - J Made Up. 2012.

PMID- 90000002
TI  - Second without anything else.
AU  - Roe A
DP  - 1998 Dec-1999 Jan
"""


class TestMedline:
    def test_gives_all_that_a_record_says(self, tmp_path):
        (kind, record), (_, second) = read(tmp_path, NBIB)
        assert kind == "medline"
        assert record.identifiers == {"doi": "10.9999/nbib", "pmid": "90000001", "pmcid": "PMC9000001"}
        assert record.title == "Growth of a long title that goes on"
        assert record.authors == (
            Person(collective="First Group"),
            Person("van der Berg", "Jan", orcid="0000-0002-1825-0097"),
            Person("Li", "Wei"),
        )
        assert record.journal == JournalFacts(
            "The journal of made-up examples", "J Made Up", ("1177-5475",), "101586897"
        )
        assert (record.volume, record.issue, record.pages, record.language) == ("7", "2", "21-31", "de")
        assert record.published == PartialDate(2012, 4, 3)
        assert record.abstract == "**Background** Hair grows.\n\n**Methods** We looked."
        assert record.mesh == (Heading("Alopecia", True), Heading("Hair", True))
        assert (record.keywords, record.registration, record.revised) == (("scalp",), "NCT01095302", "2020-09-29")
        assert record.publication_types == ("Journal Article", "Randomized Controlled Trial")
        assert (record.retraction, record.retraction_notice) == ("retracted", "90000009")
        assert record.retraction_date == "2014-03-05"
        assert (second.published, second.authors) == (PartialDate(1998, 12), (Person("Roe", "A"),))
        assert second.place == "nameless, record 2 (line 39)"

    def test_agrees_with_what_endnote_made_of_the_same_records(self):
        of = {
            name: {item.pmid: item for _, item in opening.read(shared_file(f"records/blue-light.{name}")) if item.pmid}
            for name in ("nbib", "ris")
        }
        for pmid in of["nbib"].keys() & of["ris"].keys():
            one, other = of["nbib"][pmid], of["ris"][pmid]
            assert one.title == other.title
            assert one.doi == other.doi or not (one.doi and other.doi)
            # EndNote leaves groups out.
            assert [person.family for person in one.authors if person.family] == [
                person.family for person in other.authors
            ]


BIB = r"""
Whatever stands here is a comment of BibTeX's.
@string{jmu = {The Journal of Made-Up Examples}}
@comment{jabref-meta: databaseType:bibtex;}
@article{berg2011,
  author = {van der Berg, Jan and O'Brien, Mar{\'\i}a Jos{\'e} and {Scalp Study Group} and Smith, Jr., John and others},
  title = "{DNA} of $\beta$-carotene: 50% of a_b \& 10\textsuperscript{6}",
  journal = jmu, year = 2011, month = feb # "~5", pages = {21--31}, volume = {7}, number = {2},
  doi = {10.9999/a\_b}, pmid = {90000001}, issn = {1177-5475}, keywords = {hair; scalp}, language = {english},
}
@article(parens, title={In parens}, journal="Nature", date={2012-03-04/2012-03-05}, eprint={5}, eprinttype={pubmed})
@misc{dup, title={Twice}, note={a}, note={b}, url={https://doi.org/10.9999/dup}}
@article{names, title={Odd names}, author={A, B, C, D and E}, doi={10.9999/names}}
@article{broken, title={Broken, doi={10.9999/broken}
@article{one, title={One}, doi={10.9999/one}} @article{two, title={Two}, doi={10.9999/two}}
@article{cut, title={Cut
"""


class TestBibtex:
    @pytest.fixture
    def items(self, tmp_path):
        found = read(tmp_path, BIB)
        assert {kind for kind, _ in found} == {"bibtex"}
        return [item for _, item in found]

    def test_gives_all_that_an_entry_says(self, items):
        record = items[0]
        assert record.title == "DNA of β-carotene: 50% of a_b & 106" or "10⁶" in record.title
        assert record.authors == (
            Person("van der Berg", "Jan"),
            Person("O'Brien", "María José"),
            Person(collective="Scalp Study Group"),
            Person("Smith Jr", "John"),
        )
        assert record.journal == JournalFacts("The Journal of Made-Up Examples", "", ("1177-5475",))
        assert record.published == PartialDate(2011, 2, 5)
        assert (record.volume, record.issue, record.pages, record.language) == ("7", "2", "21-31", "en")
        assert record.identifiers == {"doi": "10.9999/a_b", "pmid": "90000001"}
        assert record.keywords == ("hair", "scalp")

    def test_reads_parentheses_biblatex_and_fields_that_stand_twice(self, items):
        parens, twice, names = items[1:4]
        assert (parens.published, parens.pmid) == (PartialDate(2012, 3, 4), "5")
        assert twice.doi == "10.9999/dup"
        assert names.doi == "10.9999/names"

    def test_refuses_braces_that_do_not_close_with_their_line_and_keeps_the_others(self, items):
        broken, first, second, cut = items[4:]
        assert str(broken) == "nameless, record 5 (line 14): its braces do not close before the next entry begins"
        assert (first.doi, second.doi) == ("10.9999/one", "10.9999/two")
        assert str(cut) == "nameless, record 8 (line 16): it is cut off: its braces do not close"


ENDNOTE = """<?xml version="1.0" encoding="UTF-8" ?><xml><records><record><database name="x.enl">x</database>
<ref-type name="Journal Article">17</ref-type><contributors><authors><author><style face="normal">van der Berg, J.
</style></author><author>O'Brien, M. J.</author></authors></contributors><titles><title><style face="normal">Growth at
10</style><style face="superscript">6</style><style face="italic"> cells</style></title><secondary-title>J Made Up
</secondary-title></titles><periodical><full-title>The Journal of Made-Up Examples</full-title><abbr-1>J. Made Up</abbr-1>
</periodical><pages>21-31</pages><volume>7</volume><number>2</number><keywords><keyword>hair</keyword></keywords><dates>
<year>2011</year><pub-dates><date>Feb 14</date></pub-dates></dates><isbn>1177-5475 (Print)&#xD;x</isbn><accession-num>
90000001</accession-num><notes>1177-5475&#xD;Case Reports&#xD;J Made Up. 2011. doi: 10.9999/note.</notes>
<remote-database-provider>NLM</remote-database-provider><custom2>PMC9000001</custom2><language>eng</language></record>
<record><titles/></record></records></xml>"""


class TestEndnote:
    def test_gives_all_that_a_record_says(self, tmp_path):
        (kind, record), (_, empty) = read(tmp_path, ENDNOTE)
        assert kind == "endnote"
        assert record.identifiers == {"doi": "10.9999/note", "pmid": "90000001", "pmcid": "PMC9000001"}
        assert record.title == "Growth at 10⁶ cells"
        assert record.authors == (Person("van der Berg", "J."), Person("O'Brien", "M. J."))
        assert record.journal == JournalFacts("The Journal of Made-Up Examples", "J. Made Up", ("1177-5475",))
        assert record.published == PartialDate(2011, 2, 14)
        assert (record.volume, record.issue, record.pages, record.language) == ("7", "2", "21-31", "en")
        assert record.publication_types == ("Journal Article", "Case Reports")
        assert empty == Refusal("nameless, record 2 (line 10)", "it has no title")

    def test_is_read_behind_the_same_guard_as_all_xml(self, tmp_path):
        [(_, item)] = read(tmp_path, '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ENDNOTE[38:])
        assert "declarations of its own" in item.reason

    def test_reads_what_reflib_makes_of_a_library(self, tmp_path):
        item = {
            "recNumber": "895", "title": "A title", "journal": "J Made Up", "type": "journalArticle",
            "authors": ["Berg, J."], "year": "2018", "date": "Dec", "custom2": "PMC9000001", "doi": "10.9999/reflib",
            "notes": "x\ry", "keywords": ["Acne Vulgaris/*therapy", "hair"],
        }  # fmt: skip
        record = one(tmp_path, json.dumps([item]), "endnote")
        assert record.identifiers == {"doi": "10.9999/reflib", "pmcid": "PMC9000001"}
        assert (record.published, record.authors) == (PartialDate(2018, 12), (Person("Berg", "J."),))
        assert (record.mesh, record.keywords) == ((Heading("Acne Vulgaris", True),), ("hair",))


CSL = {
    "id": "berg", "type": "article-journal", "title": "Growth <i>in vivo</i>", "container-title": "J. Made & Up",
    "container-title-short": "JMU", "ISSN": "1177-5475, 0000-0001", "DOI": "10.9999/CSL", "PMCID": "PMC9000001",
    "author": [
        {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der", "suffix": "Jr."},
        {"literal": "Scalp Group"},
        {"given": "Plato"},
    ],
    "issued": {"date-parts": [["2011", 2]]}, "volume": 7, "page": "21–31", "keyword": "hair, scalp",
    "language": "en-GB", "note": "PMID: 90000001\nPMCID: PMC1", "abstract": "One.",
}  # fmt: skip


class TestCsl:
    def test_gives_all_that_an_item_says(self, tmp_path):
        record = one(tmp_path, json.dumps([CSL]), "csl")
        assert record.identifiers == {"doi": "10.9999/csl", "pmid": "90000001", "pmcid": "PMC9000001"}
        assert record.title == "Growth in vivo"
        assert record.authors == (
            Person("van der Berg Jr", "Jan"),
            Person(collective="Scalp Group"),
            Person("Plato"),
        )
        assert record.journal == JournalFacts("J. Made & Up", "JMU", ("1177-5475",))
        assert record.published == PartialDate(2011, 2)
        assert (record.volume, record.pages, record.language) == ("7", "21-31", "en")
        assert record.keywords == ("hair", "scalp")

    def test_believes_our_own_data_in_its_custom_field(self, tmp_path):
        own = {
            "mesh": [{"descriptor": "Alopecia", "major": True}], "publication_types": ["Case Reports"],
            "references": [{"text": "Roe A. 1999.", "year": 1999, "doi": "10.9999/roe"}], "retraction": "retracted",
            "keywords": ["hair, grey"], "journal": {"title": "J. Made & Up", "nlm_id": "1"}, "unknown": [1],
        }  # fmt: skip
        record = one(tmp_path, json.dumps(CSL | {"custom": {"studyhall": own}}), "csl")
        assert record.mesh == (Heading("Alopecia", True),)
        assert record.references == (Reference("Roe A. 1999.", 1999, "10.9999/roe"),)
        assert (record.publication_types, record.retraction) == (("Case Reports",), "retracted")
        assert (record.keywords, record.journal.nlm_id) == (("hair, grey",), "1")

    @pytest.mark.parametrize(
        ("issued", "date"),
        [
            ({"raw": "2011-02-14"}, PartialDate(2011, 2, 14)),
            ({"literal": "14 Feb 2011"}, PartialDate(2011)),
            ({"date-parts": [[2011, 2, 31]]}, PartialDate(2011, 2)),
            ("2011-02", PartialDate(2011, 2)),
            ({"date-parts": [[None]]}, None),
            (None, None),
        ],
    )
    def test_takes_dates_however_they_are_written(self, tmp_path, issued, date):
        assert one(tmp_path, json.dumps([CSL | {"issued": issued}]), "csl").published == date


class TestJsonFiles:
    def dois(self, tmp_path: Path, content: str | bytes) -> list[str]:
        return [str(item) if isinstance(item, Refusal) else item.doi for _, item in read(tmp_path, content)]

    def item(self, number: int) -> dict:
        return CSL | {"DOI": f"10.9999/{number}"}

    @pytest.mark.parametrize(
        "write",
        [
            lambda items: json.dumps(items),
            lambda items: json.dumps(items, indent=2),
            lambda items: "\n".join(map(json.dumps, items)),
            lambda items: "\r\n\r\n".join(map(json.dumps, items)) + "\n",
            lambda items: "".join(json.dumps(item, indent=1) for item in items),
            lambda items: json.dumps({"references": items}),
            lambda items: json.dumps({"meta": {"count": 3}, "results": items, "group_by": [{"a": 1}]}),
            lambda items: json.dumps({"status": "ok", "message": {"facets": {}, "items": items, "x": [{}]}}),
            lambda items: "\ufeff" + json.dumps(items),
        ],
    )
    @pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
    def test_are_read_record_by_record_however_they_are_wrapped(self, tmp_path, write, coding):
        content = write([self.item(number) for number in (1, 2, 3)]).encode(coding)
        assert self.dois(tmp_path, content) == ["10.9999/1", "10.9999/2", "10.9999/3"]

    @pytest.mark.parametrize("chunk", [1, 2, 3, 7, 50])
    def test_are_read_alike_wherever_a_chunk_ends(self, tmp_path, monkeypatch, chunk):
        monkeypatch.setattr("studies.importing.json_stream.CHUNK", chunk)
        monkeypatch.setattr("studies.importing.texts.CHUNK", chunk)
        item = self.item(1) | {"title": 'A "quoted" \\ title \\" [with] {brackets}'}
        content = json.dumps({"status": "ok", "message": {"items": [item, self.item(2)]}})
        assert self.dois(tmp_path, content) == ["10.9999/1", "10.9999/2"]
        assert self.dois(tmp_path, f"{json.dumps(item)}\r\n{json.dumps(self.item(2))}\r\n") == [
            "10.9999/1",
            "10.9999/2",
        ]

    def test_of_one_work_are_read(self, tmp_path):
        from tests.studies.test_importing_json import MESSAGE, WORK

        assert one(tmp_path, json.dumps(WORK), "openalex").doi == "10.9999/made.up"
        assert one(tmp_path, json.dumps(MESSAGE), "crossref").doi == "10.9999/made.up"
        assert one(tmp_path, json.dumps({"status": "ok", "message": MESSAGE}), "crossref").doi == "10.9999/made.up"

    def test_with_broken_records_keep_the_others_and_tell_the_places(self, tmp_path):
        one, three = json.dumps(self.item(1)), json.dumps(self.item(3))
        assert self.dois(tmp_path, f"[{one},\n{{\"title\": oops}},\n5,\n{three}, {{}}]") == [
            "10.9999/1",
            "nameless, record 2 (line 2): it is no well-formed JSON (Expecting value: line 1 column 11 (char 10))",
            "nameless, record 3 (line 3): “5” is no record",
            "10.9999/3",
            "nameless, record 5 (line 4): it is JSON, but neither CSL-JSON nor a work of OpenAlex's or Crossref's",
        ]  # fmt: skip

    def test_with_a_broken_line_keep_the_other_lines(self, tmp_path):
        found = self.dois(tmp_path, f'{json.dumps(self.item(1))}\n{{"title": "no end\n{json.dumps(self.item(3))}\n')
        assert (found[0], found[2]) == ("10.9999/1", "10.9999/3")
        assert found[1].startswith("nameless, record 2 (line 2): it is no well-formed JSON")

    def test_cut_off_keep_what_is_whole_and_say_so(self, tmp_path):
        whole = json.dumps([self.item(1), self.item(2)], indent=1)
        for end in range(2, len(whole) - 1, 13):
            *kept, last = self.dois(tmp_path, whole[:end])
            assert kept == ["10.9999/1", "10.9999/2"][: len(kept)]
            assert "is cut off" in last

    @pytest.mark.parametrize(
        "content", ["[1, 2]", '["a"]', "[]", "{}", '{"a": 1}', '[[{"title": 1}]]', "[}", '{"results": []}']
    )
    def test_that_hold_no_records_are_refused(self, tmp_path, content):
        assert all(isinstance(item, Refusal) for _, item in read(tmp_path, content))

    def test_with_halves_of_characters_are_read_without_them(self, tmp_path):
        text = json.dumps([CSL | {"title": "half", "DOI": "10.9999/x"}]).replace("half", r"half \ud800 \u0000 end")
        record = one(tmp_path, text, "csl")
        assert record.title == "half \ufffd end"


class TestHostile:
    def reason(self, tmp_path: Path, content: str | bytes) -> str:
        items = read(tmp_path, content)
        assert isinstance(items[0][1], Refusal), items
        return items[0][1].reason

    def test_a_line_of_20_mb_costs_its_record_and_not_the_next(self, tmp_path):
        long, kept = read(tmp_path, ris("AB  - " + "y" * 20_000_000) + ris())
        assert "is longer than 1 MB" in long[1].reason
        assert kept[1].doi == "10.9999/ris"

    def test_a_record_of_many_lines_is_capped(self, tmp_path):
        large, kept = read(tmp_path, ris(*["N1  - " + "y" * 1000] * 5000) + ris())
        assert "is larger than 4,096 kB" in large[1].reason
        assert kept[1].doi == "10.9999/ris"

    def test_json_nested_deep_is_refused_and_the_next_record_kept(self, tmp_path):
        deep = '{"title": ' + "[" * 500 + "]" * 500 + "}"
        first, second = read(tmp_path, f"[{deep}, {json.dumps(CSL)}]")
        assert "nested more than 60 deep" in first[1].reason
        assert second[1].doi == "10.9999/csl"
        by_line = read(tmp_path, '{"title": ' + "[" * 30_000 + "]" * 30_000 + "}\n" + json.dumps(CSL))
        assert isinstance(by_line[0][1], Refusal)

    @pytest.mark.parametrize("content", ["[" * 1_000_000, '{"a":' * 1_000_000, '["' + "x" * 20_000_000, "{" * 100_000])
    def test_json_without_end_is_refused(self, tmp_path, content):
        assert self.reason(tmp_path, content)

    def test_a_record_of_more_than_8_mb_of_json_is_refused_and_the_next_kept(self, tmp_path):
        large = json.dumps(CSL | {"abstract": "y" * 9_000_000})
        first, second = read(tmp_path, f"[{large}, {json.dumps(CSL)}]")
        assert "larger than 8 MB" in first[1].reason
        assert second[1].doi == "10.9999/csl"

    def test_a_record_of_very_many_values_is_refused_before_it_is_parsed(self, tmp_path):
        assert "values" in self.reason(tmp_path, f'[{{"a": [{"[]," * 600_000}1]}}]')

    def test_a_file_of_nothing_but_faults_ends(self, tmp_path, monkeypatch):
        monkeypatch.setattr("studies.importing.texts.MOST_FAULTS", 5)
        monkeypatch.setattr("studies.importing.json_stream.MOST_FAULTS", 5)
        for content in ("TY  - JOUR\nER  - \n" * 50, "[" + "{}," * 50 + "{}]"):
            items = read(tmp_path, content)
            assert len(items) == 6
            assert "records at fault; the rest is left alone" in items[-1][1].reason

    def test_numbers_without_end_are_refused(self, tmp_path):
        assert self.reason(tmp_path, '[{"title": "x", "type": "book", "volume": ' + "1" * 100_000 + "}]")

    def test_nuls_are_refused_at_the_beginning_and_cleaned_away_later(self, tmp_path):
        assert "in none of the formats" in self.reason(tmp_path, b"TY  - JOUR\nTI  - \x00\nER  - \n")
        record = one(tmp_path, ris("AB  - " + "x" * 70_000 + "\x00y"), "ris")
        assert "\x00" not in record.abstract

    def test_latex_is_never_run_and_its_nesting_is_capped(self, tmp_path):
        entry = "@article{a, title={\\input{/etc/passwd} \\def\\x{\\x\\x}\\x kept}, doi={10.9999/tex}}"
        assert "root:" not in one(tmp_path, entry, "bibtex").title
        nested = "@article{a, title={" + "{" * 2000 + "x" + "}" * 2000 + "}, doi={10.9999/tex}}"
        assert "nested more than 50 deep" in self.reason(tmp_path, nested)

    @given(st.binary(max_size=300))
    @settings(max_examples=150)
    def test_random_bytes_never_raise(self, tmp_path_factory, content):
        path = tmp_path_factory.mktemp("random") / "x"
        path.write_bytes(content)
        for kind, item in opening.read(path):
            assert kind == "" or kind in StudySource.Kind.values
            assert isinstance(item, Refusal | StudyRecord)

    @given(
        st.sampled_from(["TY  - JOUR\n", "PMID- 1\n", "FN x\nPT J\n", "@article{x,", "[{", "{", "<xml><records><record>"]),
        st.lists(
            st.sampled_from(
                ["TI  - x\n", "ER  - \n", "TY  - JOUR\n", "DO  - 10.1000/a\n", "title={x},", "}", "{", '"', "\\", "@string{",
                 "month = jan #", '"title": "x"', '"DOI": "10.1000/a"', ",", "[", "]", "ER\n", "DI 10.1/1\n", "<title>", "\r",
                 "AU  - ,\n", "author={and and},", "\x00", "é", "\ud83d", "<titles><title>a</title></titles></record>", "$", "~"]
            )
            | st.text(max_size=6),
            max_size=25,
        ),
    )  # fmt: skip
    @settings(max_examples=250)
    def test_random_text_of_each_format_never_raises(self, tmp_path_factory, begin, parts):
        path = tmp_path_factory.mktemp("random") / "x"
        path.write_bytes((begin + "".join(parts)).encode("utf-8", errors="replace"))
        for _, item in opening.read(path):
            if isinstance(item, StudyRecord):
                json.dumps(item.to_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 50])
def test_lines_are_told_apart_however_they_end_and_wherever_a_chunk_does(monkeypatch, chunk):
    monkeypatch.setattr(texts, "CHUNK", chunk)
    found = list(texts.lines(io.BytesIO(b"a\r\nbb\rc\n\r\nd")))
    assert found == [(1, b"a"), (2, b"bb"), (3, b"c"), (4, b""), (5, b"d")]


class TestCost:
    """A record costs at most 64 MB, and its time grows with its size and not with the square of it."""

    @pytest.mark.slow
    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its peak")
    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(lambda: NBIB + "      more words\n" * 250_000, id="a field of 250,000 lines"),
            pytest.param(lambda: ris("AU  - a, b\n" * 300_000), id="300,000 authors"),
            pytest.param(
                lambda: json.dumps(
                    {"DOI": "10.9999/a", "title": "t", "indexed": 1, "reference": [{"year": "1"}] * 100_000}
                ),
                id="100,000 references",
            ),
            pytest.param(
                lambda: (
                    "@article{a, title={" + "\\alpha " * 2800 + "}, abstract={" + "$x$" * 6600 + "}, doi={10.9999/a}}"
                ),
                id="LaTeX without end",
            ),
            pytest.param(
                lambda: json.dumps([CSL | {"abstract": "<p>a &amp;amp; RESULTS: " * 300_000}]), id="much markup"
            ),
        ],
    )
    def test_of_a_hostile_file_stays_small(self, tmp_path, cost, content):
        path = tmp_path / "x"
        path.write_text(content())
        spent = cost(path)
        assert spent.megabytes < 64, spent
        assert spent.yardsticks < 40, spent  # 11 at the most when this was written


class TestPacked:
    def contents(self) -> dict[str, str]:
        return {
            "a.ris": ris(),
            "b": BIB,
            "c.xml": json.dumps([CSL]),
            "d.txt": NBIB,
            "picture.png": "\x89PNG\x00",
            "e": "",
        }

    def test_in_gzip(self, tmp_path):
        assert one(tmp_path, gzip.compress(ris().encode()), "ris").doi == "10.9999/ris"

    def test_in_a_tar_each_member_is_told_by_its_content(self, tmp_path):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, text in self.contents().items():
                info = tarfile.TarInfo(name)
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
        self.check(read(tmp_path, packed.getvalue()))

    def test_in_a_zip_likewise(self, tmp_path):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/", "")
            for name, text in self.contents().items():
                archive.writestr(name, text)
        self.check(read(tmp_path, packed.getvalue()))

    def check(self, items):
        assert sorted({kind for kind, _ in items}) == ["bibtex", "csl", "medline", "ris"]
        assert sum(isinstance(item, StudyRecord) for _, item in items) == 1 + 6 + 1 + 2
        assert items[0][1].place == "nameless, a.ris, record 1 (line 1)"

    def test_zip_bombs_and_damaged_zips_are_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr("studies.importing.opening.UNPACKED_FREELY", 100_000)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bomb.ris", ris() + " " * 30_000_000)
        [*_, (_, last)] = read(tmp_path, packed.getvalue())
        assert "swells to more than 200 times" in last.reason
        whole = packed.getvalue()
        for end in (4, 30, len(whole) // 2, len(whole) - 5):
            [*_, (_, last)] = read(tmp_path, whole[:end])
            assert isinstance(last, Refusal)
        monkeypatch.setattr("studies.importing.opening.DIRECTORY_LIMIT", 10)
        assert isinstance(read(tmp_path, whole)[-1][1], Refusal)


REAL = {
    "blue-light.json": (102, 0), "blue-light.nbib": (80, 0), "blue-light.ris": (102, 0), "blue-light.xml": (102, 0),
    "openalex/openalex_sample_response.json": (3, 0), "openalex/openalex_works.json": (3, 0),
    "openalex/topics.json": (0, 1), "openalex/work_by_doi.json": (1, 0),
    "pubmed/efetch_93.xml": (93, 0), "pubmed/pubmed1.xml": (2, 0), "pubmed/pubmed2.xml": (2, 0),
    "pubmed/pubmed4.xml": (1, 0), "pubmed/pubmed5.xml": (1, 0), "pubmed/pubmed6.xml": (1, 0),
    "pubmed/pubmed7.xml": (1, 0), "pubmed/pubmed_result1.txt": (1, 0), "pubmed/pubmed_result2.txt": (4, 0),
    "pubmed/pubmed_result3.txt": (1, 0),
    "ris/example_basic.ris": (1, 0), "ris/example_bom.ris": (0, 1), "ris/example_custom_list_tags.ris": (0, 1),
    "ris/example_empty_tag.ris": (1, 0), "ris/example_extraneous_data.ris": (2, 0), "ris/example_full.ris": (2, 0),
    "ris/example_full_without_whitespace.ris": (2, 0), "ris/example_full_write.ris": (2, 0),
    "ris/example_multi_unknown_tags.ris": (1, 0), "ris/example_multiline.ris": (0, 3),
    "ris/example_single_unknown_tag.ris": (1, 0), "ris/example_starting_newlines.ris": (1, 0),
    "ris/example_urls.ris": (4, 0), "ris/example_utf_chars.ris": (1, 0), "ris/example_wos.ris": (2, 0),
}  # fmt: skip


class TestRealFiles:
    """Each file of the shared records. What has no title there is no study: that is all that is refused."""

    @pytest.mark.parametrize("name", REAL)
    def test_is_read_to_the_last_record(self, name):
        items = [item for _, item in opening.read(shared_file(f"records/{name}"))]
        refused = [item for item in items if isinstance(item, Refusal)]
        assert (len(items) - len(refused), len(refused)) == REAL[name], refused
        assert all("no title" in item.reason or "topics" in item.place for item in refused)

    def test_none_is_left_out(self):
        folder = shared_file("records")
        assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == set(REAL)

    def test_the_four_forms_of_one_review_agree(self):
        forms = {
            name: [item for _, item in opening.read(shared_file(f"records/blue-light.{name}"))]
            for name in ("json", "nbib", "ris", "xml")
        }
        by_doi = {name: {item.doi: item for item in items if item.doi} for name, items in forms.items()}
        doi = "10.4103/abr.abr_99_17"
        for name, items in by_doi.items():
            record = items[doi]
            assert record.title.startswith("Formulation of Herbal Gel of Antirrhinum majus Extract"), name
            assert [person.family for person in record.authors] == [
                "Shahtalebi", "Asghari", "Rahmani", "Shafiee", "Jahanian-Najafabadi",
            ]  # fmt: skip
            assert (record.volume, record.pages, record.published.year) == ("7", "53", 2018)
            assert (record.pmcid, "blue light" in record.keywords) == ("PMC5887696", True)
            assert record.abstract.startswith("**Background** Antirrhinum majus contains aurone")
            assert record.pmid == ("" if name == "json" else "29657938")
        assert [record.doi for record in forms["ris"]] == [record.doi for record in forms["xml"]]
        for one, other in zip(forms["ris"], forms["xml"], strict=True):
            assert one.to_json() | {"journal": None} == other.to_json() | {"journal": None}
        assert len(forms["ris"]) == sum(bool(record.pmid) for record in forms["ris"])

    def test_russian_and_umlauts_come_through(self):
        [(_, record)] = opening.read(shared_file("records/ris/example_utf_chars.ris"))
        assert record.title.startswith("Состояние рецепторного аппарата")
        assert record.authors[0] == Person("Dobrokhotova", "Yu E.")
