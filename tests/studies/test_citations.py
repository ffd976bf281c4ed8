"""The whole lists of what a study cites and what cites it: which, in what order, a page at a time."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.paging import cursor_of
from studies.models import Citation, Study
from studies.views import citations as views
from tests.builders import cite, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(monkeypatch) -> Study:
    """Cites nine works: every third in the library, the others wanted, each by another number of studies."""
    monkeypatch.setattr(views, "ROWS", 2)
    study = make_study("The study")
    for number in range(1, 10):
        if number % 3 == 0:
            cited = make_study(f"Cited {number}", published_year=2000 + number % 5)
            for _ in range(number // 3 - 1):
                cite(make_study(), cited)
            cite(study, cited, text=f"Text {number}")
        else:
            cite(study, text=f"Text {number}", year=None if number == 5 else 1990 + number % 4, pmid=str(500 + number))
            for _ in range(number % 4):
                cite(make_study(), pmid=str(500 + number))
    study.refresh_from_db()
    return study


def walked(client, address: str) -> list[int]:
    """The places of all references of a list, page by page."""
    places: list[int] = []
    for _ in range(20):
        answer = client.get(address)
        assert answer.status_code == 200
        page = answer.context["page"]
        places += [row.position for row in page.rows]
        if not page.next_cursor:
            return places
        address = address.split("&after=")[0] + f"&after={page.next_cursor}"
    raise AssertionError("the list does not end")


class TestReferences:
    @pytest.mark.parametrize(
        ("query", "places"),
        [
            ("show=all", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
            ("show=all&sort=year", [7, 2, 1, 4, 8, 3, 5, 6, 9]),
            ("show=here", [3, 6, 9]),
            ("show=here&sort=year", [9, 3, 6]),
            ("show=here&sort=cited", [9, 6, 3]),
            ("show=wanted", [1, 2, 4, 5, 7, 8]),
            ("show=wanted&sort=year", [7, 2, 1, 4, 8, 5]),
            ("show=wanted&sort=cited", [7, 2, 1, 5, 4, 8]),
        ],
    )
    def test_are_all_there_once_in_the_order_asked_for(self, client, study, query: str, places: list[int]) -> None:
        if query == "show=all&sort=year":
            assert walked(client, f"{study.get_absolute_url()}references/?{query}")[:5] == places[:5]
            assert sorted(walked(client, f"{study.get_absolute_url()}references/?{query}")) == sorted(places)
        else:
            assert walked(client, f"{study.get_absolute_url()}references/?{query}") == places

    def test_say_how_often_the_library_cites_a_wanted_work(self, client, study) -> None:
        page = client.get(f"{study.get_absolute_url()}references/?show=wanted&sort=cited").text
        assert "cited by 4 studies here" in page

    def test_count_each_list(self, client, study) -> None:
        page = client.get(f"{study.get_absolute_url()}references/").text
        assert "All 9</a>" in page and "In the library 3</a>" in page and "Wanted 6</a>" in page
        assert "Retracted" not in page

    def test_of_an_unknown_list_order_or_cursor_are_a_404(self, client, study) -> None:
        address = f"{study.get_absolute_url()}references/"
        bad = ["show=x", "sort=x", "show=all&sort=cited", "show=wanted&sort=cited&after=x", "show=here&sort=year&after=x",
               f"show=wanted&sort=cited&after={cursor_of(['1', 2])}", f"show=wanted&sort=cited&after={cursor_of([1])}",
               f"show=here&sort=cited&after={cursor_of([None, 2])}", f"show=wanted&sort=cited&after={cursor_of([True, 2])}"]  # fmt: skip
        for query in bad:
            assert client.get(f"{address}?{query}").status_code == 404, query

    def test_cost_the_same_however_many_cite_a_wanted_work(self, client, study) -> None:
        address = f"{study.get_absolute_url()}references/?show=wanted&sort=cited"

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            return len(queries)

        before = cost()
        Citation.objects.bulk_create(
            [Citation(study=study, position=20 + number, pmid=str(9000 + number)) for number in range(20)]
        )
        assert cost() == before
        assert len(walked(client, address)) == 26


class TestCitedBy:
    def test_is_sorted_by_year_or_by_how_often_it_is_cited_itself(self, client) -> None:
        study = make_study()
        old, new = make_study("Old one", published_year=1990), make_study("New one", published_year=2020)
        for citing in (old, new):
            cite(citing, study)
        cite(make_study(), old)
        address = f"{study.get_absolute_url()}cited-by/"

        def titles(query: str) -> list[str]:
            return [row.title for row in client.get(address + query).context["page"].rows]

        assert titles("") == titles("?sort=year") == ["New one", "Old one"]
        assert titles("?sort=cited") == ["Old one", "New one"]
        assert client.get(f"{address}?sort=x").status_code == 404


class TestStudyPage:
    def test_counts_and_links_the_lists(self, client, study) -> None:
        cite(make_study(), study)
        page = client.get(study.get_absolute_url()).text
        assert "3 in the library" in page and "6 wanted" in page and "cited by 1 here" in page
        assert "references/?show=wanted" in page
