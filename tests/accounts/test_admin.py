"""Members on the moderators' desk: what a moderator sees and cannot reach."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.core import mail

from accounts.models import Member
from accounts.models.member import MODERATORS
from tests.accounts.conftest import PASSWORD, Visitor

MEMBERS = "/admin/accounts/member/"
FACTORS = "/admin/mfa/authenticator/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Visitor:
    client = Visitor()
    client.force_login(Member.objects.create_superuser("ines", "ines@example.org", PASSWORD))
    return client


@pytest.fixture
def moderator() -> Visitor:
    """A moderator who was given every permission about members: our admin itself must hold."""
    member = Member.objects.create_user("tobias", "tobias@example.org", PASSWORD, is_staff=True)
    group, _ = Group.objects.get_or_create(name=MODERATORS)
    group.permissions.add(*Permission.objects.filter(content_type__app_label="accounts"))
    member.groups.add(group)
    client = Visitor()
    client.force_login(member)
    return client


def page_of(member: Member, what: str = "change") -> str:
    return f"{MEMBERS}{member.pk}/{what}/"


class TestModerator:
    def test_sees_the_members(self, moderator: Visitor, maren: Member):
        assert "maren" in moderator.get(MEMBERS).content.decode()
        assert moderator.get(page_of(maren)).status_code == 200

    def test_sees_no_address_and_no_password(self, moderator: Visitor, maren: Member):
        maren.set_password("plover")
        maren.save()
        for page in (MEMBERS, MEMBERS + "?q=maren", page_of(maren)):
            text = moderator.get(page).content.decode()
            assert "maren@example.org" not in text
            assert maren.password not in text
            assert "md5" not in text.lower()

    @pytest.mark.parametrize(
        "lookup",
        [
            "email__startswith=maren",
            "email=maren@example.org",
            "password__startswith=md5",
            "emailaddress__email__contains=m",
        ],
    )
    def test_cannot_read_them_by_filtering(self, moderator: Visitor, maren: Member, lookup: str):
        answer = moderator.get(f"{MEMBERS}?{lookup}")
        assert answer.status_code in (302, 400)

    def test_cannot_find_members_by_their_address(self, moderator: Visitor, maren: Member):
        assert ">maren<" not in moderator.get(MEMBERS, {"q": "maren@example"}).content.decode()

    def test_may_mend_a_bio_and_nothing_else(self, moderator: Visitor, maren: Member):
        wanted = {
            "bio": "mended",
            "username": "stolen",
            "email": "stolen@example.org",
            "password": "x",
            "is_staff": "on",
            "is_superuser": "on",
            "is_active": "",
            "groups": [str(Group.objects.get(name=MODERATORS).pk)],
            "user_permissions": [str(Permission.objects.first().pk)],
        }
        before = (maren.username, maren.email, maren.password, maren.is_staff, maren.is_superuser, maren.is_active)
        moderator.post(page_of(maren), wanted)
        maren.refresh_from_db()
        assert maren.bio == "mended"
        assert "mended" in maren.bio_html
        assert before == (
            maren.username,
            maren.email,
            maren.password,
            maren.is_staff,
            maren.is_superuser,
            maren.is_active,
        )
        assert not maren.groups.exists()
        assert not maren.user_permissions.exists()

    def test_cannot_make_themselves_more(self, moderator: Visitor):
        tobias = Member.objects.get(username="tobias")
        moderator.post(page_of(tobias), {"bio": "x", "is_superuser": "on"})
        tobias.refresh_from_db()
        assert not tobias.is_superuser
        assert tobias.bio == ""

    @pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
    def test_cannot_change_staff(self, moderator: Visitor, maren: Member, rights: dict[str, bool]):
        Member.objects.filter(pk=maren.pk).update(**rights)
        assert moderator.post(page_of(maren), {"bio": "mended"}).status_code == 403
        maren.refresh_from_db()
        assert maren.bio == ""

    def test_cannot_set_a_password_or_delete_or_add(self, moderator: Visitor, maren: Member):
        assert moderator.get(page_of(maren, "password")).status_code == 403
        assert (
            moderator.post(
                page_of(maren, "password"), {"password1": "a1b2c3d4e5", "password2": "a1b2c3d4e5"}
            ).status_code
            == 403
        )
        assert moderator.post(page_of(maren, "delete"), {"post": "yes"}).status_code == 403
        assert moderator.get(MEMBERS + "add/").status_code == 403
        assert moderator.post(
            MEMBERS, {"action": "delete_selected", "_selected_action": [maren.pk], "post": "yes"}
        ).status_code in (200, 302)
        maren.refresh_from_db()
        assert maren.check_password(PASSWORD)


class TestAdministrator:
    def test_manages_accounts(self, administrator: Visitor, maren: Member):
        text = administrator.get(page_of(maren)).content.decode()
        assert "maren@example.org" in text
        assert "maren" in administrator.get(MEMBERS, {"q": "maren@example"}).content.decode()
        assert administrator.get(page_of(maren, "password")).status_code == 200

    def test_is_told_when_a_name_looks_like_another(self, administrator: Visitor, maren: Member):
        answer = administrator.post(
            MEMBERS + "add/",
            {
                "username": "rnaren",
                "email": "r@example.org",
                "usable_password": "true",
                "password1": PASSWORD,
                "password2": PASSWORD,
            },
        )
        assert answer.status_code == 200
        assert "looks like it, is taken" in answer.content.decode()

    def test_adds_a_member(self, administrator: Visitor):
        administrator.post(
            MEMBERS + "add/",
            {
                "username": "amara",
                "email": "Amara@example.org",
                "usable_password": "true",
                "password1": PASSWORD,
                "password2": PASSWORD,
            },
        )
        assert Member.objects.get(username="amara").email == "amara@example.org"

    def test_reads_the_list_with_as_many_queries_for_fifty_as_for_one(
        self, administrator: Visitor, django_assert_max_num_queries
    ):
        administrator.get(MEMBERS)
        with django_assert_max_num_queries(12):
            administrator.get(MEMBERS)
        for number in range(50):
            Member.objects.create_user(f"member{number}x", f"m{number}@example.org")
        with django_assert_max_num_queries(12):
            administrator.get(MEMBERS)


class TestOthers:
    def test_have_no_desk(self, visitor: Visitor, maren: Member):
        visitor.sign_in()
        assert visitor.get(MEMBERS).status_code == 302


class TestSecondFactors:
    SECRET = "JBSWY3DPEHPK3PXP"

    @pytest.fixture
    def app(self, maren: Member) -> Authenticator:
        EmailAddress.objects.get_or_create(user=maren, email=maren.email, verified=True, primary=True)
        Authenticator.objects.create(user=maren, type="recovery_codes", data={"seed": self.SECRET, "used_mask": 0})
        return Authenticator.objects.create(user=maren, type="totp", data={"secret": self.SECRET})

    def test_are_listed_without_what_their_codes_are_made_from(self, administrator: Visitor, app):
        for page in ("", f"{app.pk}/change/", f"{app.pk}/delete/"):
            answer = administrator.get(f"{FACTORS}{page}")
            assert answer.status_code == 200 and self.SECRET not in answer.text

    def test_can_be_taken_away_and_their_owner_is_told_not_by_whom(self, administrator: Visitor, app, maren: Member):
        passkey = Authenticator.objects.create(user=maren, type="webauthn", data={"name": "Phone", "credential": {}})
        administrator.post(f"{FACTORS}{passkey.pk}/delete/", {"post": "yes"}, REMOTE_ADDR="203.0.113.9")
        assert maren.authenticator_set.count() == 2
        chosen = {"action": "delete_selected", "_selected_action": [app.pk], "post": "yes"}
        administrator.post(FACTORS, chosen, REMOTE_ADDR="203.0.113.9")
        assert not maren.authenticator_set.exists()
        assert [sent.to for sent in mail.outbox] == [[maren.email]] * 2
        assert not [sent for sent in mail.outbox if "203.0.113.9" in sent.body or "ines" in sent.body]

    def test_are_made_and_changed_by_nobody_at_the_desk(self, administrator: Visitor, app):
        assert administrator.get(f"{FACTORS}add/").status_code == 403
        administrator.post(f"{FACTORS}{app.pk}/change/", {"data": "{}", "type": "totp", "user": app.user_id})
        assert Authenticator.objects.get(pk=app.pk).data == {"secret": self.SECRET}

    @pytest.mark.parametrize(
        "table", ["socialaccount/socialapp", "socialaccount/socialtoken", "usersessions/usersession", "taggit/tag"]
    )
    def test_and_what_nobody_has_to_read_is_not_there(self, administrator: Visitor, table: str):
        assert administrator.get(f"/admin/{table}/").status_code == 404
