"""The audit log: one line for each event, and no way to change it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from accounts.models import Member
from accounts.models.member import MODERATORS
from moderation.models import Action, AuditEntry
from tests.accounts.conftest import Visitor
from tests.builders import make_category, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("event", flat=True))


def rights():
    """The table that pghistory makes for what members may do."""
    return apps.get_model("accounts", "MemberRights")


def refuses(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError:
        return True
    return False


class TestEvents:
    def test_of_signing_in_and_out_are_logged_with_who_and_where(self, client) -> None:
        make_member("maren", password="plover-anvil-94")
        visitor = Visitor()
        visitor.sign_in("maren", "wrong")
        visitor.sign_in("maren", "plover-anvil-94")
        entries = list(AuditEntry.objects.order_by("pk"))
        assert [entry.event for entry in entries][:1] == ["sign-in failed"]
        assert entries[0].actor is None and "wrong" not in str(entries[0].detail)
        assert len(entries[0].network) == 24

    def test_of_the_desk_are_logged(self, client) -> None:
        admin = make_member(is_staff=True, is_superuser=True)
        client.force_login(admin)
        category = make_category()
        answer = client.post(
            f"/admin/forum/category/{category.pk}/change/",
            {
                "name": "Other", "slug": category.slug, "description": "", "position": 1,
                "moderators-TOTAL_FORMS": 0, "moderators-INITIAL_FORMS": 0,
            },
        )  # fmt: skip
        assert answer.status_code == 302, answer.text
        entry = AuditEntry.objects.filter(event="changed at the desk").get()
        assert (entry.actor, entry.target_type, entry.target_id) == (admin.pk, "forum.category", str(category.pk))

    def test_of_groups_are_logged(self) -> None:
        member = make_member()
        member.groups.add(Group.objects.get(name=MODERATORS))
        member.groups.clear()
        assert events()[-2:] == ["rights given", "rights cleared"]

    def test_of_rights_are_kept_by_the_database_however_they_were_changed(self) -> None:
        member = make_member()
        assert not rights().objects.exists()
        Member.objects.filter(pk=member.pk).update(is_staff=True)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_member SET is_superuser = true WHERE id = %s", [member.pk])
        kept = list(rights().objects.order_by("pgh_id").values_list("pgh_obj_id", "is_staff", "is_superuser"))
        assert kept == [(member.pk, True, False), (member.pk, True, True)]

    def test_of_ordinary_changes_are_not(self) -> None:
        make_member().describe("Words")
        assert not rights().objects.exists()


class TestKeeping:
    def test_no_line_can_be_changed_or_deleted(self) -> None:
        make_member().groups.add(Group.objects.get(name=MODERATORS))
        assert AuditEntry.objects.exists()
        assert refuses("UPDATE moderation_auditentry SET event = 'nothing'")
        assert refuses("DELETE FROM moderation_auditentry")

    def test_no_right_that_was_kept_can_be_changed_or_deleted(self) -> None:
        make_moderator()
        assert rights().objects.exists()
        assert refuses("UPDATE accounts_memberrights SET is_staff = false")
        assert refuses("DELETE FROM accounts_memberrights")

    def test_the_moderators_log_loses_a_name_and_nothing_else(self) -> None:
        moderator = make_moderator()
        make_post().hide(moderator, "Rude")
        assert refuses("UPDATE moderation_action SET reason = 'Kind'")
        assert refuses("DELETE FROM moderation_action")
        moderator.delete()
        assert Action.objects.get().moderator is None


class TestReading:
    def test_is_for_admins_alone(self, client) -> None:
        client.force_login(make_moderator())
        assert client.get("/admin/moderation/auditentry/").status_code == 403
        client.force_login(make_member(is_staff=True, is_superuser=True))
        assert client.get("/admin/moderation/auditentry/").status_code == 200
        assert client.get("/admin/moderation/auditentry/add/").status_code == 403
