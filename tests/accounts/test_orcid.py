"""Signing up and in by ORCID, against an ORCID of our own: no request leaves the machine."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from requests.adapters import HTTPAdapter

from accounts.models import Flair, Member
from accounts.orcid import OrcidSession
from tests.accounts.conftest import PASSWORD, Visitor, code_of
from tests.builders import make_post

pytestmark = pytest.mark.django_db
LOGIN, CALLBACK, SIGN_UP, ORCID = (
    "/accounts/orcid/login/",
    "/accounts/orcid/login/callback/",
    "/accounts/3rdparty/signup/",
    "/accounts/3rdparty/",
)
ID = "0000-0002-1825-0097"
RECORD = {
    "orcid-identifier": {"path": ID, "uri": f"https://orcid.org/{ID}"},
    "person": {
        "emails": {"email": [{"email": "maren@example.org", "verified": True, "primary": True}]},
        "name": {"family-name": {"value": "Carberry"}, "given-names": {"value": "Josiah"}},
    },
}


@pytest.fixture
def asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Turns it on, and answers as ORCID does; gives what was asked."""
    settings.ORCID_CLIENT_ID, settings.ORCID_CLIENT_SECRET = "APP-1", "secret"
    settings.SOCIALACCOUNT_PROVIDERS = {"orcid": {"APPS": [{"client_id": "APP-1", "secret": "secret"}]}}
    seen: list[str] = []

    def send(self: Any, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        seen.append(str(request.url))
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, str(request.url), request
        answer.headers["Content-Type"] = "application/json"
        record = requests.compat.json.dumps(
            {"access_token": "t", "orcid": ID} if str(request.url).endswith("/oauth/token") else RECORD
        )
        answer._content = record.encode()
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return seen


def come_back(visitor: Client, address: str = LOGIN) -> Any:
    """Go to ORCID and come back from it, having said yes."""
    there = visitor.post(address)
    parts = urlsplit(there.url)
    assert (parts.scheme, parts.netloc) == ("https", "orcid.org")
    return visitor.get(CALLBACK, {"code": "c", "state": parse_qs(parts.query)["state"][0]})


class TestSigningUp:
    def test_asks_for_a_name_and_an_address_and_keeps_nothing_but_the_id(
        self, asked: list[str], visitor: Visitor
    ) -> None:
        assert come_back(visitor).url == SIGN_UP
        page = visitor.get(SIGN_UP).text
        assert ID in page and "Carberry" not in page and "maren@example.org" not in page
        assert visitor.post(SIGN_UP, {"username": "quiet", "email": "quiet@example.org"}).status_code == 302
        assert not visitor.is_signed_in  # the address is to be confirmed
        visitor.enter(code_of(mail.outbox[-1]))
        assert visitor.is_signed_in
        account = SocialAccount.objects.get()
        assert (account.uid, account.extra_data, account.user.username) == (ID, {}, "quiet")
        assert not account.socialtoken_set.exists()
        assert {urlsplit(address).hostname for address in asked} == {"pub.orcid.org"}

    @pytest.mark.parametrize("name", ["Maren", "rnaren", "admin", "<b>", "a b", "x"])
    def test_has_the_rules_of_every_name(self, asked: list[str], visitor: Visitor, maren: Member, name: str) -> None:
        come_back(visitor)
        assert visitor.post(SIGN_UP, {"username": name, "email": "quiet@example.org"}).status_code == 422
        assert not SocialAccount.objects.exists()

    def test_takes_over_no_account_by_an_address(self, asked: list[str], visitor: Visitor, maren: Member) -> None:
        assert come_back(visitor).url == SIGN_UP
        visitor.post(SIGN_UP, {"username": "quiet", "email": "maren@example.org"})
        assert not visitor.is_signed_in and not SocialAccount.objects.filter(user=maren).exists()


class TestAConnectedId:
    def test_signs_in_and_is_disconnected(self, asked: list[str], visitor: Visitor, maren: Member) -> None:
        visitor.force_login(maren)
        visitor.post("/accounts/reauthenticate/", {"password": PASSWORD})
        come_back(visitor, f"{LOGIN}?process=connect")
        account = SocialAccount.objects.get(user=maren)
        other = Visitor()
        come_back(other)
        assert other.is_signed_in
        account.refresh_from_db()
        assert account.extra_data == {}
        assert ID in visitor.get(ORCID).text
        visitor.post(ORCID, {"account": account.pk})
        assert not SocialAccount.objects.exists()

    def test_of_another_is_not_theirs_to_disconnect(self, asked: list[str], visitor: Visitor, maren: Member) -> None:
        account = SocialAccount.objects.create(user=maren, provider="orcid", uid=ID)
        visitor.force_login(Member.objects.create_user("other", "other@example.org"))
        visitor.post(ORCID, {"account": account.pk})
        assert SocialAccount.objects.filter(pk=account.pk).exists()


class TestAShownId:
    """ "ORCID" beside the name, the iD on the profile: as the member likes, and never under a pseudonym."""

    PRIVACY = "/settings/privacy/"

    @pytest.fixture
    def account(self, maren: Member) -> SocialAccount:
        return SocialAccount.objects.create(user=maren, provider="orcid", uid=ID)

    def test_is_shown_when_the_member_says_so(self, visitor: Visitor, maren: Member, account: SocialAccount) -> None:
        visitor.force_login(maren)
        assert ID in visitor.get(self.PRIVACY).text
        assert ID not in Client().get("/members/maren/").text
        for word, flair in (("show", "ORCID"), ("show", "ORCID"), ("hide", ""), ("show", "ORCID")):
            assert visitor.post(self.PRIVACY, {"orcid": word}).status_code == 302
            maren.refresh_from_db()
            assert maren.flair == flair
            assert (f"https://orcid.org/{ID}" in Client().get("/members/maren/").text) == bool(flair)
        post, masked = make_post(author=maren), make_post(author=maren, masked=True)
        assert ">ORCID<" in Client().get(post.get_absolute_url()).text
        page = Client().get(masked.get_absolute_url()).text
        assert ">ORCID<" not in page and ID not in page

    def test_stands_beside_what_moderators_have_seen(self, visitor: Visitor, maren: Member, account: Any) -> None:
        granted = Flair.objects.create(member=maren, words="D" * 60, proof="Saw the licence")
        visitor.force_login(maren)
        visitor.post(self.PRIVACY, {"orcid": "show"})
        maren.refresh_from_db()
        assert maren.flair == f"{granted.words} · ORCID"
        granted.delete()
        maren.refresh_from_db()
        assert maren.flair == "ORCID"

    def test_is_gone_when_it_is_disconnected(
        self, asked: list[str], visitor: Visitor, maren: Member, account: SocialAccount
    ) -> None:
        visitor.force_login(maren)
        visitor.post("/accounts/reauthenticate/", {"password": PASSWORD})
        visitor.post(self.PRIVACY, {"orcid": "show"})
        visitor.post(ORCID, {"account": account.pk})
        maren.refresh_from_db()
        assert (maren.flair, maren.shows_orcid) == ("", False)
        SocialAccount.objects.create(user=maren, provider="orcid", uid="0000-0001-5109-3700")
        assert "0000-0001-5109-3700" not in Client().get("/members/maren/").text

    def test_is_nothing_to_who_has_none(self, visitor: Visitor, maren: Member) -> None:
        visitor.force_login(maren)
        visitor.post(self.PRIVACY, {"orcid": "show"})
        maren.refresh_from_db()
        assert (maren.flair, maren.shows_orcid) == ("", False)


class TestTheWayThere:
    def test_is_not_there_without_keys(self, visitor: Visitor, maren: Member) -> None:
        visitor.force_login(maren)
        for address in (LOGIN, CALLBACK, SIGN_UP, ORCID):
            assert visitor.get(address).status_code == visitor.post(address).status_code == 404
        assert "ORCID" not in Client().get("/accounts/login/").text

    def test_is_gone_by_post_alone_and_back_with_ones_own_state(self, asked: list[str], visitor: Visitor) -> None:
        assert visitor.get(LOGIN).status_code == 200
        assert visitor.get(CALLBACK, {"code": "c", "state": "made-up"}).status_code in (200, 401, 403)
        assert not visitor.is_signed_in and not asked

    @pytest.mark.parametrize(
        "address",
        [
            "https://example.org/",
            "http://orcid.org/",
            "https://orcid.org.example/",
            "https://127.0.0.1/",
            "file:///etc/x",
        ],
    )
    def test_leads_to_orcid_alone(self, asked: list[str], address: str) -> None:
        with pytest.raises((requests.ConnectionError, requests.exceptions.InvalidSchema)):
            OrcidSession().get(address)
        assert not asked
