"""Whoever serves here: a second factor, and sign-ins that do not last."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal import auth
from django.utils import timezone

from tests.builders import make_librarian, make_member, make_moderator, make_post, signed_in

pytestmark = pytest.mark.django_db

TURN_ON = "/accounts/2fa/totp/activate/"


@pytest.fixture
def forced(settings):
    settings.STAFF_TWO_FACTOR = True


def with_app(member):
    auth.TOTP.activate(member, auth.generate_totp_secret())
    return member


class TestSecondFactor:
    @pytest.mark.parametrize("address", ["/admin/", "/admin/forum/post/"])
    def test_is_asked_of_staff_before_the_desk_opens(self, forced, address: str) -> None:
        client = signed_in(make_moderator())
        answer = client.get(address, follow=True)
        assert answer.redirect_chain[-1][0] == TURN_ON or "reauthenticate" in answer.redirect_chain[-1][0]

    def test_opens_the_desk(self, forced) -> None:
        assert signed_in(with_app(make_moderator())).get("/admin/").status_code == 200

    def test_is_asked_of_librarians(self, forced) -> None:
        assert signed_in(make_librarian()).get("/librarians/")["Location"] == TURN_ON
        assert signed_in(with_app(make_librarian())).get("/librarians/").status_code == 200

    def test_gives_the_powers_on_the_page(self, forced) -> None:
        hidden = make_post()
        hidden.hide(make_moderator(), "Rude")
        assert signed_in(make_moderator()).get(hidden.get_absolute_url()).status_code == 404
        assert signed_in(with_app(make_moderator())).get(hidden.get_absolute_url()).status_code == 200

    def test_is_not_asked_of_members(self, forced) -> None:
        assert signed_in(make_member()).get("/community/new/").status_code == 200

    def test_can_be_left_to_staff_where_nobody_else_comes(self, settings) -> None:
        settings.STAFF_TWO_FACTOR = False
        assert signed_in(make_moderator()).get("/admin/").status_code == 200

    def test_cannot_be_turned_off_and_the_powers_kept(self, forced) -> None:
        moderator = with_app(make_moderator())
        client = signed_in(moderator)
        moderator.authenticator_set.all().delete()
        assert client.get("/admin/").status_code == 302


AGES = {"member": (timedelta(days=14), timedelta(days=90)), "staff": (timedelta(hours=1), timedelta(hours=12))}


class TestASession:
    @pytest.mark.parametrize(("who", "make"), [("member", make_member), ("staff", make_moderator)])
    def test_ends_when_it_lay_idle(self, who: str, make) -> None:
        idle, _ = AGES[who]
        with time_machine.travel(timezone.now(), tick=False) as clock:
            client = signed_in(make())
            assert client.get("/settings/").status_code == 200
            clock.shift(idle - timedelta(seconds=2))
            assert client.get("/settings/").status_code == 200
            clock.shift(idle + timedelta(seconds=2))
            assert client.get("/settings/").status_code == 302

    @pytest.mark.parametrize(("who", "make"), [("member", make_member), ("staff", make_moderator)])
    def test_ends_after_its_longest_time_however_busy(self, who: str, make) -> None:
        idle, longest = AGES[who]
        with time_machine.travel(timezone.now(), tick=False) as clock:
            client = signed_in(make())
            client.get("/settings/")
            passed = timedelta()
            while passed + idle / 2 < longest:
                clock.shift(idle / 2)
                passed += idle / 2
                assert client.get("/settings/").status_code == 200, passed
            clock.shift(idle / 2 + timedelta(seconds=2))
            assert client.get("/settings/").status_code == 302

    def test_is_not_written_at_every_visit(self, django_assert_max_num_queries) -> None:
        client = signed_in(make_member())
        client.get("/settings/")
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            client.get("/settings/")
        assert not [each["sql"] for each in queries if "UPDATE" in each["sql"] and "session" in each["sql"]]
