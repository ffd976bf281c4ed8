"""Signing in and out."""

from __future__ import annotations

import re
import threading
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections

from accounts.adapter import MISMATCH
from accounts.demo import DEMO_DOMAIN
from accounts.models import Member
from tests.accounts.conftest import CODE, SIGN_IN, SIGN_OUT, Visitor, code_of

LIMITS = {"login": "30/m/ip", "login_failed": "10/5m/ip,5/5m/key"}


class TestSignIn:
    @pytest.mark.parametrize("login", ["maren", "MAREN", " maren ", "maren@example.org", "Maren@Example.org"])
    def test_takes_the_name_or_the_address(self, visitor: Visitor, maren: Member, login: str):
        assert visitor.sign_in(login).status_code == 302
        assert visitor.is_signed_in

    @pytest.mark.parametrize("login", ["rnaren", "ma-ren", "m aren", "ｍaren"])
    def test_does_not_take_a_look_alike(self, visitor: Visitor, maren: Member, login: str):
        assert visitor.sign_in(login).status_code == 422
        assert not visitor.is_signed_in

    def test_answers_the_same_for_a_member_and_for_nobody(self, visitor: Visitor, maren: Member):
        answers = [
            Visitor().sign_in(login, "wrong")
            for login in ("maren", "nobody", "maren@example.org", "nobody@example.org")
        ]
        assert {answer.status_code for answer in answers} == {422}
        pages = [
            re.sub(r'(name="csrfmiddlewaretoken"|name="login") value="[^"]*"', "", answer.content.decode())
            for answer in answers
        ]
        assert len(set(pages)) == 1
        assert MISMATCH.split("'")[0] in pages[0]

    @pytest.mark.parametrize("login", ["maren", "nobody", "maren@example.org", "nobody@example.org", "no@body"])
    def test_takes_the_same_time_because_it_always_hashes_once(self, visitor: Visitor, maren: Member, login: str):
        hasher = type(hashers.get_hasher())
        with mock.patch.object(hasher, "encode", autospec=True, side_effect=hasher.encode) as encode:
            visitor.sign_in(login, "wrong")
        assert encode.call_count == 1

    def test_gives_a_new_session_and_never_adopts_one(self, visitor: Visitor, maren: Member):
        visitor.cookies["sessionid"] = "a" * 32
        visitor.sign_in()
        assert visitor.cookies["sessionid"].value != "a" * 32

    def test_ends_the_session_the_guest_had(self, visitor: Visitor, maren: Member):
        visitor.sign_up(name="newcomer", email="new@example.org")
        before = visitor.cookies["sessionid"].value
        visitor.enter(code_of(mail.outbox[0]))
        assert visitor.cookies["sessionid"].value != before
        assert not Session.objects.filter(session_key=before).exists()

    def test_is_not_for_an_account_that_is_closed(self, visitor: Visitor, maren: Member):
        Member.objects.update(is_active=False)
        assert visitor.sign_in().url == "/accounts/inactive/"
        assert "This account is closed" in visitor.get("/accounts/inactive/").content.decode()
        assert not visitor.is_signed_in

    def test_is_not_for_demo_accounts_outside_the_demo(self, visitor: Visitor, maren: Member, settings):
        """Their passwords are public."""
        Member.objects.update(email=f"maren@{DEMO_DOMAIN}")
        settings.MODE = "production"
        assert visitor.sign_in().url == "/accounts/inactive/"
        assert not visitor.is_signed_in
        settings.MODE = "demo"
        visitor.sign_in()
        assert visitor.is_signed_in

    @pytest.mark.parametrize(
        "login", ["maren\0", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 100_000, "' OR 1=1 --"]
    )
    def test_answers_odd_logins_with_a_sentence(self, visitor: Visitor, maren: Member, login: str):
        assert visitor.sign_in(login).status_code in (400, 422)


class TestSignOut:
    def test_happens_only_by_post(self, visitor: Visitor, maren: Member):
        visitor.sign_in()
        assert "Sign out?" in visitor.get(SIGN_OUT).content.decode()
        assert visitor.is_signed_in
        visitor.post(SIGN_OUT)
        assert not visitor.is_signed_in

    def test_kills_the_session_on_the_server(self, visitor: Visitor, maren: Member):
        visitor.sign_in()
        key = visitor.cookies["sessionid"].value
        visitor.post(SIGN_OUT)
        other = Visitor()
        other.cookies["sessionid"] = key
        assert other.get("/settings/").status_code == 302


class TestThrottle:
    @pytest.fixture(autouse=True)
    def limits(self, settings):
        settings.ACCOUNT_RATE_LIMITS = LIMITS
        cache.clear()
        yield
        cache.clear()

    def fail(self, times: int, visitor: Visitor, **more: Any) -> list[int]:
        return [visitor.sign_in(password="wrong", **more).status_code for _ in range(times)]

    def test_stops_guessing_after_five_tries_for_an_account(self, visitor: Visitor, maren: Member):
        assert self.fail(8, visitor) == [422] * 5 + [429] * 3
        assert visitor.sign_in().status_code == 429

    def test_of_codes_leads_back_to_the_page_where_a_code_is_entered(self, visitor: Visitor, settings):
        settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "1/3m/key"}
        assert visitor.sign_up().url == CODE
        for page, back in ((f"http://testserver{CODE}", CODE), ("https://evil.example/", None), ("", None)):
            refused = visitor.post(CODE, {"action": "resend"}, headers={"Referer": page})
            assert refused.status_code == 429 and refused["Retry-After"] == "300"
            found = re.findall(r'href="([^"]+)">Back to where you were', refused.text)
            assert found == ([back] if back else [])

    def test_says_so_and_when_to_come_back(self, visitor: Visitor, maren: Member):
        self.fail(5, visitor)
        answer = visitor.sign_in()
        assert "Too many attempts" in answer.content.decode()
        assert answer.headers["Retry-After"] == "300"

    def test_is_not_fooled_by_forged_addresses(self, visitor: Visitor, maren: Member):
        statuses = [
            visitor.post(
                SIGN_IN, {"login": f"name{number}", "password": "wrong"}, headers={"x-forwarded-for": f"1.2.3.{number}"}
            ).status_code
            for number in range(12)
        ]
        assert statuses == [422] * 10 + [429] * 2

    def test_a_success_does_not_wipe_what_the_address_tried(self, visitor: Visitor, maren: Member):
        for number in range(9):
            Visitor().sign_in(f"name{number}", "wrong")
        assert Visitor().sign_in().status_code == 302
        assert Visitor().sign_in("another", "wrong").status_code == 422
        assert Visitor().sign_in("onemore", "wrong").status_code == 429

    def test_counts_members_and_nobody_alike(self, visitor: Visitor, maren: Member):
        assert self.fail(7, Visitor(), name="maren") == self.fail(7, Visitor(REMOTE_ADDR="10.9.8.7"), name="nobody")


@pytest.mark.django_db(transaction=True)
class TestThrottleAtOnce:
    """With the cache in the database, as the site runs: every worker process counts in the same place."""

    @pytest.fixture(autouse=True)
    def database_cache(self, settings):
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
        settings.ACCOUNT_RATE_LIMITS = LIMITS
        call_command("createcachetable", verbosity=0)
        cache.clear()
        yield
        cache.clear()

    def test_lets_no_more_guesses_through_than_one_by_one(self, maren: Member):
        statuses: list[int] = []

        def guess() -> None:
            try:
                statuses.append(Visitor().sign_in(password="wrong").status_code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=guess) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(set(statuses)) == [422, 429]
        assert statuses.count(422) <= 5


class TestPassword:
    def test_change_ends_every_session(self, visitor: Visitor, maren: Member):
        visitor.sign_in()
        elsewhere = Visitor()
        elsewhere.sign_in()
        visitor.post(
            "/accounts/password/change/",
            {"oldpassword": "plover-anvil-94", "password1": "otter-canyon-58", "password2": "otter-canyon-58"},
        )
        assert elsewhere.get("/settings/").status_code == 302
        assert visitor.get("/settings/").status_code == 302

    def test_reset_by_code_leaves_the_member_signed_out(self, visitor: Visitor, maren: Member):
        visitor.post("/accounts/password/reset/", {"email": "maren@example.org"})
        answer = visitor.post("/accounts/password/reset/confirm/", {"code": code_of(mail.outbox[0])}, follow=True)
        address = answer.redirect_chain[-1][0]
        visitor.post(address, {"password1": "otter-canyon-58", "password2": "otter-canyon-58"})
        assert not visitor.is_signed_in
        assert visitor.sign_in(password="otter-canyon-58").status_code == 302
