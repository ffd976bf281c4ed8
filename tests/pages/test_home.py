import re

import pytest

from pages import home
from tests.builders import make_category, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


def titles(client, address: str = "/") -> list[str]:
    return re.findall(r'post-item__title"><a [^>]+>([^<]+)</a>', client.get(address).text)


class TestHome:
    def test_shows_hot_posts_beside_new_studies(self, client):
        make_post(title="A hot post")
        make_study("A new study")
        page = client.get("/").text
        assert "A hot post" in page
        assert "A new study" in page

    def test_tells_what_to_do_where_there_is_nothing(self, client):
        page = client.get("/").text
        assert "No posts yet." in page
        assert "The library is empty." in page

    def test_is_not_filled_by_one_category(self, client):
        shelf = make_category()
        for number in range(8):
            make_post(title=f"Busy {number}", category=shelf)
        make_post(title="Quiet")
        assert sorted(titles(client)) == ["Busy 4", "Busy 5", "Busy 6", "Busy 7", "Quiet"]
        assert home.FROM_ONE_CATEGORY == 4

    def test_is_not_filled_by_one_member(self, client):
        busy = make_member()
        for number in range(8):
            make_post(title=f"Busy {number}", author=busy)
        make_post(title="Quiet")
        assert sorted(titles(client)) == ["Busy 6", "Busy 7", "Quiet"]

    def test_shows_threads_that_nobody_in_particular_opened(self, client):
        for number in range(3):
            make_study(f"Study {number}").open_discussion(make_member())
        assert len(titles(client)) == 3

    def test_orders_by_heat(self, client):
        cold, hot = make_post(title="Cold"), make_post(title="Hot")
        for _ in range(20):
            cold.upvote(make_member())
        assert titles(client) == ["Cold", "Hot"]
        assert hot.pk > cold.pk

    def test_leaves_out_what_is_hidden_or_deleted(self, client):
        make_post(title="Hidden").hide(make_moderator(), "Rude.")
        make_post(title="Deleted").delete_by_author()
        assert titles(client) == []
        client.force_login(make_moderator())
        assert titles(client) == ["Hidden"]

    def test_welcomes_guests_only(self, client):
        assert "Research, read by the people it is about" in client.get("/").text
        client.force_login(make_member())
        assert "Research, read by the people it is about" not in client.get("/").text
