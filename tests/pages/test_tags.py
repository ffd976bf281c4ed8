import re

import pytest

from common.models import Tag
from tests.builders import make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


def titles(client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.findall(r'item__title"><a [^>]+>([^<]+)</a>', answer.text)


class TestTags:
    def test_stand_with_their_use_the_most_used_first(self, client):
        make_post(tags=["acne", "lupus"])
        make_study(tags=["lupus"])
        Tag.objects.create(name="unused", slug="unused")
        page = client.get("/tags/").text
        assert page.index("/tags/lupus/") < page.index("/tags/acne/")
        assert 'lupus <span class="tag__count">2</span>' in page
        assert "unused" not in page

    def test_are_read_to_the_end_a_page_at_a_time(self, client, monkeypatch):
        monkeypatch.setattr("pages.views.tags.TAGS_PAGE", 3)
        for number in range(7):
            make_post(tags=[f"tag{number}"])
        seen, query = [], ""
        while query is not None:
            page = client.get(f"/tags/{query}").text
            seen += re.findall(r'class="tag" href="/tags/(\w+)/"', page)
            more = re.search(r'rel="next" href="([^"]+)"', page)
            query = more and more[1]
        assert sorted(seen) == [f"tag{number}" for number in range(7)]

    @pytest.mark.parametrize(
        "after", ["x", "W10", "WzEsIG51bGxd", "WzEsICJcdWQ4MDAiXQ", "WyJhIiwgImEiXQ", "W3RydWUsICJhIl0", "A" * 700]
    )
    def test_answer_a_wrong_cursor_with_a_sentence(self, client, after):
        answer = client.get(f"/tags/?after={after}")
        assert answer.status_code == 404
        assert "Start again at the beginning" in answer.text


class TestTagPage:
    def test_shows_the_posts_and_the_studies_that_carry_it(self, client):
        make_post(title="A post of it", tags=["acne"])
        make_study("A study of it", tags=["acne"])
        make_post(title="Another", tags=["lupus"])
        assert titles(client, "/tags/acne/") == ["A post of it", "A study of it"]
        assert titles(client, "/tags/acne/?show=posts") == ["A post of it"]
        assert titles(client, "/tags/acne/?show=studies") == ["A study of it"]

    def test_of_two_tags_shows_what_carries_both(self, client):
        make_post(title="Both", tags=["acne", "women"])
        make_post(title="One", tags=["acne"])
        make_study("A study of both", tags=["women", "acne"])
        for address in ("/tags/acne,women/", "/tags/women,acne/", "/tags/acne,,women/", "/tags/acne,acne,women/"):
            assert titles(client, address) == ["Both", "A study of both"]

    def test_redirects_a_synonym_to_what_it_stands_for(self, client):
        make_post(tags=["minoxidil", "women"])
        Tag.objects.create(name="rogaine", slug="rogaine", synonym_of=Tag.objects.get(name="minoxidil"))
        for address, meant in (
            ("/tags/rogaine/", "/tags/minoxidil/"),
            ("/tags/rogaine,women/", "/tags/minoxidil,women/"),
            ("/tags/rogaine,minoxidil/", "/tags/minoxidil/"),
        ):
            answer = client.get(address)
            assert (answer.status_code, answer["Location"].replace("%2C", ",")) == (301, meant)

    def test_is_found_under_letters_of_any_script(self, client):
        for name in ("été", "脱毛症", "волосы", "🙂", "new", "c++"):
            make_post(title=f"About {name}", tags=[name])
            tag = Tag.objects.get(name=name)
            assert titles(client, tag.get_absolute_url()) == [f"About {name}"]

    @pytest.mark.parametrize(
        "slugs",
        ["none-such", "acne,none-such", ",", ",,,", "a,b,c,d,e", "x" * 500, "acne'--", "acne%22", "%F0%9F%99%82", "-"],
    )
    def test_is_404_with_a_sentence_for_what_is_no_tag(self, client, slugs):
        make_post(tags=["acne"])
        answer = client.get(f"/tags/{slugs}/")
        assert answer.status_code == 404
        assert "no such tag" in answer.text or "One to 4 tags" in answer.text

    @pytest.mark.parametrize("query", ["show=everything", "show=posts&after=x", "show=studies&after=W10"])
    def test_is_404_for_a_wrong_query(self, client, query):
        make_post(tags=["acne"])
        assert client.get(f"/tags/acne/?{query}").status_code == 404

    def test_counts_what_is_in_sight_only(self, client):
        make_post(tags=["acne"])
        make_post(tags=["acne"]).hide(make_moderator(), "Rude.")
        make_post(tags=["acne"]).delete_by_author()
        assert "1 / 1" in client.get("/tags/acne/").text
        client.force_login(make_moderator())
        assert "2 / 2" in client.get("/tags/acne/").text

    def test_is_read_to_the_end_a_page_at_a_time(self, client, settings):
        settings.LIST_PAGE = 2
        for number in range(5):
            make_post(title=f"Post {number}", tags=["acne"])
        seen, query = [], "?show=posts"
        while query is not None:
            seen += titles(client, f"/tags/acne/{query}")
            more = re.search(r'rel="next" href="([^"]+)"', client.get(f"/tags/acne/{query}").text)
            query = more and more[1].replace("&amp;", "&")
        assert sorted(seen) == [f"Post {number}" for number in range(5)]
