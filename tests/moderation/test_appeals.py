"""Appeals: a thread behind a signed link, between a member and the moderators."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from moderation import appeals, linking, sanctions
from moderation.models import Action, Appeal, AppealMessage, Sanction, Trace
from notices.models import Notification
from tests.accounts.conftest import PASSWORD, Visitor
from tests.builders import confirmed, make_librarian, make_member, make_moderator

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator() -> Member:
    return make_moderator()


@pytest.fixture
def member() -> Member:
    return confirmed(make_member("maren", password=PASSWORD))


@pytest.fixture
def barred(member, moderator) -> Sanction:
    given = sanctions.give(member, moderator, ["sign-in"], "Spam", days=30)
    assert given is not None
    return given


def address(sanction: Sanction) -> str:
    return f"/appeals/{sanction.token}/"


def desk(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


class TestTheThread:
    def test_is_open_to_whoever_has_the_link_and_opens_nothing_else(self, barred, moderator) -> None:
        guest = Client()
        assert guest.get(address(barred)).status_code == 200
        for _ in range(2):
            assert guest.post(address(barred), {"words": "It was not me"}).status_code == 302
        assert AppealMessage.objects.get().words == "It was not me"
        assert guest.get("/settings/").status_code == 302 and "_auth_user_id" not in guest.session
        assert "appeals" in Notification.objects.get(member=moderator).words
        for token in ("x", barred.token[:-1], barred.token.replace(":", "x"), "W10:x"):
            assert guest.get(f"/appeals/{token}/").status_code == 404

    def test_is_answered_at_the_desk_and_lifting_lets_them_in(self, barred, moderator, member) -> None:
        appeals.write(barred, "It was not me")
        appeal = Appeal.objects.get()
        listed = desk(moderator).get("/admin/moderation/appeal/").content.decode()
        assert "maren" in listed
        page = desk(moderator).get(f"/admin/moderation/appeal/{appeal.pk}/change/").content.decode()
        assert "It was not me" in page
        where = f"/admin/moderation/appeal/{appeal.pk}/answer/"
        desk(moderator).post(where, {"words": "Who was it?", "outcome": ""})
        assert not Appeal.objects.get().waits_for_moderators
        assert "Who was it?" in Client().get(address(barred)).content.decode()
        assert moderator.username not in Client().get(address(barred)).content.decode()
        assert "Who was it?" in mail.outbox[-1].body
        desk(moderator).post(where, {"words": "We believe you", "outcome": "lifted"})
        assert sanctions.bars(Member.objects.get(pk=member.pk)) == frozenset()
        assert Action.objects.get(action="lift").reason == "We believe you"
        visitor = Visitor()
        visitor.sign_in()
        assert visitor.is_signed_in
        assert Client().post(address(barred), {"words": "Thanks"}).status_code == 422

    def test_one_is_open_and_after_one_that_changed_nothing_another_a_month_later(self, barred, moderator) -> None:
        Sanction.objects.update(until=None)
        appeals.write(barred, "It was not me")
        appeals.write(barred, "Really")
        assert Appeal.objects.count() == 1
        appeals.answer(Appeal.objects.get(), moderator, "It was", outcome="kept")
        with pytest.raises(appeals.Refused):
            appeals.answer(Appeal.objects.get(), make_moderator(), "It was", outcome="lifted")
        with pytest.raises(appeals.Refused):
            appeals.write(barred, "But really")
        Appeal.objects.update(closed_at=timezone.now() - timedelta(days=31))
        appeals.write(barred, "But really")
        assert Appeal.objects.count() == 2

    def test_takes_so_many_messages_until_it_is_answered(self, barred, moderator) -> None:
        for number in range(appeals.UNANSWERED):
            appeals.write(barred, f"Message {number}")
        with pytest.raises(appeals.Refused):
            appeals.write(barred, "One more")
        appeals.answer(Appeal.objects.get(), moderator, "Yes?")
        appeals.write(barred, "One more")

    def test_only_moderators_see_the_queue(self, barred, member) -> None:
        appeals.write(barred, "It was not me")
        where = f"/admin/moderation/appeal/{Appeal.objects.get().pk}/"
        for who in (make_member(), make_librarian()):
            assert desk(who).get(f"{where}change/").status_code in (302, 403)
            assert desk(who).post(f"{where}answer/", {"words": "x", "outcome": "lifted"}).status_code in (302, 403)
        assert Appeal.objects.get().is_open and not Appeal.objects.get().messages.filter(is_by_moderator=True).exists()

    def test_words_are_shown_as_words(self, barred, moderator) -> None:
        appeals.write(barred, "<script>alert(1)</script>")
        for page in (
            Client().get(address(barred)),
            desk(moderator).get(f"/admin/moderation/appeal/{Appeal.objects.get().pk}/change/"),
        ):
            assert "<script>alert(1)" not in page.content.decode()


class TestLinkedAccounts:
    def test_are_told_to_moderators_with_what_they_share(self, member, moderator) -> None:
        other = confirmed(make_member("other_one", password=PASSWORD))
        visitor = Visitor()
        visitor.sign_in()
        assert visitor.cookies["device"]["httponly"]
        visitor.post("/accounts/logout/")
        visitor.sign_in("other_one")
        (linked,) = linking.linked_to(member)
        assert linked.member == other and linked.kinds == ["device", "network"]
        page = desk(moderator).get(f"/moderation/member/{member.pk}/").content.decode()
        assert "other_one" in page and "this alone proves nothing" in page
        kept = Trace.objects.values_list("hash", flat=True)
        assert not any("127.0.0.1" in each or visitor.cookies["device"].value in each for each in kept)

    def test_share_the_network_alone_from_another_device(self, member) -> None:
        confirmed(make_member("other_one", password=PASSWORD))
        Visitor().sign_in(), Visitor().sign_in("other_one")
        assert linking.linked_to(member)[0].kinds == ["network"]

    def test_are_forgotten_after_thirty_days_and_written_once_a_sign_in(self, member) -> None:
        visitor = Visitor()
        visitor.sign_in()
        before = list(Trace.objects.values_list("pk", "seen_at"))
        visitor.get("/settings/")
        assert list(Trace.objects.values_list("pk", "seen_at")) == before and len(before) == 2
        Trace.objects.update(seen_at=timezone.now() - timedelta(days=30, seconds=1))
        assert linking.sweep() == 2

    def test_a_cookie_of_another_shape_is_not_believed(self, member) -> None:
        visitor = Visitor()
        visitor.cookies["device"] = "x" * 500
        visitor.sign_in()
        assert len(visitor.cookies["device"].value) == 32
