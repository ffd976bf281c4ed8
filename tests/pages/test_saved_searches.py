"""Searches of the whole site that members keep: what is new is told once, to those who may see it."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from notices import following, muting
from notices.models import Notification
from pages.searching import operators, watching
from studies.arrivals import tell_of_new_studies
from studies.models import FoundWords, NewWords, SavedSearch
from tests.builders import make_comment, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return make_member("reads_much")


def watch(member, typed: str) -> SavedSearch:
    return watching.save(member, operators.read(typed))


def told(member) -> list[str]:
    while watching.tell_of_new_words():
        pass
    return [each.words for each in Notification.objects.of(member).filter(kind=watching.KIND).order_by("pk")]


class TestKeeping:
    def test_one_search_is_one_however_it_is_typed(self, reader):
        assert watch(reader, "Minoxidil   tag:foam") == watch(reader, "tag:foam minoxidil")
        assert following.followed_among(reader, SavedSearch.objects.all()) == {SavedSearch.objects.get().pk}

    def test_is_done_by_a_button_and_ended_under_what_is_followed(self, client: Client, reader):
        client.force_login(reader)
        page = client.get("/search/?q=minoxidil+tag:foam").text
        assert 'formaction="/search/save/?q=minoxidil%20tag%3Afoam"' in page
        answer = client.post("/search/save/?q=minoxidil+tag:foam", follow=True)
        assert "You follow the search" in answer.text
        assert "minoxidil tag:foam" in client.get("/following/").text
        assert "minoxidil tag:foam" in client.get("/search/").text

    def test_is_refused_with_a_sentence_where_nothing_could_be_told(self, client: Client, reader):
        client.force_login(reader)
        for typed in ("", "-dog", "type:member anna", "type:post type:comment x"):
            answer = client.post(f"/search/save/?{urlencode({'q': typed})}", follow=True)
            assert "that can be followed" in answer.text, typed
        assert not SavedSearch.objects.exists()

    def test_is_its_members_alone(self, client: Client, reader):
        search = watch(reader, "minoxidil")
        client.force_login(make_member())
        assert client.get(f"/search/saved/{search.pk}/").status_code == 404
        assert "Searches you follow" not in client.get("/search/").text
        client.force_login(reader)
        assert (
            client.get(f"/search/saved/{search.pk}/?show=post")["Location"] == "/search/?q=minoxidil&show=post&sort=new"
        )
        assert client.get(f"/search/saved/{search.pk}/?show=zzz")["Location"] == "/search/?q=minoxidil"

    def test_guests_are_sent_to_sign_in(self, client: Client):
        assert client.post("/search/save/?q=x")["Location"].startswith("/accounts/login/")
        assert "Follow this search" not in client.get("/search/?q=x").text


class TestTelling:
    def test_of_posts_comments_and_studies_gathered_and_once(self, reader):
        watch(reader, "minoxidil")
        post = make_post(title="Minoxidil")
        assert told(reader) == ["A new post that your search “minoxidil” finds: “Minoxidil”"]
        make_post(title="Minoxidil again")
        make_post(title="Something else")
        make_comment(post, body="More minoxidil")
        assert sorted(told(reader)) == [
            "2 new posts that your search “minoxidil” finds",
            "A new comment that your search “minoxidil” finds: on “Minoxidil”",
        ]
        assert len(told(reader)) == 2
        make_study("Minoxidil in a trial")
        tell_of_new_studies()
        assert Notification.objects.of(reader).filter(kind="new_studies").count() == 1
        assert not NewWords.objects.exists()
        assert FoundWords.objects.count() == 3

    def test_by_operators(self, reader):
        anna = make_member("anna_writes")
        watch(reader, "type:post author:anna_writes -finasteride")
        make_comment(make_post(author=anna, title="Hers"), author=anna)
        make_post(title="Another's")
        make_post(author=anna, title="Finasteride")
        assert told(reader) == ["A new post that your search “-finasteride type:post author:anna_writes” finds: “Hers”"]

    def test_is_not_of_ones_own_words_nor_of_what_one_may_not_see(self, reader):
        watch(reader, "minoxidil")
        make_post(author=reader, title="Minoxidil, my own")
        make_post(author=reader, title="Minoxidil, under another name", masked=True)
        make_post(title="Minoxidil, hidden").hide(make_moderator(), "Rude.")
        make_comment(body="minoxidil").delete_by_author()
        muted = make_post(title="Minoxidil, muted")
        muting.mute(reader, "member", muted.author_id)
        assert told(reader) == []

    def test_is_taken_back_with_what_goes_out_of_sight_and_given_back(self, reader):
        watch(reader, "minoxidil")
        post, comment = make_post(title="Minoxidil"), make_comment(body="minoxidil")
        moderator = make_moderator()
        assert len(told(reader)) == 2
        post.hide(moderator, "Rude.")
        comment.hide(moderator, "Rude.")
        assert told(reader) == []
        post.unhide(moderator, "Not rude.")
        comment.unhide(moderator, "Not rude.")
        assert len(told(reader)) == 2
        comment.post.hide(moderator, "Rude.")
        assert len(told(reader)) == 1

    def test_ends_with_the_follow(self, reader):
        search = watch(reader, "minoxidil")
        following.unfollow(reader, search)
        make_post(title="Minoxidil")
        assert told(reader) == []

    def test_tells_equal_searches_of_many(self, reader):
        readers = [make_member() for _ in range(5)]
        for each in readers:
            watch(each, "minoxidil")
        make_post(title="Minoxidil")
        watching.tell_of_new_words()
        assert all(len(told(each)) == 1 for each in readers)

    def test_goes_on_where_one_search_can_not_be_asked(self, reader):
        watch(reader, "tag:gone minoxidil")
        watch(reader, "minoxidil")
        make_post(title="Minoxidil")
        assert len(told(reader)) == 1

    def test_takes_a_bounded_number_in_a_round(self, reader):
        watch(reader, "minoxidil")
        for _ in range(3):
            make_post(title="Minoxidil")
        assert watching.tell_of_new_words(2) == 2
        assert watching.tell_of_new_words(2) == 1
        assert watching.tell_of_new_words(2) == 0
        assert told(reader) == ["3 new posts that your search “minoxidil” finds"]


def test_what_is_new_is_tried_as_a_guest_sees_it():
    assert isinstance(watching.GUEST, AnonymousUser)
