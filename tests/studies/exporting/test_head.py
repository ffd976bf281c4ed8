"""What the pages of the library tell machines: Zotero, search engines, and those that show a link."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import html5lib
import pytest
from django.test import Client
from PIL import Image

from studies.importing.importing import import_records
from studies.importing.pubmed import read_pubmed
from studies.importing.record import StudyRecord
from studies.models import Author, Authorship, Study
from tests.builders import cite, make_study
from tests.shared import shared_file
from tests.studies.exporting import zotero
from tests.studies.exporting.reading import make_known_study, put_authors
from tests.studies.exporting.test_formats import HOSTILE

pytestmark = pytest.mark.django_db


def page(address: str) -> str:
    answer = Client().get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def json_ld(html: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


# ── Zotero ───────────────────────────────────────────────────────────────────────────────────────


def test_zotero_reads_a_study_page() -> None:
    study = make_known_study()
    assert zotero.read(page(study.get_absolute_url())) == {
        "title": study.title,
        "creators": [("van der Berg", "Anna Maria"), ("King Jr", "Martin L"), ("WHO Study Group – Europe", ""), ("Müller-Łuć", "Ö")],
        "date": "2011/02",
        "publicationTitle": "Journal für Öl & Haut",
        "journalAbbreviation": "J Öl Haut",
        "volume": "4",
        "issue": "2",
        "pages": "101-109",
        "DOI": "10.1000/x(y)_1",
        "PMID": "21304834",
        "ISSN": "1177-5475",
        "language": "en",
        "url": f"http://localhost:8000{study.get_absolute_url()}",
    }  # fmt: skip


def test_a_single_author_of_four_words_stays_one_person() -> None:
    study = make_study()
    put_authors(study, [("de la Cruz", "Anna Maria")])
    assert zotero.read(page(study.get_absolute_url()))["creators"] == [("de la Cruz", "Anna Maria")]


@pytest.mark.parametrize(
    "address",
    [
        "/studies/",
        "/tags/minoxidil/",
        "/tags/minoxidil/?show=studies",
        "/journals/journal-oel/",
        "/search/?q=minoxidil",
        "author",
    ],
)
def test_zotero_reads_every_list_page(address: str) -> None:
    study = make_known_study()
    if address == "author":
        address = study.authorships.first().author.get_absolute_url()
    (item,) = zotero.read(page(address))
    assert item["creators"] == [
        ("van der Berg", "Anna Maria"),
        ("King Jr", "Martin L"),
        ("WHO Study Group – Europe", ""),
        ("Müller-Łuć", "Ö"),
    ]
    assert (item["title"], item["DOI"], item["PMID"]) == (study.title, "10.1000/x(y)_1", "21304834")
    assert (item["publicationTitle"], item["date"], item["pages"]) == ("Journal für Öl & Haut", "2011-02", "101-109")


def test_a_study_page_is_not_taken_for_a_list_of_what_is_like_it() -> None:
    study, other = make_study(tags=["a", "b"]), make_study("Similar", tags=["a", "b"])
    html = page(study.get_absolute_url())
    assert "Similar" in html and "Z3988" not in html
    cite(other, study)
    assert [item["title"] for item in zotero.read(page(f"{study.get_absolute_url()}cited-by/"))] == ["Similar"]
    assert [item["title"] for item in zotero.read(page(f"{study.get_absolute_url()}similar/"))] == ["Similar"]


def test_a_list_names_all_authors_or_none() -> None:
    many, few = make_study("Many"), make_study("Few")
    put_authors(many, [(f"Doe{number}", "Jo") for number in range(31)])
    put_authors(few, [(f"Roe{number}", "Jo") for number in range(30)])
    found = {item["title"]: len(item["creators"]) for item in zotero.read(page("/studies/"))}
    assert found == {"Many": 0, "Few": 30}
    assert "Doe2 et al." in " ".join(page("/studies/").split())


@pytest.mark.parametrize("name", ["pubmed1.xml", "efetch_93.xml", "pubmed7.xml"])
def test_real_records_are_read_as_they_were_imported(name: str) -> None:
    with shared_file(f"records/pubmed/{name}").open("rb") as file:
        records = [each for each in read_pubmed(file, name) if isinstance(each, StudyRecord)][:12]
    import_records(records, "pubmed")
    listed = {item["DOI"] or item["title"]: item for item in map(with_doi, zotero.read(page("/studies/")))}
    for study in Study.objects.select_related("journal"):
        item = zotero.read(page(study.get_absolute_url()))
        wanted = [name_in_library(each.author) for each in study.authorships.select_related("author")]
        assert item["creators"] == wanted
        assert item["title"] == " ".join(study.title.split())
        assert (item["DOI"], item["PMID"]) == (study.doi or "", study.pmid or "")
        if len(wanted) <= 30:
            assert listed[study.doi or study.title]["creators"] == wanted


def with_doi(item: dict[str, Any]) -> dict[str, Any]:
    return {"DOI": "", **item}


def name_in_library(author: Author) -> tuple[str, str]:
    strip = " .,/[]:"
    if author.collective or not author.given:
        return author.name.replace(", ", " – ").replace(",", " ").replace(";", " ").strip(strip), ""
    return author.family.strip(strip), author.given.strip(strip)


# ── Search engines ───────────────────────────────────────────────────────────────────────────────


def test_json_ld_tells_who_what_where_and_its_standing() -> None:
    study, cited = (
        make_known_study(retraction="retracted", retraction_notice="10.1000/n", retraction_date="2020-05"),
        make_study("Cited"),
    )
    Author.objects.filter(pk=study.authorships.first().author_id).update(orcid="0000-0002-1825-0097")
    cite(study, cited, doi="10.9/c")
    facts = json_ld(page(study.get_absolute_url()))
    assert facts["@type"] == "MedicalScholarlyArticle"
    assert facts["author"][0] == {
        "@type": "Person", "name": "Anna Maria van der Berg", "familyName": "van der Berg", "givenName": "Anna Maria",
        "sameAs": "https://orcid.org/0000-0002-1825-0097",
    }  # fmt: skip
    assert facts["author"][2] == {"@type": "Organization", "name": "WHO Study Group, Europe"}
    assert facts["isPartOf"] == {
        "@type": "PublicationIssue", "issueNumber": "2",
        "isPartOf": {
            "@type": "PublicationVolume", "volumeNumber": "4",
            "isPartOf": {"@type": "Periodical", "name": "Journal für Öl & Haut", "issn": ["1177-5475"]},
        },
    }  # fmt: skip
    assert facts["creativeWorkStatus"] == "Retracted"
    assert facts["correction"]["url"] == "https://doi.org/10.1000/n"
    assert facts["citation"][0]["url"] == f"http://localhost:8000{cited.get_absolute_url()}"
    assert {each["propertyID"]: each["value"] for each in facts["identifier"]} == {
        "DOI": "10.1000/x(y)_1",
        "PMID": "21304834",
        "PMCID": "PMC3043309",
    }
    Study.objects.filter(pk=study.pk).update(retraction="")
    assert not {"creativeWorkStatus", "correction"} & set(json_ld(page(study.get_absolute_url())))


@pytest.mark.parametrize(
    "title", [*HOSTILE, "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!-- <script>"]
)
def test_no_title_gets_out_of_its_tag(title: str) -> None:
    study = make_study("x", tags=["a"])
    Study.objects.filter(pk=study.pk).update(title=title)
    put_authors(study, [title[:300]])
    study.refresh_from_db()
    html = page(study.get_absolute_url())
    document = html5lib.parse(html, namespaceHTMLElements=False)
    assert document.find(".//img[@onerror]") is None
    assert all(each.get("src") or each.get("type") == "application/ld+json" for each in document.iter("script"))
    assert json_ld(html)["name"] == title
    (item,) = zotero.read(page("/studies/"))
    assert item["title"].split() == title.replace("+", " ").split()


def test_canonical_links_are_of_the_site_s_own_name(client: Client, settings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://studyhall.example", ["*"]
    study = make_study("The title", tags=["a"], authors=["Doe"])
    addresses = {
        study.get_absolute_url(): study.get_absolute_url(),
        "/studies/?sort=cited&tag=a&utm_source=x": "/studies/?tag=a",
        "/studies/?year=2020&q=ä": "/studies/?q=%C3%A4&year=2020",
        study.journal.get_absolute_url(): study.journal.get_absolute_url(),
        Authorship.objects.get().author.get_absolute_url(): Authorship.objects.get().author.get_absolute_url(),
        **{f"{study.get_absolute_url()}{part}/": f"{study.get_absolute_url()}{part}/" for part in ("references", "cited-by", "posts", "similar", "cite")},
        "/tags/a/?show=studies": "/tags/a/?show=studies",
    }  # fmt: skip
    for address, canonical in addresses.items():
        html = client.get(address, headers={"host": "evil.example"}).content.decode()
        assert html.count('rel="canonical"') == 1
        assert f'<link rel="canonical" href="https://studyhall.example{canonical.replace("&", "&amp;")}">' in html, (
            address
        )
        assert "evil.example" not in html


def test_every_format_is_linked_from_the_head(client: Client) -> None:
    study = make_study("The title")
    for address, base in (
        (study.get_absolute_url(), "http://localhost:8000" + study.get_absolute_url()[:-1]),
        ("/studies/?year=2020", "/studies"),
    ):
        html = client.get(address).content.decode()
        links = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', html)
        assert [kind.rpartition("/")[2] for kind, _ in links] == [
            "x-bibtex",
            "x-research-info-systems",
            "vnd.citationstyles.csl+json",
        ]
        assert all(
            link.startswith(base) and client.get(link.replace("&amp;", "&")).status_code == 200 for _, link in links
        )


# ── The picture ──────────────────────────────────────────────────────────────────────────────────


def test_the_picture_is_drawn_once_and_kept(client: Client) -> None:
    study = make_study("A title " * 60, retraction="retracted")
    address = f"/studies/{study.pk}/card.png"
    assert f"http://localhost:8000{address}" in page(study.get_absolute_url())
    answer = client.get(address)
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)
    assert answer["Content-Type"] == "image/png" and "public" in answer["Cache-Control"]
    again = client.get(address, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Study.objects.filter(pk=study.pk).update(retraction="")
    assert client.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 200
    assert client.get("/studies/999999/card.png").status_code == 404


@pytest.mark.parametrize("title", [*HOSTILE, "\U0010fffd" * 30, "肝炎のリスク", "x" * 900, "الصلع " * 50, "-"])
def test_the_picture_of_any_title_can_be_drawn(client: Client, title: str) -> None:
    study = make_study("x")
    Study.objects.filter(pk=study.pk).update(title=title)
    assert client.get(f"/studies/{study.pk}/card.png").status_code == 200
