"""What the tests of accounts share: somebody who signs up, and the mails that went out meanwhile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Member

PASSWORD = "plover-anvil-94"
SIGN_UP, SIGN_IN, CODE, SIGN_OUT = (
    "/accounts/signup/",
    "/accounts/login/",
    "/accounts/confirm-email/",
    "/accounts/logout/",
)


class Visitor(Client):
    """A browser at the door."""

    def sign_up(self, name: str = "maren", email: str = "maren@example.org", password: str = PASSWORD, **more: Any):
        return self.post(SIGN_UP, {"username": name, "email": email, "password1": password, **more})

    def sign_in(self, name: str = "maren", password: str = PASSWORD, **more: Any):
        return self.post(SIGN_IN, {"login": name, "password": password, **more})

    def enter(self, code: str, **more: Any):
        return self.post(CODE, {"code": code, **more})

    @property
    def is_signed_in(self) -> bool:
        return "_auth_user_id" in self.session


def code_of(message: mail.EmailMessage) -> str:
    """The code that a mail carries."""
    found = re.search(r"^ +([A-Z0-9]{4}-[A-Z0-9]{4})$", str(message.body), re.MULTILINE)
    assert found, message.body
    return found[1]


@pytest.fixture
def visitor(db: None) -> Visitor:
    return Visitor()


@pytest.fixture
def maren(db: None) -> Member:
    """A member whose address is confirmed."""
    member = Member.objects.create_user("maren", "maren@example.org", PASSWORD)
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    return member
