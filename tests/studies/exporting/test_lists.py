"""Any list of studies as a file."""

from __future__ import annotations

import json
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studies.exporting import answering, respond
from studies.models import Author, Study
from tests.builders import cite, make_comment, make_journal, make_member, make_study
from tests.studies.exporting.reading import read_bibtex, read_ris

pytestmark = pytest.mark.django_db


def titles(client: Client, query: str) -> list[str]:
    answer = client.get(f"/studies.csl.json{query}")
    assert answer.status_code == 200, query
    return [item["title"] for item in json.loads(answer.getvalue())]


def test_the_file_has_the_studies_of_the_list_in_its_order(client: Client) -> None:
    journal = make_journal("Hair")
    old = make_study("Old words", published_year=1999, journal=journal, tags=["minoxidil", "hair"], authors=["Doe"])
    new = make_study("New things", published_year=2022, tags=["minoxidil"], retraction="retracted")
    cite(new, old)
    assert titles(client, "") == ["New things", "Old words"]
    assert titles(client, "?sort=cited") == ["Old words", "New things"]
    assert titles(client, "?tag=minoxidil&year=1999") == ["Old words"]
    assert titles(client, "?tags=minoxidil,hair") == ["Old words"]
    assert titles(client, "?journal=hair") == ["Old words"]
    assert titles(client, f"?author={Author.objects.get().pk}") == ["Old words"]
    assert (
        titles(client, "?q=things")
        == titles(client, "?find=things")
        == titles(client, "?retracted=1")
        == ["New things"]
    )
    assert titles(client, "?sort=discussed") == []
    make_comment(old.open_discussion(make_member()))
    assert titles(client, "?sort=discussed") == ["Old words"]
    for bad in ("?tag=none", "?author=x", "?author=99999999999999999999", "?sort=best", "?year=x", "?tags=a,b"):
        assert client.get(f"/studies.bib{bad}").status_code == 404


@pytest.mark.parametrize("suffix", ["bib", "ris", "csl.json"])
def test_an_empty_list_is_an_empty_file(client: Client, suffix: str) -> None:
    answer = client.get(f"/studies.{suffix}?year=1801")
    text = answer.getvalue().decode()
    assert (json.loads(text) if suffix == "csl.json" else text.strip() or []) == []


def test_the_file_has_a_safe_name_and_its_type(client: Client) -> None:
    make_study("x", journal=make_journal('A "journal"'))
    answer = client.get('/studies.ris?journal=a-"journal"')
    assert answer["Content-Disposition"] == 'attachment; filename="studies-a-journal.ris"'
    assert answer["Content-Type"] == "application/x-research-info-systems; charset=utf-8"
    assert client.get("/studies.bib?q=../..\\x")["Content-Disposition"] == 'attachment; filename="studies-x.bib"'
    assert "filename*=utf-8''" in client.get("/studies.bib?q=肝炎")["Content-Disposition"]


def test_a_list_that_is_cut_says_so(client: Client) -> None:
    for number in range(3):
        make_study(f"Study {number}")
    with mock.patch.object(answering, "MOST", 2):
        answer = client.get("/studies.bib")
        text = answer.getvalue().decode()
        assert answer["X-Export-Cut"] == "first 2 studies"
        assert text.startswith("@comment{This file holds the first 5,000 studies") and len(read_bibtex(text)) == 2
        assert len(read_ris(client.get("/studies.ris").getvalue().decode())) == 2
    assert "X-Export-Cut" not in client.get("/studies.bib")


def test_a_chunk_costs_as_many_queries_however_much_it_holds() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            b"".join(respond(Study.objects.order_by("-pk"), "bib", "x").streaming_content)
        return len(queries)

    make_study("One", tags=["a"], authors=["Doe"])
    one = cost()
    for number in range(30):
        make_study(f"Study {number}", tags=["a", f"b{number}"], authors=["Doe", f"Roe {number}"])
    assert cost() == one == 4


def test_keys_are_unique_in_a_file(client: Client) -> None:
    for _ in range(3):
        make_study("The same", authors=["Ünal-Øst"], published_year=2020)
    keys = [entry["key"] for entry in read_bibtex(client.get("/studies.bib").getvalue().decode())]
    assert len(set(keys)) == 3 and all(key.startswith("unalost2020-") for key in keys)


@pytest.mark.parametrize("address", ["/studies/", "/tags/minoxidil/", "/search/?q=words", "/journals/hair/", "author"])
def test_every_list_page_links_its_files(client: Client, address: str) -> None:
    study = make_study("Words", tags=["minoxidil"], journal=make_journal("Hair"), authors=["Doe"])
    if address == "author":
        address = Author.objects.get().get_absolute_url()
    html = client.get(address).content.decode()
    link = html.split(".ris")[0].rpartition('href="')[2]
    query = html.split(".csl.json")[1].split('"')[0].replace("&amp;", "&")
    assert link == "/studies"
    assert titles(client, query) == [study.title]
