"""One study in BibTeX, RIS and CSL-JSON, as other programs read it; and nothing in a record breaks its file."""

from __future__ import annotations

import json
from itertools import accumulate

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.exporting import bibtex, ris
from studies.models import Study, StudyText
from tests.builders import make_study
from tests.studies.exporting.reading import make_known_study, put_authors, read_bibtex, read_ris

pytestmark = pytest.mark.django_db


def exported(study: Study, suffix: str) -> str:
    answer = Client().get(f"{study.get_absolute_url().rstrip('/')}.{suffix}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_csl_json_tells_all_that_is_known() -> None:
    (item,) = json.loads(exported(make_known_study(), "csl.json"))
    assert item["type"] == "article-journal"
    assert item["author"] == [
        {"family": "Berg", "given": "Anna Maria", "non-dropping-particle": "van der"},
        {"family": "King", "given": "Martin L", "suffix": "Jr"},
        {"literal": "WHO Study Group, Europe"},
        {"family": "Müller-Łuć", "given": "Ö"},
    ]
    assert item["issued"] == {"date-parts": [[2011, 2]]}
    assert (item["volume"], item["issue"], item["page"]) == ("4", "2", "101-109")
    assert (item["DOI"], item["PMID"], item["PMCID"]) == ("10.1000/x(y)_1", "21304834", "PMC3043309")
    assert (item["container-title"], item["container-title-short"]) == ("Journal für Öl & Haut", "J Öl Haut")
    assert (item["ISSN"], item["language"], item["keyword"]) == ("1177-5475", "en", "hair loss, minoxidil")
    assert item["URL"].startswith("http://localhost:8000/studies/")
    assert "status" not in item


def test_bibtexparser_reads_the_same_fields() -> None:
    study = make_known_study()
    (entry,) = read_bibtex(exported(study, "bib"))
    assert (entry["kind"], entry["key"]) == ("article", f"berg2011-{study.pk}")
    assert entry["title"] == study.title
    assert [
        (" ".join(name.von), " ".join(name.last).strip("{}"), " ".join(name.jr), " ".join(name.first))
        for name in entry["author"]
    ] == [
        ("van der", "Berg", "", "Anna Maria"),
        ("", "King", "Jr", "Martin L"),
        ("", "WHO Study Group, Europe", "", ""),
        ("", "Müller-Łuć", "", "Ö"),
    ]
    assert (entry["year"], entry["month"], entry["journal"]) == ("2011", "feb", "Journal für Öl & Haut")
    assert "day" not in entry
    assert (entry["doi"], entry["pmid"], entry["pages"]) == ("10.1000/x(y)_1", "21304834", "101–109")
    assert (entry["issn"], entry["keywords"]) == ("1177-5475", "hair loss, minoxidil")


def test_rispy_reads_the_same_fields() -> None:
    study = make_known_study()
    text = exported(study, "ris")
    assert (
        text.startswith("TY  - JOUR\r\n") and text.endswith("ER  - \r\n\r\n") and "\n" not in text.replace("\r\n", "")
    )
    (entry,) = read_ris(text)
    assert (entry["type_of_reference"], entry["title"]) == ("JOUR", study.title)
    assert entry["authors"] == [
        "van der Berg, Anna Maria",
        "King, Martin L, Jr",
        "WHO Study Group – Europe",
        "Müller-Łuć, Ö",
    ]
    assert (entry["year"], entry["date"]) == ("2011", "2011/02//")
    assert (entry["volume"], entry["number"], entry["start_page"], entry["end_page"]) == ("4", "2", "101", "109")
    assert (entry["doi"], entry["accession_number"], entry["issn"]) == ("10.1000/x(y)_1", "21304834", "1177-5475")
    assert entry["keywords"] == ["hair loss", "minoxidil"]


@pytest.mark.parametrize(
    ("date", "csl", "lines"),
    [
        ((2011, None, None), [2011], ["PY  - 2011"]),
        ((2011, 2, None), [2011, 2], ["PY  - 2011", "DA  - 2011/02//"]),
        ((2011, 2, 14), [2011, 2, 14], ["PY  - 2011", "DA  - 2011/02/14/"]),
        ((None, None, None), None, []),
    ],
)
def test_a_date_is_as_precise_as_it_is_known(date, csl, lines) -> None:
    year, month, day = date
    study = make_study(published_year=year, published_month=month, published_day=day)
    (item,) = json.loads(exported(study, "csl.json"))
    assert item.get("issued") == (csl and {"date-parts": [csl]})
    assert [line for line in exported(study, "ris").split("\r\n") if line[:2] in ("PY", "DA")] == lines


def test_a_retraction_is_told_in_every_format() -> None:
    study = make_study(retraction="retracted", retraction_notice="10.1000/notice", retraction_date="2020-05")
    sentence = "Retracted 2020-05. Notice: 10.1000/notice."
    (item,) = json.loads(exported(study, "csl.json"))
    assert (item["status"], item["note"]) == ("retracted", sentence)
    assert read_bibtex(exported(study, "bib"))[0]["note"] == sentence
    assert read_ris(exported(study, "ris"))[0]["notes"] == [sentence]


@pytest.mark.parametrize(
    ("licence", "given_on"), [("CC BY 4.0", True), ("CC0", True), ("", False), ("all rights reserved", False)]
)
def test_an_abstract_is_given_on_only_where_its_licence_lets_us(licence: str, given_on: bool) -> None:
    study = make_study(licence=licence)
    StudyText.objects.filter(study=study).update(abstract="Words.", abstract_html="<p>Words.</p>")
    assert [("Words." in exported(study, suffix)) for suffix in ("csl.json", "bib", "ris")] == [given_on] * 3


def test_a_study_without_a_journal_authors_or_date_is_still_one() -> None:
    study = make_study("Bare")
    Study.objects.update(journal=None, published_year=None, doi=None)
    assert read_ris(exported(study, "ris"))[0]["type_of_reference"] == "GEN"
    (entry,) = read_bibtex(exported(study, "bib"))
    assert (entry["kind"], entry["key"], entry["title"]) == ("misc", f"study-{study.pk}", "Bare")


def test_a_wrong_slug_leads_to_the_right_one_and_no_study_is_a_404(client: Client) -> None:
    study = make_study("The title")
    answer = client.get(f"/studies/{study.pk}/old-title.csl.json")
    assert (answer.status_code, answer["Location"]) == (301, f"/studies/{study.pk}/the-title.csl.json")
    assert client.get("/studies/999999/x.bib").status_code == 404
    assert (
        client.get(f"/studies/{study.pk}/the-title.exe", follow=True).redirect_chain[-1][0] == study.get_absolute_url()
    )


HOSTILE = [
    "Ends\r\nER  - \r\nTY  - JOUR\r\nTI  - another",
    "Closes } , author = {Nobody}, x = {",
    "Opens { and never closes",
    "}}}}{{{{ @article{x, title={y}}",
    r"A backslash at the end \ ",
    "100% of # $ & _ ~ ^ and \\% \\} \\input{/etc/passwd}",
    "=HYPERLINK(\"http://evil.example\") +1 @SUM(A1)",
    "<script>alert(1)</script>",
    "NUL-less \x01\x02 control \x0b \x85 \u2028 line ends",
    "العربية ‏ 中文 😀 é e\u0301",
]  # fmt: skip


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_or_name_breaks_its_file(title: str) -> None:
    study = make_study("x")
    Study.objects.filter(pk=study.pk).update(title=title)
    put_authors(study, [(title[:100], title[:100]), title[:100], ("Doe", "Jane")])
    study.refresh_from_db()
    words = " ".join("".join(each if each.isprintable() else " " for each in title).split())
    text = exported(study, "bib")
    depths = list(accumulate({"{": 1, "}": -1}.get(each, 0) for each in text))
    assert depths[-1] == 0 and depths.index(0, text.index("{")) == text.rindex("}")  # BibTeX counts escaped ones too
    (entry,) = read_bibtex(text)
    assert len(entry["author"]) == 3
    assert set(entry) <= {"kind", "key", "author", "title", "journal", "year", "doi", "url"}
    assert entry["title"].replace(" ", "").replace("ˆ", "^") == words.replace(" ", "")  # the reader's own circumflex
    (record,) = read_ris(exported(study, "ris"))
    assert (record["title"], len(record["authors"])) == (words, 3)
    (item,) = json.loads(exported(study, "csl.json"))
    assert item["title"] == title


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
def test_any_text_stays_in_its_field(title: str, family: str, given_name: str) -> None:
    item = {
        "id": "studyhall-1",
        "type": "article",
        "title": title,
        "DOI": family,
        "author": [{"family": family or "x", "given": given_name or "y"}, {"literal": title}],
    }
    (entry,) = read_bibtex(
        bibtex.entry(item) + bibtex.entry({"id": "studyhall-2", "type": "article", "title": "next"})
    )[:-1]
    assert entry["key"].endswith("-1")
    lines = ris.entry(item).split("\r\n")
    assert lines[-3:] == ["ER  - ", "", ""] and sum(line.startswith("ER  -") for line in lines) == 1
    assert all(line[2:6] == "  - " for line in lines[:-2])
