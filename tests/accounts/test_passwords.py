"""Passwords."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.adapter import AccountAdapter
from accounts.models import Member
from accounts.passwords import GUESSABLE, ContextWordValidator
from tests.accounts.conftest import PASSWORD, Visitor
from tests.tools.yardstick import done_within


def member(name: str = "patchwork_pia", email: str = "philippa@example.org") -> Member:
    return Member(username=name, email=email)


class TestContextWords:
    @pytest.mark.parametrize(
        "password",
        [
            "studyhall2026",
            "StudyHall!1",
            "5tudyha11-26",
            "hairloss123",
            "Hair-Loss-99",
            "minoxidil1",
            "finasteride!!",
            "forumforum12",
            "welcome2study",
            "patchworkpia7",
            "Patchwork_Pia!",
            "philippa2026",
        ],
    )
    def test_alone_are_refused(self, password: str):
        with pytest.raises(ValidationError, match="anyone would try"):
            ContextWordValidator().validate(password, member())

    @pytest.mark.parametrize(
        "password", ["otter hairloss canyon", "my-forum-plumbline", PASSWORD, "brushfire-onion", "密码很长也可以的吧"]
    )
    def test_beside_words_of_ones_own_are_welcome(self, password: str):
        ContextWordValidator().validate(password, member())

    def test_a_short_name_does_not_spoil_innocent_words(self):
        ContextWordValidator().validate("teapots7", member(name="tea", email="t@example.org"))

    def test_a_password_without_a_member_is_judged_too(self):
        with pytest.raises(ValidationError):
            ContextWordValidator().validate("studyhall1")


class TestRules:
    @pytest.mark.parametrize("password", ["short-7", "password1", "12345678901", "patchwork_pia", "qwertyuiop"])
    def test_refuse_what_everyone_guesses(self, password: str):
        with pytest.raises(ValidationError):
            AccountAdapter().clean_password(password, member())

    @pytest.mark.parametrize(
        "password",
        ["x7-" * 40, "ünïcödé pässwörter 密码", " a space at both ends ", "emoji 🙂🙃 are fine", "k3j9" * 1024],
    )
    def test_take_long_and_foreign_ones_unchanged(self, password: str):
        assert AccountAdapter().clean_password(password, member()) == password

    @pytest.mark.parametrize("length", [4097, 100_000])
    def test_refuse_a_huge_one_quickly_and_say_why(self, length: int):
        def refused() -> None:
            with pytest.raises(ValidationError, match="at most 4,096 characters"):
                AccountAdapter().clean_password("a1b2" * (length // 4 + 1), member())

        done_within(0.5, refused)


class TestSignUp:
    def test_stores_a_unicode_password_as_it_was_typed(self, visitor: Visitor):
        password = " Ｐlover ünd Anvil 密码 \U0001f642 "
        visitor.sign_up(password=password)
        assert Member.objects.get().check_password(password)

    def test_says_what_is_wrong_with_a_password(self, visitor: Visitor):
        answer = visitor.sign_up(password="Studyhall2026")
        assert answer.status_code == 422
        assert str(GUESSABLE) in answer.content.decode()
        assert not Member.objects.exists()

    def test_never_sends_a_password_back(self, visitor: Visitor):
        answer = visitor.sign_up(name="x", password=PASSWORD)
        assert PASSWORD not in answer.content.decode()

    def test_a_huge_password_at_sign_in_is_only_wrong(self, visitor: Visitor, maren: Member):
        answer = done_within(3, lambda: visitor.sign_in(password="x" * 100_000))
        assert answer.status_code == 422
