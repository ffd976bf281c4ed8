"""One address, several forms: what the ``Accept`` header asks for."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from studies.exporting.negotiating import wanted
from studies.views.exports import OFFERS
from tests.builders import make_study
from tests.studies.exporting.reading import make_known_study, read_bibtex, read_ris

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("text/*", "text/html"),
        ("application/x-bibtex", "application/x-bibtex"),
        ("APPLICATION/X-BIBTEX", "application/x-bibtex"),
        ("text/html;q=0.5, application/x-bibtex", "application/x-bibtex"),
        ("text/html, application/x-bibtex", "text/html"),
        (
            "application/x-bibtex;q=0.1, application/x-research-info-systems;q=0.2",
            "application/x-research-info-systems",
        ),
        ("application/*", "application/x-bibtex"),
        ("application/*, application/x-bibtex;q=0", "application/x-research-info-systems"),
        ("application/vnd.citationstyles.csl+json;q=0", "text/html"),
        ("image/png", "text/html"),
        ("application/x-bibtex;q=2, , ;;q=, nonsense, text/html;q=x", "text/html"),
        ("application/ld+json", "application/ld+json"),
    ],
)
def test_the_best_liked_form_is_given_and_a_page_where_none_is(header: str, form: str) -> None:
    assert wanted(header, OFFERS)[0] == form


@given(st.text(max_size=200))
def test_any_header_is_understood_somehow(header: str) -> None:
    assert wanted(header, OFFERS)[0] in OFFERS


@pytest.mark.django_db
def test_a_study_page_gives_every_form(client: Client) -> None:
    study = make_known_study()
    address = study.get_absolute_url()

    def get(accept: str) -> str:
        answer = client.get(address, headers={"accept": accept})
        assert answer.status_code == 200
        assert answer["Content-Type"] == f"{accept.split(';')[0]}; charset=utf-8"
        assert "Accept" in answer["Vary"]
        assert 'rel="cite-as"' in answer["Link"] and answer["Link"].count('rel="describedby"') == 3
        return answer.content.decode()

    assert get("text/html").startswith("<!doctype html>")
    assert json.loads(get("application/vnd.citationstyles.csl+json"))[0]["DOI"] == study.doi
    assert read_bibtex(get("application/x-bibtex"))[0]["doi"] == study.doi
    assert read_ris(get("application/x-research-info-systems"))[0]["doi"] == study.doi
    assert json.loads(get("application/ld+json"))["name"] == study.title
    assert get("text/x-bibliography;style=vancouver").startswith(
        "van der Berg AM, King ML Jr, WHO Study Group, Europe, Müller-Łuć Ö. "
    )
    assert get("text/x-bibliography;style=none").startswith("van der Berg, A. M., ")


@pytest.mark.django_db
def test_addresses_by_identifier_lead_to_every_form(client: Client) -> None:
    study = make_known_study()
    for address in (f"/studies/doi/{study.doi}", f"/studies/pmid/{study.pmid}"):
        answer = client.get(address, headers={"accept": "application/x-bibtex"}, follow=True)
        assert read_bibtex(answer.content.decode())[0]["doi"] == study.doi


@pytest.mark.django_db
def test_the_page_costs_no_more_for_it_and_other_forms_cost_less(client: Client, django_assert_num_queries) -> None:
    study = make_study("x")
    with django_assert_num_queries(4):
        client.get(study.get_absolute_url(), headers={"accept": "application/x-bibtex"})
