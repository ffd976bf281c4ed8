"""Signing up: from "Join" to being a member, and what must not happen on the way."""

from __future__ import annotations

import re
import threading
from unittest import mock

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.db import connections
from django.test import Client

from accounts import names
from accounts.models import Member
from notices.models import Mail
from tests.accounts.conftest import CODE, PASSWORD, SIGN_IN, SIGN_UP, Visitor, code_of

QUEUE = "notices.mail.QueuedBackend"


class TestSignUp:
    def test_then_mail_then_code_makes_a_member_who_is_signed_in(self, visitor: Visitor):
        answer = visitor.sign_up()
        assert (answer.status_code, answer.url) == (302, CODE)
        assert not visitor.is_signed_in

        [message] = mail.outbox
        assert message.to == ["maren@example.org"]
        answer = visitor.enter(code_of(message))

        assert (answer.status_code, answer.url) == (302, "/")
        assert visitor.is_signed_in
        member = Member.objects.get()
        assert (member.username, member.email) == ("maren", "maren@example.org")
        assert member.emailaddress_set.get().verified

    def test_keeps_the_name_as_it_was_typed(self, visitor: Visitor):
        visitor.sign_up(name="Dr_Amara")
        assert Member.objects.get().username == "Dr_Amara"

    def test_takes_the_code_in_small_letters_and_without_its_dash(self, visitor: Visitor):
        visitor.sign_up()
        visitor.enter(code_of(mail.outbox[0]).replace("-", "").lower())
        assert visitor.is_signed_in

    def test_asks_again_for_a_code_that_is_wrong(self, visitor: Visitor):
        visitor.sign_up()
        answer = visitor.enter("AAAA-AAAA")
        assert "This code isn&#x27;t right" in answer.content.decode()
        assert not visitor.is_signed_in
        visitor.enter(code_of(mail.outbox[0]))
        assert visitor.is_signed_in

    def test_ends_after_three_wrong_codes(self, visitor: Visitor):
        visitor.sign_up()
        for _ in range(3):
            visitor.enter("AAAA-AAAA")
        visitor.enter(code_of(mail.outbox[0]))
        assert not visitor.is_signed_in

    def test_sends_a_new_code_on_request_and_the_old_one_is_dead(self, visitor: Visitor):
        visitor.sign_up()
        visitor.post(CODE, {"action": "resend"})
        first, second = mail.outbox
        assert code_of(first) != code_of(second)
        visitor.enter(code_of(first))
        assert not visitor.is_signed_in
        visitor.enter(code_of(second))
        assert visitor.is_signed_in

    def test_can_be_finished_later_by_signing_in(self, visitor: Visitor):
        visitor.sign_up()
        later = Visitor()
        assert later.sign_in().url == CODE
        later.enter(code_of(mail.outbox[-1]))
        assert later.is_signed_in

    def test_a_code_of_another_browser_does_not_sign_in(self, visitor: Visitor):
        visitor.sign_up()
        Visitor().enter(code_of(mail.outbox[0]))
        assert not visitor.is_signed_in
        assert not Member.objects.get().emailaddress_set.filter(verified=True).exists()

    def test_without_a_mail_makes_no_member(self, visitor: Visitor, settings):
        settings.EMAIL_BACKEND = QUEUE
        visitor.raise_request_exception = False
        with mock.patch("notices.mail.defer", side_effect=RuntimeError):
            assert visitor.sign_up().status_code == 500
        assert not Member.objects.exists()


class TestNext:
    """Whoever followed "discuss" comes back to it."""

    STUDY = "/studies/12/discuss/"

    def test_is_carried_from_sign_in_to_sign_up(self, visitor: Visitor):
        page = visitor.get(SIGN_IN, {"next": self.STUDY})
        assert f"{SIGN_UP}?next=%2Fstudies%2F12%2Fdiscuss%2F" in page.content.decode()
        assert f'<input type="hidden" name="next" value="{self.STUDY}">' in page.content.decode()
        page = visitor.get(SIGN_UP, {"next": self.STUDY})
        assert f'<input type="hidden" name="next" value="{self.STUDY}">' in page.content.decode()

    def test_is_carried_through_sign_up_and_code(self, visitor: Visitor):
        visitor.sign_up(next=self.STUDY)
        visitor.post(CODE, {"action": "resend"})
        visitor.enter("AAAA-AAAA")
        assert visitor.enter(code_of(mail.outbox[-1])).url == self.STUDY

    def test_is_carried_through_sign_in(self, visitor: Visitor, maren: Member):
        assert visitor.sign_in(next=self.STUDY).url == self.STUDY

    def test_survives_a_form_that_did_not_fit(self, visitor: Visitor):
        page = visitor.sign_up(name="x", next=self.STUDY)
        assert f'<input type="hidden" name="next" value="{self.STUDY}">' in page.content.decode()

    @pytest.mark.parametrize(
        "away",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "https:evil.example",
            "\t//evil.example",
        ],
    )
    def test_never_leaves_the_site(self, visitor: Visitor, maren: Member, away: str):
        assert visitor.sign_in(next=away).url == "/"


class TestNames:
    @pytest.mark.parametrize("name", ["maren", "MAREN", "rnaren", "ma-ren", "m_a_r_e_n", "maren_"])
    def test_that_look_like_a_members_are_taken(self, visitor: Visitor, maren: Member, name: str):
        answer = visitor.sign_up(name=name, email="other@example.org")
        assert answer.status_code == 422
        assert str(names.TAKEN) in answer.content.decode()
        assert Member.objects.count() == 1

    @pytest.mark.parametrize("name", ["admin", "Adm1n", "rnoderator", "Studyhall", "settings"])
    def test_that_sound_like_the_site_are_kept(self, visitor: Visitor, name: str):
        answer = visitor.sign_up(name=name)
        assert str(names.RESERVED_NAME) in answer.content.decode()
        assert not Member.objects.exists()

    @pytest.mark.parametrize(
        "name",
        [
            "mаren",
            "ｍaren",
            "ma\u200bren",
            "ma\u0000ren",
            "\u202emaren",
            "ma ren",
            "ann\r\nBcc: x@example.org",
            "a" * 5000,
        ],
    )
    def test_that_are_not_plain_are_refused(self, visitor: Visitor, name: str):
        assert visitor.sign_up(name=name).status_code in (400, 422)
        assert not Member.objects.exists()
        assert mail.outbox == []


class TestSecrecy:
    """Nobody learns by trying which addresses belong to members."""

    def test_an_address_that_is_taken_answers_like_a_free_one(self, visitor: Visitor, maren: Member):
        taken, free = Visitor(), Visitor()
        first = taken.sign_up(name="newcomer", email="maren@example.org")
        second = free.sign_up(name="second-comer", email="new@example.org")
        assert (first.status_code, first.url) == (second.status_code, second.url)
        assert sorted(taken.session.keys()) == sorted(set(free.session.keys()) & set(taken.session.keys()))
        pages = [client.get(CODE).content.decode() for client in (taken, free)]
        known, new = (page.replace("maren@example.org", "…").replace("new@example.org", "…") for page in pages)
        assert _without_tokens(known) == _without_tokens(new)

    def test_one_mail_goes_out_either_way(self, visitor: Visitor, maren: Member):
        visitor.sign_up(name="newcomer", email="Maren@example.org")
        Visitor().sign_up(name="second-comer", email="new@example.org")
        assert [message.to for message in mail.outbox] == [["maren@example.org"], ["new@example.org"]]
        assert mail.outbox[0].subject == "[Studyhall] You are already a member"
        assert Member.objects.count() == 2

    def test_it_takes_the_same_time_because_both_hash_once(self, visitor: Visitor, maren: Member):
        hasher = hashers.get_hasher()
        for name, email in (("newcomer", "maren@example.org"), ("second-comer", "new@example.org")):
            with mock.patch.object(type(hasher), "encode", autospec=True, side_effect=type(hasher).encode) as encode:
                Visitor().sign_up(name=name, email=email)
            assert encode.call_count == 1

    def test_no_code_opens_the_account_of_an_address_that_is_taken(self, visitor: Visitor, maren: Member):
        visitor.sign_up(name="newcomer", email="maren@example.org")
        visitor.enter(visitor.session["account_email_verification_code"]["code"])
        assert not visitor.is_signed_in

    def test_a_reset_answers_the_same_for_members_and_others(self, visitor: Visitor, maren: Member):
        answers = [
            Visitor().post("/accounts/password/reset/", {"email": email})
            for email in ("maren@example.org", "new@example.org")
        ]
        assert len({(answer.status_code, answer.url) for answer in answers}) == 1
        assert [message.to for message in mail.outbox] == [["maren@example.org"], ["new@example.org"]]


class TestMail:
    def test_names_the_site_by_its_settings_and_never_by_the_request(self, visitor: Visitor, maren: Member, settings):
        settings.SITE_URL, settings.ALLOWED_HOSTS = "https://studyhall.example", ["*"]
        visitor.post(
            SIGN_UP,
            {"username": "newcomer", "email": "maren@example.org", "password1": PASSWORD},
            headers={"host": "evil.example"},
        )
        visitor.post("/accounts/password/reset/", {"email": "nobody@example.org"}, headers={"host": "evil.example"})
        assert len(mail.outbox) == 2
        for message in mail.outbox:
            assert "https://studyhall.example/accounts/" in message.body
            assert "evil.example" not in message.body

    def test_holds_no_name_that_somebody_else_chose(self, visitor: Visitor):
        visitor.sign_up(name="buy-my-shampoo")
        assert "shampoo" not in mail.outbox[0].body + mail.outbox[0].subject


class TestPage:
    @pytest.mark.parametrize("address", [SIGN_UP, SIGN_IN, "/accounts/password/reset/"])
    def test_holds_no_inline_style_or_script(self, visitor: Visitor, address: str):
        page = visitor.get(address).content.decode()
        assert "style=" not in page
        assert "<style" not in page
        assert "<script>" not in page
        assert "onclick" not in page

    def test_helps_password_managers(self, visitor: Visitor, maren: Member):
        page = visitor.get(SIGN_UP).content.decode()
        for what in ("email", "username", "new-password"):
            assert f'autocomplete="{what}"' in page
        page = visitor.get(SIGN_IN).content.decode()
        for what in ("username", "current-password"):
            assert f'autocomplete="{what}"' in page
        visitor.sign_up(name="newcomer", email="new@example.org")
        assert 'autocomplete="one-time-code"' in visitor.get(CODE).content.decode()

    def test_says_beside_each_field_what_is_wrong_and_keeps_what_was_typed(self, visitor: Visitor):
        page = visitor.sign_up(name="x y", email="maren@").content.decode()
        assert 'aria-invalid="true"' in page
        assert 'id="id_username_error"' in page
        assert 'value="x y"' in page
        assert 'role="alert"' in page

    def test_of_the_code_links_to_the_mail_where_mail_lands_on_a_page(self, visitor: Visitor, settings):
        visitor.sign_up()
        assert "/demo/mail/" in visitor.get(CODE).content.decode()
        settings.LOCAL = False
        assert "/demo/mail/" not in visitor.get(CODE).content.decode()

    def test_has_a_trap_for_robots_without_an_inline_style_where_one_is_set(self, visitor: Visitor, settings):
        settings.ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "website"
        page = visitor.get(SIGN_UP).content.decode()
        assert "style=" not in page
        assert 'name="website"' in page
        visitor.sign_up(website="https://example.org")
        assert not Member.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real threads, real transactions."""

    def sign_up_together(self, wishes: list[tuple[str, str]]) -> list[int]:
        """Sign up (name, e-mail address) pairs in the same moment; gives the statuses."""
        start, statuses = threading.Barrier(len(wishes)), []

        def sign_up(name: str, email: str) -> None:
            client = Client(raise_request_exception=False)
            start.wait()
            try:
                statuses.append(
                    client.post(SIGN_UP, {"username": name, "email": email, "password1": PASSWORD}).status_code
                )
            finally:
                connections.close_all()

        threads = [threading.Thread(target=sign_up, args=wish) for wish in wishes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(statuses)

    @pytest.fixture(autouse=True)
    def outbox(self, settings):
        settings.EMAIL_BACKEND = QUEUE

    def test_a_name_and_its_look_alikes_make_one_member(self):
        wished = ["maren", "Maren", "rnaren", "ma_ren", "MAREN", "m-aren", "maren", "mARen"]
        statuses = self.sign_up_together([(name, f"m{number}@example.org") for number, name in enumerate(wished)])
        assert statuses == [302, *[422] * 7]
        assert Member.objects.count() == 1
        assert Mail.objects.count() == 1

    def test_an_address_makes_one_member_and_nobody_learns_who_was_first(self):
        statuses = self.sign_up_together([(f"name{number}x", "one@example.org") for number in "abcdefgh"])
        assert statuses == [302] * 8
        assert Member.objects.count() == 1
        assert Mail.objects.count() == 8

    def test_different_people_do_not_stand_in_each_others_way(self):
        statuses = self.sign_up_together([(f"name{number}x", f"{number}@example.org") for number in "abcdef"])
        assert statuses == [302] * 6
        assert Member.objects.count() == 6


def _without_tokens(page: str) -> str:
    """The page without what differs on every request."""
    return re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page)
