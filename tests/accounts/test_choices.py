"""How the pages look to a member, what others find out, devices by name, and verified flair."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.devices import name_of
from accounts.models import Flair, Member
from accounts.privacy import shows_activity
from forum import solving
from tests.accounts.conftest import Visitor
from tests.builders import make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db
LOOK, PRIVACY = "/settings/appearance/", "/settings/privacy/"


@pytest.fixture
def member(visitor: Visitor, maren: Member) -> Visitor:
    visitor.force_login(maren)
    return visitor


class TestAppearance:
    def test_stands_on_every_page_from_the_first_byte(self, member: Visitor) -> None:
        assert 'data-theme="system" data-text="usual"' in member.get("/").text
        answer = member.post(LOOK, {"theme": "dark", "text_size": "large", "time_zone": "Asia/Tokyo"})
        assert answer.url == LOOK
        assert '<html lang="en" data-theme="dark" data-text="large">' in member.get("/").text

    def test_of_guests_follows_their_system(self) -> None:
        assert '<html lang="en">' in Client().get("/").text

    @pytest.mark.parametrize(
        "form",
        [
            {"theme": "neon", "text_size": "usual"},
            {"theme": "dark", "text_size": "9"},
            {"theme": "dark", "text_size": "usual", "time_zone": "Moon/Sea"},
            {},
        ],
    )
    def test_that_is_none_is_refused(self, member: Visitor, maren: Member, form: dict[str, str]) -> None:
        assert member.post(LOOK, form).status_code == 422
        maren.refresh_from_db()
        assert (maren.theme, maren.time_zone) == ("system", "")

    def test_tells_moments_in_the_members_own_zone(self, member: Visitor, maren: Member) -> None:
        from django.utils import timezone

        seen = []
        Member.objects.update(time_zone="Asia/Tokyo")
        from accounts.middleware import TimeZoneMiddleware

        request = member.get("/").wsgi_request
        TimeZoneMiddleware(lambda request: seen.append(timezone.get_current_timezone_name()))(request)
        request.user.time_zone = "Gone/Away"
        TimeZoneMiddleware(lambda request: seen.append(timezone.get_current_timezone_name()))(request)
        assert seen == ["Asia/Tokyo", "UTC"]

    def test_changes_nothing_else(self, member: Visitor, maren: Member) -> None:
        member.post(LOOK, {"theme": "dark", "text_size": "usual", "is_staff": "on", "flair": "Doctor", "username": "x"})
        maren.refresh_from_db()
        assert (maren.theme, maren.is_staff, maren.flair, maren.username) == ("dark", False, "", "maren")


class TestPrivacy:
    def test_keeps_lists_from_others_but_not_from_oneself_and_moderators(self, member: Visitor, maren: Member) -> None:
        make_post(author=maren, title="Among others")
        member.post(PRIVACY, {"hides_activity": "on"})
        maren.refresh_from_db()
        stranger, moderator = make_member(), make_moderator()
        assert shows_activity(maren, to=maren) and shows_activity(maren, to=moderator)
        assert not shows_activity(maren, to=stranger)
        guest = Client()
        assert "Among others" not in guest.get("/members/maren/").text
        assert guest.get("/members/maren/feed.atom").status_code == 404
        assert "Among others" in member.get("/members/maren/").text
        assert "Among others" in guest.get("/community/?sort=new").text

    def test_keeps_answers_and_every_count_too(self, member: Visitor, maren: Member) -> None:
        post = make_post()
        comment = make_comment(post, author=maren, body="Well put")
        solving.mark(comment, post.author)
        guest, desk = Client(), Client()
        desk.force_login(make_moderator())
        assert "Well put" in guest.get("/members/maren/?show=answered").text
        member.post(PRIVACY, {"hides_activity": "on"})
        page = guest.get("/members/maren/?show=answered").text
        assert "Well put" not in page and "Comments 0" in page and "Answers 0" in page
        for seen in (member, desk):
            assert "Answers 1" in seen.get("/members/maren/").text

    def test_keeps_out_of_search_and_suggestions(self, member: Visitor, maren: Member) -> None:
        from forum import suggesting

        def suggested() -> bool:
            """Above the box of search, after some letters and after an operator; and in it what was found."""
            boxes = [Client().get("/search/suggestions/", {"q": typed}).text for typed in ("mar", "author:mar")]
            shown = [
                "maren" in each for each in (*boxes, Client().get("/search/", {"q": "mar", "show": "member"}).text)
            ]
            assert len(set(shown)) == 1
            return shown[0]

        assert [found.username for found in Member.objects.findable()] == ["maren"]
        assert suggesting.members("mar", []) == ["maren"] and suggested()
        member.post(PRIVACY, {"hides_from_search": "on"})
        assert not Member.objects.findable() and suggesting.members("mar", []) == [] and not suggested()
        assert Client().get("/members/maren/").status_code == 200


class TestFlair:
    def test_stands_beside_the_name_and_never_beside_a_pseudonym(self, maren: Member) -> None:
        Flair.objects.create(member=maren, words="Dermatologist", proof="Saw the licence")
        post = make_post(author=Member.objects.get(pk=maren.pk))
        make_comment(post, author=maren)
        page = Client().get(post.get_absolute_url()).text
        assert page.count("Dermatologist") == 2 and "licence" not in page
        masked = make_post(author=maren, masked=True)
        make_comment(masked, author=maren)
        assert "Dermatologist" not in Client().get(masked.get_absolute_url()).text
        assert "Dermatologist" in Client().get("/members/maren/").text

    def test_can_be_hidden_and_shown_by_the_member(self, member: Visitor, maren: Member) -> None:
        Flair.objects.create(member=maren, words="Dermatologist", proof="Saw the licence")
        assert "licence" not in member.get(PRIVACY).text
        for word, shown in (("hide", ""), ("hide", ""), ("show", "Dermatologist")):
            member.post(PRIVACY, {"flair": word})
            maren.refresh_from_db()
            assert maren.flair == shown

    def test_is_granted_at_the_desk_by_moderators_to_others_and_logged(self, maren: Member) -> None:
        from moderation.models import AuditEntry

        moderator, desk = make_moderator(), Client()
        desk.force_login(moderator)
        form = {"member": maren.pk, "words": "Dermatologist", "proof": "Saw the licence"}
        assert desk.post("/admin/accounts/flair/add/", form).status_code == 302
        maren.refresh_from_db()
        assert maren.flair == "Dermatologist" and maren.verified.granted_by == moderator
        assert AuditEntry.objects.filter(target_type="accounts.flair", actor=moderator.pk).exists()
        assert desk.post("/admin/accounts/flair/add/", form | {"member": moderator.pk}).status_code == 403
        plain = Client()
        plain.force_login(make_member())
        assert plain.post("/admin/accounts/flair/add/", form).status_code in (302, 403)
        desk.post(f"/admin/accounts/flair/{maren.pk}/delete/", {"post": "yes"})
        maren.refresh_from_db()
        assert maren.flair == ""


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
         " Version/18.1 Mobile/15E148 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile"
         " Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
         " Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
         " Safari/605.1.15", "Safari on a Mac"),
        ("", "An unknown browser"),
        ("My own reader", "My own reader"),
    ],
)  # fmt: skip
def test_devices_are_told_by_the_names_people_have_for_them(agent: str, name: str) -> None:
    assert name_of(agent) == name
