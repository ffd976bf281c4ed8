"""Where a member is signed in."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import Member
from tests.accounts.conftest import PASSWORD, Visitor
from tests.builders import make_member

pytestmark = pytest.mark.django_db


def browser(name: str, agent: str, **more) -> Visitor:
    visitor = Visitor(headers={"User-Agent": agent}, **more)
    assert visitor.sign_in(name, PASSWORD).status_code == 302
    return visitor


@pytest.fixture
def two(maren: Member) -> tuple[Visitor, Visitor]:
    return browser("maren", "Phone"), browser("maren", "<b>Laptop</b>")


class TestSessions:
    def test_are_listed_to_their_owner(self, two) -> None:
        phone, _ = two
        page = phone.get("/settings/sessions/").text
        assert "Phone" in page and "&lt;b&gt;Laptop" in page and "<b>Laptop" not in page
        assert page.count("This one") == 1

    def test_are_ended_one_by_one(self, two) -> None:
        phone, laptop = two
        other = UserSession.objects.get(user_agent="<b>Laptop</b>")
        assert phone.post("/settings/sessions/", {"end": other.pk}).status_code == 302
        assert laptop.get("/settings/").status_code == 302
        assert phone.get("/settings/").status_code == 200

    def test_are_ended_all_but_this_one(self, two) -> None:
        phone, laptop = two
        laptop.post("/settings/sessions/", {"end": "others"})
        assert phone.get("/settings/").status_code == 302
        assert laptop.get("/settings/").status_code == 200

    def test_of_others_are_not_found(self, two) -> None:
        stranger = Client()
        stranger.force_login(make_member())
        theirs = UserSession.objects.get(user_agent="Phone")
        for value in (theirs.pk, "0", "x", "-1", "9" * 30, "²"):
            assert stranger.post("/settings/sessions/", {"end": value}).status_code == 404
        assert two[0].get("/settings/").status_code == 200

    def test_keep_the_network_and_not_the_address(self, maren: Member) -> None:
        browser("maren", "Home", REMOTE_ADDR="203.0.113.77")
        browser("maren", "Away", REMOTE_ADDR="2001:db8:1:2::9")
        assert set(UserSession.objects.values_list("ip", flat=True)) == {"203.0.113.0", "2001:db8:1::"}

    def test_are_all_ended_by_a_new_password(self, two) -> None:
        phone, laptop = two
        new = "heron-basalt-31"
        phone.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert laptop.get("/settings/").status_code == 302


class TestPasskeys:
    def test_are_offered_at_the_door_and_in_the_settings(self, two) -> None:
        assert "passkey_login" in Client().get("/accounts/login/").text
        assert "/accounts/2fa/webauthn/add/" in two[0].get("/accounts/2fa/").text

    def test_pages_hold_no_inline_script(self, two) -> None:
        two[0].post("/accounts/reauthenticate/", {"password": PASSWORD})
        for client, address in ((Client(), "/accounts/login/"), (two[0], "/accounts/2fa/webauthn/add/")):
            page = client.get(address)
            assert page.status_code == 200
            assert all(
                'type="application/json"' in tag or " src=" in tag
                for tag in (part.partition(">")[0] for part in page.text.split("<script")[1:])
            )
