"""Members."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.template.loader import render_to_string

from accounts.models import Member
from accounts.models.member import MODERATORS

pytestmark = pytest.mark.django_db


class TestMember:
    def test_is_found_by_name_however_it_is_cased(self, maren: Member):
        assert Member.objects.get_by_natural_key("MaReN") == maren

    def test_is_not_found_by_a_look_alike(self, maren: Member):
        with pytest.raises(Member.DoesNotExist):
            Member.objects.get_by_natural_key("rnaren")

    def test_lives_at_their_own_address(self, maren: Member):
        assert maren.get_absolute_url() == "/members/maren/"

    def test_is_called_by_their_name_everywhere(self, maren: Member):
        assert maren.get_full_name() == maren.get_short_name() == str(maren) == "maren"

    def test_bio_is_rendered_when_it_is_saved(self, maren: Member):
        maren.describe("I am **not** a doctor. <script>alert(1)</script>")
        maren.refresh_from_db()
        assert "<strong>not</strong>" in maren.bio_html
        assert "<script" not in maren.bio_html

    def test_bio_that_is_taken_back_leaves_nothing(self, maren: Member):
        maren.describe("Hello")
        maren.describe("")
        maren.refresh_from_db()
        assert maren.bio_html == ""

    def test_signing_in_does_not_render_the_bio_again(self, maren: Member):
        Member.objects.filter(pk=maren.pk).update(bio="new", bio_html="old")
        maren.refresh_from_db()
        maren.save(update_fields=["last_login"])
        maren.refresh_from_db()
        assert maren.bio_html == "old"


class TestHeader:
    """What every profile begins with."""

    def header(self, member: Member) -> str:
        return render_to_string("accounts/_member_header.html", {"member": member})

    def test_tells_the_name_since_when_and_the_bio(self, maren: Member):
        maren.date_joined = datetime(2024, 3, 9, tzinfo=UTC)
        maren.describe("I ask *a lot*.")
        header = self.header(maren)
        assert "maren" in header
        assert "March 2024" in header
        assert "<em>a lot</em>" in header

    def test_never_tells_the_address(self, maren: Member):
        assert "example.org" not in self.header(maren)

    def test_tells_who_moderates(self, maren: Member):
        assert "Moderator" not in self.header(maren)
        maren = Member.objects.get(pk=maren.pk)
        maren.is_staff = True
        maren.groups.add(Group.objects.get_or_create(name=MODERATORS)[0])
        assert "Moderator" in self.header(maren)


class TestModerator:
    def test_is_who_is_in_the_group_and_may_enter_the_desk(self, maren: Member):
        maren.is_staff = True
        maren.groups.add(Group.objects.get_or_create(name=MODERATORS)[0])
        assert maren.is_moderator

    def test_is_an_administrator_too(self):
        assert Member.objects.create_superuser("ines", "ines@example.org").is_moderator

    def test_is_nobody_else(self, maren: Member):
        maren.groups.add(Group.objects.get_or_create(name="Writers")[0])
        maren.is_staff = True
        assert not maren.is_moderator

    def test_is_not_somebody_whose_account_is_closed(self, maren: Member):
        maren.groups.add(Group.objects.get_or_create(name=MODERATORS)[0])
        maren.is_staff = True
        maren.is_active = False
        assert not maren.is_moderator

    def test_is_not_asked_for_where_nobody_could(self, maren: Member, django_assert_num_queries):
        maren.groups.add(Group.objects.get_or_create(name=MODERATORS)[0])
        with django_assert_num_queries(0):
            assert not maren.is_moderator

    def test_is_asked_for_once_on_a_page(self, maren: Member, django_assert_num_queries):
        maren.is_staff = True
        with django_assert_num_queries(1):
            assert not maren.is_moderator
            assert not maren.is_moderator
