"""What is offered while a member writes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import make_category, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db
ADDRESS = "/writing/suggestions/"


@pytest.fixture
def member(client):
    member = make_member()
    client.force_login(member)
    return member


def offered(client, **typed) -> str:
    answer = client.post(ADDRESS, typed)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.usefixtures("member")
class TestSuggestions:
    def test_are_studies_and_posts_on_the_title_and_the_tags(self, client):
        study = make_study("Minoxidil foam in men", tags=["minoxidil"], doi="10.1234/foam")
        make_study("Lupus in mice")
        post = make_post(title="Foam or solution?", tags=["minoxidil"])
        shown = offered(client, title="Does minoxidil foam itch?", tags="")
        assert "Studies on this" in shown
        assert study.get_absolute_url() in shown
        assert 'data-insert="doi:10.1234/foam"' in shown
        assert "Posts like this" in shown
        assert post.get_absolute_url() in shown
        assert "Lupus" not in shown
        assert study.get_absolute_url() in offered(client, title="", tags="Minoxidil , other")

    def test_are_none_for_what_says_nothing_yet(self, client):
        make_study("It")
        with CaptureQueriesContext(connection) as queries:
            assert offered(client, title="It", tags=" , ").strip() == ""
        assert not [query for query in queries if "search_vector" in query["sql"]]

    def test_leave_out_what_the_member_may_not_see_and_the_post_itself(self, client):
        make_post(title="Foam hidden").hide(make_moderator(), "Rude.")
        make_post(title="Foam deleted").delete_by_author()
        own = make_post(title="Foam mine")
        make_post(title="Foam shown")
        shown = offered(client, title="foam again", post=str(own.pk))
        assert "Foam shown" in shown
        for title in ("Foam hidden", "Foam deleted", "Foam mine"):
            assert title not in shown

    def test_leave_out_retracted_studies(self, client):
        make_study("Foam works", retraction="retracted")
        assert "Foam works" not in offered(client, title="foam")

    def test_cost_the_same_for_few_and_for_many(self, client):
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                offered(client, title="foam in men", tags="minoxidil")
            return len(queries)

        make_study("Foam in men", authors=["Doe"], tldr="It helps."), make_post(title="Foam in men", tags=["minoxidil"])
        few = cost()
        for number in range(12):
            make_study(f"Foam in men {number}", authors=["Doe", "Roe"], tldr="It helps.")
            make_post(title=f"Foam in men {number}", tags=["minoxidil"])
        assert cost() <= few

    @pytest.mark.parametrize(
        "typed",
        [
            {},
            {"title": "x" * 5000},
            {"tags": "," * 3000},
            {"title": "' \" & | ! <->"},
            {"title": "foam", "post": "9" * 30},
        ],
    )
    def test_take_anything(self, client, typed):
        offered(client, **typed)

    def test_escape_what_they_show(self, client):
        make_study("<script>foam</script>")
        assert "<script>" not in offered(client, title="foam")


class TestWhoMayAsk:
    def test_members_by_post_and_nobody_else(self, client):
        assert client.post(ADDRESS, {"title": "foam"}).status_code == 302
        client.force_login(make_member())
        assert client.get(ADDRESS).status_code == 405


def test_without_javascript_they_come_with_the_preview(client, member):
    study = make_study("Minoxidil foam in men", doi="10.1234/foam")
    shelf = make_category()
    typed = {"title": "Minoxidil foam", "body": "Words.", "category": shelf.slug, "tags": "", "preview": "1"}
    shown = client.post("/community/new/", typed).content.decode()
    assert study.get_absolute_url() in shown
    assert "<code>doi:10.1234/foam</code>" in shown
    assert "Studies on this" not in client.get("/community/new/").content.decode()
