"""Formatted citations, to copy."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from studies.exporting.citing import FOLDER, STYLES, cited, cited_plain
from studies.models import Study
from tests.builders import make_study
from tests.studies.exporting.reading import make_known_study
from tests.studies.exporting.test_formats import HOSTILE

ITEM = {
    "id": "x", "type": "article-journal", "title": "Whether it helps: a trial", "container-title": "The Journal of Hair",
    "container-title-short": "J Hair", "volume": "3", "issue": "2", "page": "101-109", "DOI": "10.1000/x", "PMID": "123",
    "author": [
        {"family": "Berg", "non-dropping-particle": "van der", "given": "Anna Maria"},
        {"family": "King", "given": "Martin L", "suffix": "Jr"},
        {"literal": "WHO Study Group"},
    ],
    "issued": {"date-parts": [[2011, 2]]}, "URL": "https://studyhall.example/studies/1/x/",
}  # fmt: skip
WANTED = {
    "apa": "van der Berg, A. M., King, M. L., Jr, & WHO Study Group. (2011). Whether it helps: a trial. <i>The Journal of Hair</i>, <i>3</i>(2), 101–109. https://doi.org/10.1000/x",
    "ama": "van der Berg AM, King ML Jr, WHO Study Group. Whether it helps: a trial. <i>J Hair</i>. 2011;3(2):101-109. doi:10.1000/x",
    "vancouver": "van der Berg AM, King ML Jr, WHO Study Group. Whether it helps: a trial. J Hair. 2011 Feb;3(2):101–9. doi:10.1000/x PubMed PMID: 123.",
    "nature": "van der Berg, A. M., King, M. L., Jr & WHO Study Group. Whether it helps: a trial. <i>J Hair</i> <b>3</b>, 101–109 (2011).",
    "harvard": "van der Berg, A.M., King, M.L., Jr and WHO Study Group (2011) ‘Whether it helps: a trial’, <i>The Journal of Hair</i>, 3(2), pp. 101–109. Available at: https://doi.org/10.1000/x.",
    "ieee": "A. M. van der Berg, M. L. King Jr, and WHO Study Group, “Whether it helps: a trial,” <i>J Hair</i>, vol. 3, no. 2, pp. 101–109, Feb. 2011, doi: 10.1000/x.",
}


@pytest.mark.parametrize("style", STYLES)
def test_each_style_cites_as_its_manual_does(style: str) -> None:
    assert cited(ITEM, style) == WANTED[style].replace(" & ", " &amp; ")


@pytest.mark.parametrize(
    ("given", "printed"), [("MJ", "MJ"), ("M J", "MJ"), ("ÅK", "ÅK"), ("Bo", "B"), ("JO Ann", "JA")]
)
def test_initials_written_together_are_all_kept(given: str, printed: str) -> None:
    item = ITEM | {"author": [{"family": "Grainge", "given": given}]}
    assert cited(item, "vancouver").startswith(f"Grainge {printed}. ")


def test_a_name_that_is_all_in_capitals_is_no_row_of_initials() -> None:
    item = ITEM | {"author": [{"family": "GRAINGE", "given": "ANN"}]}
    assert cited(item, "vancouver").startswith("GRAINGE A. ")


def test_more_than_twenty_authors_are_shortened_by_each_style_s_rule() -> None:
    item = {**ITEM, "author": [{"family": f"Doe{number}", "given": "Jo"} for number in range(1, 26)]}
    assert "Doe19, J., … Doe25, J. (2011)" in cited(item, "apa") and "Doe20" not in cited(item, "apa")
    for style in set(STYLES) - {"apa"}:
        assert "et al" in cited(item, style) and "Doe25" not in cited(item, style)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "lacking", ["author", "issued", "container-title", "container-title-short", "volume", "page", "DOI"]
)
def test_what_is_not_known_is_left_out(style: str, lacking: str) -> None:
    line = cited_plain({name: value for name, value in ITEM.items() if name != lacking}, style)
    assert line.count("Whether it helps") == 1
    assert not [bad for bad in ("None", "..", "studyhall.example") if bad in line]
    assert lacking == "volume" or "reprint" not in line


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "title", [*HOSTILE, "<b>bold</b> & <i>P. acnes</i>", "Is it so?", "Ends with a stop.", "1. First [1] of all"]
)
def test_any_title_is_text(style: str, title: str) -> None:
    line = cited({**ITEM, "title": title, "author": [{"family": title, "given": title}, {"literal": title}]}, style)
    assert set(re.findall(r"<[^>]*>", line)) <= {
        f"<{slash}{tag}>" for slash in ("", "/") for tag in ("i", "b", "sup", "sub")
    }
    shown = html.unescape(re.sub(r"<[^>]*>", "", line))
    assert not set("\ue000\ue001\ue002\ue003") & set(shown)
    assert shown.count("<") >= title.count("<") and shown.count("&") >= title.count("&")
    assert "?." not in line.replace("?.", "", title.count("?.")) and "<script" not in line


def test_a_retraction_is_told_behind_the_citation() -> None:
    assert cited({**ITEM, "status": "retracted", "note": "Retracted 2020. Notice: <x>."}, "apa").endswith(
        " [Retracted 2020. Notice: &lt;x&gt;.]"
    )


def test_the_styles_keep_their_licence_and_their_authors() -> None:
    for style in STYLES:
        text = (FOLDER / f"{style}.csl").read_text(encoding="utf-8")
        assert "creativecommons.org/licenses/by-sa/3.0" in text and "<author>" in text


@pytest.mark.django_db
def test_the_fold_and_the_page_behind_it(client: Client) -> None:
    study = make_known_study()
    address = f"{study.get_absolute_url()}cite/"
    html = client.get(study.get_absolute_url()).content.decode()
    assert f'<a href="{address}"' in html and f'hx-get="{address}"' in html
    page = client.get(f"{address}?style=ama").content.decode()
    assert "van der Berg AM, King ML Jr" in page and 'style=ama" hx-get' in page and page.count("cite__text") == 1
    piece = client.get(address, headers={"hx-request": "true"})
    assert piece.content.decode().lstrip().startswith("<ul") and "HX-Request" in piece["Vary"]
    assert client.get(f"{address}?style=mla").status_code == 404
    assert client.get(f"/studies/{study.pk}/old/cite/")["Location"] == address
    assert client.get("/studies/999999/x/cite/").status_code == 404


@pytest.mark.django_db
def test_a_study_of_which_little_is_known_can_be_cited_in_every_style(client: Client) -> None:
    study = make_study("Bare")
    Study.objects.update(journal=None, published_year=None, doi=None)
    for style in STYLES:
        assert "Bare" in client.get(f"{study.get_absolute_url()}cite/?style={style}").content.decode()
