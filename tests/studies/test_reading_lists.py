"""Reading lists: their order, and who may see what."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from studies.models import ListEntry, ReadingList, Study, reading_list
from tests.builders import make_member, make_study

pytestmark = pytest.mark.django_db


def studies_of(list: ReadingList) -> list[Study]:
    return [entry.study for entry in list.entries.order_by("position")]


@pytest.fixture
def owner():
    return make_member("keeper_one")


@pytest.fixture
def private(owner) -> ReadingList:
    made = ReadingList.start(owner, title="Before the appointment", description="What I **read**.")
    for number in range(3):
        made.add(make_study(f"Number {number}"), note=f"Note {number}")
    return made


def as_member(member=None) -> Client:
    client = Client()
    client.force_login(member or make_member())
    return client


class TestOrder:
    def test_follows_every_move(self, private):
        a, b, c = private.entries.order_by("position")
        private.move(c, 1)
        assert list(private.entries.all()) == [c, a, b]
        private.move(c, 2)
        assert list(private.entries.all()) == [a, c, b]
        private.move(a, 99)
        assert list(private.entries.all()) == [c, b, a]
        private.move(a, 0)
        assert list(private.entries.all()) == [a, c, b]

    def test_holds_a_study_once_where_it_was_put_first(self, private):
        first = private.entries.first()
        private.add(first.study)
        assert private.entries.count() == 3 and private.entries.first() == first

    def test_by_the_buttons_moves_once_however_often_the_same_press_arrives(self, private, owner):
        a, b, c = private.entries.order_by("position")
        client = as_member(owner)
        for _ in range(2):
            answer = client.post(f"/lists/{private.pk}/entries/{c.pk}/move/", {"to": "2"})
        assert answer["Location"] == f"{private.get_absolute_url()}#entry-{c.pk}"
        assert list(private.entries.all()) == [a, c, b]
        for place in ("", "-1", "x", "²", "9" * 12):
            assert client.post(f"/lists/{private.pk}/entries/{c.pk}/move/", {"to": place}).status_code == 400


class TestAPrivateList:
    def test_is_nobodys_but_its_owners(self, private, owner):
        entry = private.entries.first()
        address = private.get_absolute_url()
        assert "Before the appointment" in as_member(owner).get(address).content.decode()
        before = list(ListEntry.objects.values_list("pk", "position", "note"))
        for client in (Client(), as_member(), as_member(make_member(is_staff=True, is_superuser=True))):
            assert client.get(address).status_code == 404
            assert client.get(f"/lists/{private.pk}/another-title/").status_code == 404
            assert client.get(f"{address.rstrip('/')}.bib").status_code == 404
            assert "appointment" not in client.get(owner.get_absolute_url() + "?show=lists").content.decode()
        other = as_member()
        for action in (
            f"{address}edit/", f"{address}delete/", f"/lists/{private.pk}/add/{make_study().pk}/",
            f"/lists/{private.pk}/take-out/{entry.study_id}/", f"/lists/{private.pk}/entries/{entry.pk}/move/",
            f"/lists/{private.pk}/entries/{entry.pk}/note/",
        ):  # fmt: skip
            assert other.post(action, {"title": "Mine", "note": "Mine", "to": "2"}).status_code == 404, action
        assert list(ListEntry.objects.values_list("pk", "position", "note")) == before
        assert ReadingList.objects.get().title == "Before the appointment"


class TestAPublicList:
    def test_is_everyones_to_read_and_its_owners_to_change(self, private, owner, client: Client):
        private.describe(title="For everyone", description="See *here*", is_public=True)
        page = client.get(private.get_absolute_url()).content.decode()
        assert "<em>here</em>" in page and "Note 0" in page and "Up" not in page and "keeper_one" in page
        assert "For everyone" in client.get(owner.get_absolute_url() + "?show=lists").content.decode()
        assert as_member().post(f"{private.get_absolute_url()}delete/").status_code == 404
        assert client.get(f"/lists/{private.pk}/wrong/")["Location"] == private.get_absolute_url()
        items = json.loads(b"".join(client.get(f"{private.get_absolute_url().rstrip('/')}.csl.json").streaming_content))
        assert [item["title"] for item in items] == ["Number 0", "Number 1", "Number 2"]

    def test_goes_out_of_sight_with_its_owner(self, private, owner, client: Client):
        private.describe(title="For everyone", description="", is_public=True)
        owner.is_active = False
        owner.save()
        assert client.get(private.get_absolute_url()).status_code == 404

    def test_shows_nothing_executable(self, private, client: Client):
        private.describe(title="<script>x</script>", description="<script>y</script>[a](javascript:z)", is_public=True)
        private.entries.first().write_note("<img src=x onerror=y>")
        page = client.get(private.get_absolute_url()).content.decode()
        assert "<script>x" not in page and "<script>y" not in page and "<img src=x" not in page
        assert 'href="javascript' not in page


class TestKeepingLists:
    def test_is_done_without_javascript_from_the_study(self, owner):
        client, study = as_member(owner), make_study("The study")
        answer = client.post(f"/lists/new/?study={study.pk}", {"title": "New", "description": ""})
        made = ReadingList.objects.get()
        assert answer["Location"] == made.get_absolute_url() and not made.is_public
        assert studies_of(made) == [study]
        keep = f"{study.get_absolute_url()}keep/"
        assert "take it out" in client.get(keep).content.decode()
        assert client.post(f"/lists/{made.pk}/take-out/{study.pk}/")["Location"] == keep
        assert client.post(f"/lists/{made.pk}/add/{study.pk}/")["Location"] == keep
        assert studies_of(made) == [study]
        assert client.post(f"{made.get_absolute_url()}edit/", {"title": "Other"}).status_code == 302
        assert ReadingList.objects.get().title == "Other"

    @pytest.mark.parametrize("title", ["", "   ", "\u200b", "x" * 121])
    def test_refuses_a_title_that_is_none(self, owner, title):
        answer = as_member(owner).post("/lists/new/", {"title": title, "description": "kept words"})
        assert answer.status_code == 422 and "kept words" in answer.content.decode()

    def test_asks_before_it_deletes(self, private, owner):
        client = as_member(owner)
        assert "Delete this list?" in client.get(f"{private.get_absolute_url()}delete/").content.decode()
        assert ReadingList.objects.exists()
        client.post(f"{private.get_absolute_url()}delete/")
        assert not ReadingList.objects.exists() and Study.objects.count() == 3

    def test_has_limits(self, private, owner, monkeypatch):
        client, study = as_member(owner), make_study()
        monkeypatch.setattr(reading_list, "MOST_ENTRIES", 3)
        monkeypatch.setattr(reading_list, "MOST_LISTS", 1)
        assert (
            "as many as a list can" in client.post(f"/lists/{private.pk}/add/{study.pk}/", follow=True).content.decode()
        )
        assert private.entries.count() == 3
        assert client.post("/lists/new/", {"title": "One more"}).status_code == 422
        assert ReadingList.objects.count() == 1

    def test_writes_a_note_on_an_entry(self, private, owner):
        entry = private.entries.first()
        address = f"/lists/{private.pk}/entries/{entry.pk}/note/"
        client = as_member(owner)
        assert client.post(address, {"note": "x" * 2001}).status_code == 422
        assert client.post(address, {"note": "Read this first"}).status_code == 302
        assert "Read this first" in client.get(private.get_absolute_url()).content.decode()
