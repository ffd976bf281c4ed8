import pytest

from studies.models import Author
from tests.builders import cite, make_comment, make_journal, make_member, make_study

pytestmark = pytest.mark.django_db


def titles(client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [piece.split(">")[1].split("<")[0] for piece in answer.text.split('study-item__title"><a ')[1:]]


class TestLibrary:
    def test_lists_the_newest_first(self, client):
        make_study("Old", published_year=1999)
        make_study("New in May", published_year=2024, published_month=5)
        make_study("New", published_year=2024)
        assert titles(client, "/studies/") == ["New in May", "New", "Old"]

    def test_sorts_by_citations_and_by_discussion(self, client):
        cited, discussed, neither = make_study("Cited"), make_study("Discussed"), make_study("Neither")
        cite(neither, cited)
        thread = discussed.open_discussion(make_member())
        make_comment(thread)
        assert titles(client, "/studies/?sort=cited")[0] == "Cited"
        assert titles(client, "/studies/?sort=discussed") == ["Discussed"]

    @pytest.mark.parametrize(
        "address",
        ["/studies/suggest/", "/studies/wanted/", "/open-data/", "/moderation/log/", "/about/limits/"],
    )
    def test_leads_on_to_what_is_missing_and_to_what_everyone_may_know(self, client, address):
        assert f'href="{address}"' in client.get("/studies/").text

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("tag=acne", ["Wanted"]),
            ("year=2011", ["Wanted"]),
            ("level=2-trial", ["Wanted"]),
            ("open=1", ["Wanted"]),
            ("retracted=1", ["Wanted"]),
            ("q=wanted", ["Wanted"]),
            ("tag=acne&year=2011&level=2-trial&open=1&retracted=1&q=wanted", ["Wanted"]),
            ("journal=journal-of-skin", ["Wanted"]),
            ("tag=acne&year=1999", []),
        ],
    )
    def test_narrows_by_facets(self, client, query, shown):
        make_study("Wanted", tags=["acne"], published_year=2011, evidence_level="2-trial", open_access_url="https://example.org/a",
                   retraction="retracted", journal=make_journal("Journal of Skin"))  # fmt: skip
        make_study("Another", tags=["lupus"], published_year=1999)
        assert titles(client, f"/studies/?{query}") == shown

    @pytest.mark.parametrize(
        "query",
        [
            "year=abcd",
            "year=20111",
            "year=٢٠١١",
            "level=best",
            "tag=none-such",
            "journal=none-such",
            "sort=loud",
            "after=x",
            "after=W10",
            "after=WzFd",
        ],
    )
    def test_answers_a_wrong_query_with_404_and_a_sentence(self, client, query):
        answer = client.get(f"/studies/?{query}")
        assert answer.status_code == 404
        assert "." in answer.text

    def test_is_read_to_its_end_without_losing_or_repeating(self, client, settings):
        settings.LIST_PAGE = 4
        for number in range(11):
            make_study(f"Study {number}", published_year=2000 + number % 3)
        seen, address = [], "/studies/"
        while address:
            text = client.get(address).text
            seen += titles(client, address)
            address = (
                "/studies/" + text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
                if 'rel="next"' in text
                else ""
            )
        assert sorted(seen) == sorted(f"Study {number}" for number in range(11))


class TestJournalAndAuthor:
    def test_show_their_studies(self, client):
        study = make_study("By Doe", authors=["Doe"])
        make_study("By another", authors=["Roe"])
        author = Author.objects.get(family="Doe")
        assert titles(client, author.get_absolute_url()) == ["By Doe"]
        assert titles(client, study.journal.get_absolute_url()) == ["By Doe"]

    def test_redirect_a_wrong_slug(self, client):
        make_study(authors=["Doe"])
        author = Author.objects.get()
        assert client.get(f"/authors/{author.pk}/other/").status_code == 301
        assert client.get("/authors/999999/x/").status_code == 404
        assert client.get("/journals/none/").status_code == 404
