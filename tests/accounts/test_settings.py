"""A member's own settings."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import Member
from tests import authenticator
from tests.accounts.conftest import PASSWORD, Visitor, code_of

SETTINGS, EMAIL, TWO_FACTOR = "/settings/", "/accounts/email/", "/accounts/2fa/"


@pytest.fixture
def member(visitor: Visitor, maren: Member) -> Visitor:
    visitor.sign_in()
    return visitor


@pytest.fixture
def proved(member: Visitor) -> Visitor:
    """The member, who has just given the password once more."""
    member.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return member


class TestSettings:
    def test_are_for_members(self, visitor: Visitor):
        assert visitor.get(SETTINGS).url == "/accounts/login/?next=/settings/"

    def test_lead_to_everything_about_the_account(self, member: Visitor):
        page = member.get(SETTINGS).content.decode()
        for address in (EMAIL, "/accounts/password/change/", TWO_FACTOR, "/accounts/logout/", "/members/maren/"):
            assert f'"{address}"' in page
            assert member.get(address).status_code == 200

    def test_save_the_bio(self, member: Visitor, maren: Member):
        assert member.post(SETTINGS, {"bio": "I ask a lot.\r\n\r\n*Patience*, please."}).url == SETTINGS
        maren.refresh_from_db()
        assert maren.bio == "I ask a lot.\n\n*Patience*, please."
        assert "<em>Patience</em>" in maren.bio_html

    def test_refuse_a_bio_with_a_nul_in_it(self, member: Visitor):
        assert member.post(SETTINGS, {"bio": "nul\0"}).status_code in (400, 422)

    def test_refuse_a_bio_that_is_too_long_and_keep_what_was_typed(self, member: Visitor, maren: Member):
        answer = member.post(SETTINGS, {"bio": "word " * 500})
        assert answer.status_code == 422
        assert "word word" in answer.content.decode()
        maren.refresh_from_db()
        assert maren.bio == ""

    def test_change_nothing_but_the_bio(self, member: Visitor, maren: Member):
        member.post(
            SETTINGS,
            {"bio": "x", "username": "admin", "is_staff": "on", "is_superuser": "on", "email": "x@example.org"},
        )
        maren.refresh_from_db()
        assert (maren.username, maren.is_staff, maren.is_superuser, maren.email) == (
            "maren",
            False,
            False,
            "maren@example.org",
        )

    def test_need_their_token(self, maren: Member):
        strict = Visitor(enforce_csrf_checks=True)
        strict.force_login(maren)
        assert strict.post(SETTINGS, {"bio": "x"}).status_code == 403


class TestEmail:
    def test_a_new_address_is_confirmed_by_code_and_can_become_the_main_one(self, proved: Visitor, maren: Member):
        proved.post(EMAIL, {"email": "new@example.org", "action_add": ""})
        code = next(code_of(message) for message in mail.outbox if message.to == ["new@example.org"])
        proved.enter(code)
        proved.post(EMAIL, {"email": "new@example.org", "action_primary": ""})
        maren.refresh_from_db()
        assert maren.email == "new@example.org"

    def test_the_old_address_is_told_of_the_change(self, proved: Visitor, maren: Member):
        maren.emailaddress_set.create(email="new@example.org", verified=True)
        proved.post(EMAIL, {"email": "new@example.org", "action_primary": ""})
        assert ["maren@example.org"] in [message.to for message in mail.outbox]

    def test_the_only_address_stays(self, proved: Visitor, maren: Member):
        assert "action_remove" not in proved.get(EMAIL).text
        answer = proved.post(EMAIL, {"email": "maren@example.org", "action_remove": ""}, follow=True)
        assert "so it stays" in answer.text and maren.emailaddress_set.count() == 1
        maren.emailaddress_set.create(email="new@example.org", verified=True)
        assert "action_remove" in proved.get(EMAIL).text
        proved.post(EMAIL, {"email": "new@example.org", "action_remove": ""})
        assert [address.email for address in maren.emailaddress_set.all()] == ["maren@example.org"]
        assert Visitor().sign_in().url == "/"

    def test_who_has_none_is_told_so_at_sign_in_and_not_sent_in_circles(self, visitor: Visitor, maren: Member):
        maren.emailaddress_set.all().delete()
        Member.objects.filter(pk=maren.pk).update(email="")
        assert visitor.sign_in().url == "/accounts/login/"
        page = visitor.get("/accounts/login/")
        assert page.status_code == 200 and "This account has no e-mail address" in page.text
        assert not visitor.is_signed_in

    def test_the_address_of_another_member_is_not_given_away(self, proved: Visitor):
        Member.objects.create_user("other", "other@example.org", PASSWORD)
        answer = proved.post(EMAIL, {"email": "other@example.org", "action_add": ""})
        assert answer.status_code == 302


class TestTwoFactor:
    def turn_on(self, proved: Visitor) -> str:
        """Turn the app on; gives its secret."""
        page = proved.get(TWO_FACTOR + "totp/activate/")
        assert 'autocomplete="one-time-code"' in page.content.decode()
        secret = page.context["form"].secret
        answer = proved.post(TWO_FACTOR + "totp/activate/", {"code": authenticator.code_of(secret)})
        assert answer.url == TWO_FACTOR + "recovery-codes/"
        return secret

    def test_is_turned_on_with_the_app_and_gives_recovery_codes(self, proved: Visitor):
        self.turn_on(proved)
        assert "It is on" in proved.get(TWO_FACTOR).content.decode()
        assert proved.get(TWO_FACTOR + "recovery-codes/").content.decode().count("<li><code>") == 10

    def test_then_asks_for_a_code_and_takes_each_recovery_code_once(self, proved: Visitor):
        self.turn_on(proved)
        code = proved.get(TWO_FACTOR + "recovery-codes/").context["unused_codes"][0]
        for expected in (True, False):
            visitor = Visitor()
            assert visitor.sign_in().url == TWO_FACTOR + "authenticate/"
            assert not visitor.is_signed_in
            visitor.post(TWO_FACTOR + "authenticate/", {"code": code})
            assert visitor.is_signed_in is expected

    @pytest.mark.parametrize(("age", "is_taken"), [(0, True), (30, True), (60, False)])
    def test_takes_a_code_that_grew_old_while_it_was_typed_and_takes_it_once(
        self, proved: Visitor, age: int, is_taken: bool
    ):
        secret, now = self.turn_on(proved), timezone.now().replace(second=0, microsecond=0)
        with time_machine.travel(now - timedelta(seconds=age), tick=False):
            code = authenticator.code_of(secret)
        for seconds, expected in ((0, is_taken), (29, False), (45, False)):
            visitor = Visitor()
            with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
                visitor.sign_in()
                visitor.post(TWO_FACTOR + "authenticate/", {"code": f"{code[:3]} {code[3:]}" if seconds else code})
                assert visitor.is_signed_in is expected, seconds

    def test_pages_draw_with_our_forms(self, proved: Visitor):
        self.turn_on(proved)
        for page in ("totp/deactivate/", "recovery-codes/generate/"):
            answer = proved.get(TWO_FACTOR + page)
            assert answer.status_code == 200
            assert 'class="form"' in answer.content.decode()
            assert "style=" not in answer.content.decode()

    def test_asks_for_the_password_first(self, member: Visitor):
        answer = member.get(TWO_FACTOR + "totp/activate/")
        assert answer.url.startswith("/accounts/reauthenticate/?next=")
        assert "Is it you?" in member.get(answer.url).content.decode()
        wrong = member.post(answer.url, {"password": "wrong"})
        assert "This isn&#x27;t your password" in wrong.content.decode()
        assert member.post(answer.url, {"password": PASSWORD}).url == TWO_FACTOR + "totp/activate/"


class TestForms:
    """allauth's forms speak our words and help the keyboard of a phone."""

    @pytest.mark.parametrize(
        "address",
        [EMAIL, "/accounts/password/change/", "/accounts/password/reset/", "/accounts/reauthenticate/?next=/"],
    )
    def test_repeat_no_label_inside_the_field(self, proved: Visitor, address: str):
        page = proved.get(address)
        assert page.status_code == 200
        for field in page.context["form"]:
            assert "placeholder" not in field.field.widget.attrs

    def test_of_the_app_ask_for_digits(self, proved: Visitor):
        assert 'inputmode="numeric"' in proved.get(TWO_FACTOR + "totp/activate/").content.decode()
