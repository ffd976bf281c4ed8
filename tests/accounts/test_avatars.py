"""The picture beside a name: sent or drawn, one for everybody to see."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import avatars
from common import personal
from common.pictures import keeping
from moderation.models import Action
from tests.builders import make_comment, make_member, make_moderator, make_post
from tests.shared_pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return make_member("morgan_one")


@pytest.fixture
def browser(member):
    client = Client()
    client.force_login(member)
    return client


def send(client: Client, data: bytes):
    return client.post("/settings/avatar/", {"file": SimpleUploadedFile("me.html", data)})


class TestOneThatIsSent:
    def test_is_cut_to_a_square_in_two_sizes_and_shown_beside_the_name(self, browser, member) -> None:
        assert send(browser, picture("JPEG", (300, 100))).status_code == 302
        member.refresh_from_db()
        for end, side in (("", 192), ("-small", 64)):
            answer = Client().get(f"/avatars/{member.avatar}{end}.webp")
            assert Image.open(BytesIO(b"".join(answer))).size == (side, side)
            assert (
                answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
                and "immutable" in answer["Cache-Control"]
            )
        post = make_post(author=member)
        make_comment(post, author=member)
        page = Client().get(post.get_absolute_url()).content.decode()
        assert page.count(f'src="/avatars/{member.avatar}-small.webp"') == 2
        assert f'src="/avatars/{member.avatar}.webp"' in Client().get(member.get_absolute_url()).content.decode()

    def test_is_refused_with_a_sentence_where_it_is_none(self, browser, member) -> None:
        answer = send(browser, b"<svg/>")
        assert answer.status_code == 422 and "PNG, JPEG, GIF or WebP" in answer.content.decode()
        member.refresh_from_db()
        assert member.avatar == ""

    def test_goes_when_another_comes_when_it_is_taken_away_and_with_its_member(
        self, browser, member, django_capture_on_commit_callbacks
    ) -> None:
        names = []
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                send(browser, picture())
            member.refresh_from_db()
            names.append(member.avatar)
        assert [keeping.path_of(avatars.SHELF, name).exists() for name in names] == [False, True]
        assert [name for each in personal.files() for name, _ in each.find(member)] == ["avatar.webp"]
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                assert browser.post("/settings/avatar/remove/").status_code == 302
        assert Client().get(f"/avatars/{names[1]}.webp").status_code == 404
        send(browser, picture())
        member.refresh_from_db()
        last = keeping.path_of(avatars.SHELF, member.avatar)
        with django_capture_on_commit_callbacks(execute=True):
            member.delete()
        assert not last.exists()

    def test_can_be_taken_away_by_moderators_with_a_reason_and_by_nobody_else(self, browser, member) -> None:
        send(browser, picture())
        address = "/members/Morgan_One/picture/remove/"
        assert Client().get(address).status_code == 302
        assert browser.post(address, {"reason": "Mine"}).status_code == 403
        moderator = Client()
        moderator.force_login(make_moderator())
        assert moderator.post(address, {"reason": " "}).status_code == 422
        assert moderator.post(address, {"reason": "A logo"}).status_code == 302
        moderator.post(address, {"reason": "Again"})
        member.refresh_from_db()
        assert member.avatar == "" and Action.objects.get().reason == "A logo"


class TestOneThatIsDrawn:
    def test_is_the_same_for_a_name_however_it_is_spelled_and_another_for_others(self, member) -> None:
        make_post(author=member)
        page = Client().get(member.get_absolute_url()).content.decode()
        address = re.search(r'src="(/avatars/drawn/[0-9a-f]{12}\.svg)"', page)[1]
        answer = Client().get(address)
        assert answer["Content-Type"].startswith("image/svg+xml") and "immutable" in answer["Cache-Control"]
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        ElementTree.fromstring(answer.content)
        names = [f"name{number}" for number in range(300)]
        assert len({avatars.drawn(avatars.key_of(name)) for name in names}) > 290
        assert Client().get(address).content == answer.content

    def test_has_no_odd_address(self) -> None:
        for path in ("/avatars/drawn/x.svg", "/avatars/drawn/%3Csvg%3E.svg", "/avatars/..%2f..%2fx.webp", "/avatars/"):
            assert Client().get(path).status_code == 404, path

    def test_asks_the_database_for_nothing(self, django_assert_num_queries) -> None:
        with django_assert_num_queries(0):
            Client().get(f"/avatars/drawn/{avatars.key_of('x')}.svg")
