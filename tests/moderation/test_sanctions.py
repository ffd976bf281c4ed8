"""Warnings and bans: who may give them, what they keep a member from, and how they end."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Member
from forum.models import Draft, Post
from moderation import acting, reputation, sanctions, trust
from moderation.models import Action, MemberNote, Sanction
from moderation.sanctions import COUNTER
from notices.models import Notification
from tests.accounts.conftest import PASSWORD, Visitor
from tests.builders import confirmed, make_category, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator() -> Member:
    return make_moderator()


@pytest.fixture
def member() -> Member:
    return confirmed(make_member("maren", password=PASSWORD))


def browser(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def at(member: Member) -> str:
    return f"/moderation/member/{member.pk}/"


def ban(moderator: Member, member: Member, *kinds: str, days: int = 7, reason: str = "Advertising"):
    form = {"reason": reason, "ban-kinds": list(kinds), "ban-days": days}
    return browser(moderator).post(f"{at(member)}ban/", form)


def later(monkeypatch, **time) -> None:
    """Let it be later: nothing runs, only the clock goes on."""
    moment = timezone.now() + timedelta(**time)
    monkeypatch.setattr(timezone, "now", lambda: moment)


def fresh(member: Member) -> Member:
    return Member.objects.get(pk=member.pk)


class TestGiving:
    def test_only_moderators_and_not_about_themselves_nor_about_those_who_serve(self, moderator, member) -> None:
        admin = make_member(is_staff=True, is_superuser=True)
        for who, about in (
            (member, make_member()),
            (moderator, moderator),
            (moderator, make_moderator()),
            (moderator, admin),
        ):
            assert ban(who, about, "write").status_code == 403
        assert ban(admin, make_moderator(), "write").status_code == 302
        assert Sanction.objects.count() == 1
        assert Client().get(at(member)).status_code == 302

    def test_writes_a_line_tells_the_member_and_can_be_taken_back(self, moderator, member) -> None:
        assert ban(moderator, member, "write", "vote").status_code == 302
        line = Action.objects.get()
        assert (line.action, line.reason, line.moderator) == ("ban", "Advertising", moderator)
        assert sanctions.bars(fresh(member)) == {"write", "vote"}
        assert "Advertising" in Notification.objects.get(member=member).words
        (letter,) = mail.outbox
        assert "Advertising" in letter.body and "/appeals/" in letter.body and letter.to == [member.email]
        page = browser(moderator).get(at(member)).content.decode()
        assert "stands" in page and "Undo: ban" in page
        for _ in range(2):
            browser(moderator).post(f"/moderation/undo/{line.pk}/", {"reason": "Too hard"})
        assert sanctions.bars(fresh(member)) == frozenset() and fresh(member).sanctioned_until is None
        assert Action.objects.filter(undoes=line).count() == 1
        assert mail.outbox[-1].subject.endswith("You can take part again")

    def test_lifting_all_is_undone_exactly(self, moderator, member) -> None:
        ban(moderator, member, "write")
        ban(moderator, member, "vote", days=0)
        kind = acting.moderable("member")
        lifted = acting.act(kind.verb("lift"), fresh(member), moderator, "Enough")
        assert sanctions.bars(fresh(member)) == frozenset()
        acting.undo(lifted, moderator, "Not enough")
        assert sanctions.bars(fresh(member)) == {"write", "vote"}
        assert COUNTER.drifted() == 0

    def test_two_moderators_at_once_give_one(self, moderator, member) -> None:
        ban(moderator, member, "write")
        ban(make_moderator(), member, "write")
        assert Sanction.objects.count() == 1 and Action.objects.count() == 1

    def test_the_next_step_is_suggested_and_may_be_overridden(self, moderator, member) -> None:
        assert "a warning" in str(sanctions.next_step(member))
        browser(moderator).post(f"{at(member)}warn/", {"reason": "Rude"})
        assert sanctions.next_step(member).days == 1
        page = browser(moderator).get(at(member)).content.decode()
        assert re.search(r'value="write"[^>]*checked', page) and "for a day" in page
        ban(moderator, member, "sign-in", days=0)
        assert sanctions.next_step(member).days == 7
        Sanction.objects.update(given_at=timezone.now() - timedelta(days=366))
        assert sanctions.next_step(member).is_warning

    def test_costs_reputation_and_trust_until_taken_back(self, moderator, member) -> None:
        trust.note_visit(member.pk, timezone.now().date())
        ban(moderator, member, "vote")
        assert trust.facts_of(member.pk).penalties == 1
        assert reputation.COUNTERS[0].drifted() == 0
        sanctions.lift(member, [Sanction.objects.get().pk])
        assert trust.facts_of(member.pk).penalties == 0
        assert reputation.COUNTERS[0].drifted() == 0

    def test_in_bulk_at_the_desk_and_undone_there(self, moderator) -> None:
        members = [make_member(), make_member(), make_moderator()]
        desk = browser(moderator)
        form = {"action": "ban", "_selected_action": [each.pk for each in members], "reason": "Spam"}
        asked = desk.post("/admin/accounts/member/", form)
        assert asked.status_code == 200 and "ban-kinds" in asked.content.decode() and not Sanction.objects.exists()
        desk.post("/admin/accounts/member/", form | {"apply": "1", "ban-kinds": ["write"], "ban-days": "1"})
        assert set(Sanction.objects.values_list("member", flat=True)) == {each.pk for each in members[:2]}
        undo = {"action": "undo", "_selected_action": [each.pk for each in Action.objects.all()], "reason": "Not spam"}
        desk.post("/admin/moderation/action/", undo)
        assert not Sanction.objects.filter(lifted_at=None).exists()


class TestBeingBarred:
    def test_costs_no_query_without_a_sanction_and_one_with(self, moderator, member) -> None:
        client = browser(member)
        client.get("/settings/")

        def cost() -> list[str]:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get("/settings/")
            return [each["sql"] for each in queries.captured_queries if "moderation_sanction" in each["sql"]]

        assert cost() == []
        ban(moderator, member, "vote")
        assert len(cost()) == 1
        Member.objects.filter(pk=member.pk).update(sanctioned_until=timezone.now() - timedelta(seconds=1))
        assert cost() == []

    def test_ends_by_itself(self, moderator, member, monkeypatch) -> None:
        ban(moderator, member, "write", days=1)
        assert browser(member).get("/community/new/").status_code == 403
        later(monkeypatch, hours=25)
        assert sanctions.bars(fresh(member)) == frozenset()
        assert browser(member).get("/community/new/").status_code == 200

    def test_keeps_what_was_typed(self, moderator, member) -> None:
        post, client = make_post(), browser(member)
        ban(moderator, member, "write")
        answer = client.post(
            f"/posts/{post.pk}/comment/", {"body": "My long words", "token": "", "form": "", "draft": ""}
        )
        assert answer.status_code == 403 and "My long words" in answer.content.decode()
        assert Draft.objects.get(member=member).fields["body"] == "My long words"
        assert post.comments.count() == 0

    def test_htmx_is_led_to_the_page_that_says_why(self, moderator, member) -> None:
        post, client = make_post(), browser(member)
        ban(moderator, member, "vote")
        answer = client.post(f"/posts/{post.pk}/upvote/", headers={"HX-Request": "true"})
        assert answer.status_code == 403 and answer["HX-Redirect"] == "/settings/standing/"
        assert "Advertising" in client.get("/settings/standing/").content.decode()


class TestSigningIn:
    def test_all_sessions_end_and_the_door_says_until_when_why_and_how_to_appeal(self, moderator, member) -> None:
        visitor, other = Visitor(), Visitor()
        visitor.sign_in(), other.sign_in()
        assert visitor.is_signed_in and UserSession.objects.filter(user=member).count() == 2
        ban(moderator, member, "sign-in", days=3)
        assert not UserSession.objects.filter(user=member).exists()
        assert visitor.get("/settings/").status_code == 302
        answer = visitor.sign_in()
        assert answer.status_code == 302 and not visitor.is_signed_in
        page = visitor.get(answer["Location"]).content.decode()
        assert "until" in page and "Advertising" in page and "Send to the moderators" in page
        assert fresh(member).is_active

    def test_a_session_opened_in_that_moment_is_none(self, moderator, member) -> None:
        sanctions.give(member, moderator, ["sign-in"], "Spam", days=3)
        client = browser(member)
        assert client.get("/settings/").status_code == 302
        assert "_auth_user_id" not in client.session

    def test_for_good_can_be_undone(self, moderator, member) -> None:
        ban(moderator, member, "sign-in", days=0)
        barred = Visitor()
        assert "/appeals/" in barred.sign_in().url and not barred.is_signed_in
        browser(moderator).post(f"/moderation/undo/{Action.objects.get().pk}/", {"reason": "A mistake"})
        visitor = Visitor()
        visitor.sign_in()
        assert visitor.is_signed_in

    def test_a_wrong_password_does_not_tell(self, moderator, member) -> None:
        ban(moderator, member, "sign-in")
        assert Visitor().sign_in(password="wrong").status_code == 422


class TestWarning:
    def test_leads_to_itself_before_writing_and_to_nothing_else(self, moderator, member) -> None:
        client, post = browser(member), make_post()
        browser(moderator).post(f"{at(member)}warn/", {"reason": "Be kind"})
        warning = Sanction.objects.get()
        assert client.get(post.get_absolute_url()).status_code == 200
        assert client.post(f"/posts/{post.pk}/upvote/").status_code == 302 and post.votes.count() == 1
        led = client.get("/community/new/")
        assert led.status_code == 302 and led.url.startswith(f"/warnings/{warning.pk}/")
        assert "Be kind" in client.get(led.url).content.decode()
        led = client.post(f"/posts/{post.pk}/comment/", {"body": "Kind words", "token": "", "form": "", "draft": ""})
        assert led.url.startswith("/warnings/") and Draft.objects.get().fields["body"] == "Kind words"
        assert browser(make_member()).post(f"/warnings/{warning.pk}/").status_code == 404
        for _ in range(2):
            done = client.post(f"/warnings/{warning.pk}/", {"next": "/community/new/"})
            assert done.url == "/community/new/"
        assert client.get("/community/new/").status_code == 200
        assert client.post(f"/warnings/{warning.pk}/", {"next": "https://evil.example/"}).url == "/"

    def test_words_that_no_draft_keeps_stand_on_the_page(self, moderator, member) -> None:
        browser(moderator).post(f"{at(member)}warn/", {"reason": "Be kind"})
        answer = browser(member).post("/settings/", {"bio": "About me, at some length: forty characters and more."})
        assert answer.status_code == 403 and "About me" in answer.content.decode()
        assert fresh(member).bio == ""


class TestTheVerbs:
    """What the pages refuse as well: whoever calls them from elsewhere is held to the same."""

    def test_of_two_bans_the_longer_is_told_and_each_ends_by_itself(self, moderator, member, monkeypatch) -> None:
        sanctions.give(member, moderator, ["write"], "Spam", days=1)
        longer = sanctions.give(member, moderator, ["write", "vote"], "More spam", days=7)
        sanctions.give(member, moderator, ["report"], "False reports", days=1)
        asked = fresh(member)
        assert sanctions.that_bars(asked, "write") == longer
        assert sanctions.bars(asked) == {"write", "vote", "report"}
        later(monkeypatch, hours=25)
        assert sanctions.bars(asked) == sanctions.bars(fresh(member)) == {"write", "vote"}
        assert list(Sanction.objects.standing()) == [longer]

    def test_nobody_decides_about_themselves_nor_about_who_serves(self, moderator) -> None:
        for about in (moderator, make_moderator()):
            with pytest.raises(acting.CannotDo):
                sanctions.give(about, moderator, ["write"], "Spam", days=1)
        assert not Sanction.objects.exists()

    def test_one_warning_waits_at_a_time_and_what_is_over_keeps_from_nothing(self, moderator, member) -> None:
        warning = sanctions.give(member, moderator, ["warning"], "Rude")
        with pytest.raises(acting.CannotDo):
            sanctions.give(member, moderator, ["warning"], "Ruder")
        assert warning is not None
        sanctions.acknowledge(warning)
        assert sanctions.give(member, moderator, ["warning"], "Rude again")
        banned = sanctions.give(member, moderator, ["vote"], "Spam", days=7)
        step = sanctions.next_step(member).number
        assert banned is not None and sanctions.lift(member, [banned.pk]) == [banned.pk]
        assert sanctions.next_step(member).number == step - 1
        assert sanctions.give(member, moderator, ["vote"], "Spam after all", days=7)

    def test_a_ban_that_holds_again_ends_the_sessions_of_the_meantime(self, moderator, member) -> None:
        given = sanctions.give(member, moderator, ["sign-in"], "Spam", days=7)
        assert given is not None
        sanctions.lift(member, [given.pk])
        Visitor().sign_in()
        assert UserSession.objects.filter(user=member).exists()
        sanctions.restore(member, [given.pk])
        assert not UserSession.objects.filter(user=member).exists()

    def test_a_link_opens_what_it_was_written_for(self, moderator, member) -> None:
        given = sanctions.give(member, moderator, ["vote"], "Spam", days=7)
        assert given is not None and Sanction.behind(given.token) == given
        Sanction.objects.update(member=make_member())
        assert Sanction.behind(given.token) is None


class TestNotes:
    def test_only_moderators_write_and_read_them(self, moderator, member) -> None:
        where = f"/members/{member.username}/notes/"
        assert browser(member).post(where, {"words": "Nice"}).status_code == 403
        for _ in range(2):
            assert browser(moderator).post(where, {"words": "Was rude by mail too"}).status_code == 302
        assert browser(moderator).post(where, {"words": " "}).status_code == 422
        assert MemberNote.objects.count() == 1
        assert "Was rude by mail too" in browser(moderator).get(at(member)).content.decode()
        assert "Was rude" not in browser(member).get(f"/members/{member.username}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_many_moderators_at_one_moment_give_one_ban() -> None:
    member, moderators = make_member(), [make_moderator() for _ in range(4)]
    verb = acting.moderable("member").verb("ban")

    def press(who: Member) -> None:
        try:
            acting.act(verb, Member.objects.get(pk=member.pk), who, "Spam", kinds=["write"], days=7)
        except acting.NothingToDo:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(who,)) for who in moderators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Sanction.objects.count() == 1 and Action.objects.count() == 1
    assert COUNTER.drifted() == 0


@pytest.mark.django_db(transaction=True)
def test_a_member_who_saves_their_profile_at_the_moment_of_a_ban_does_not_lift_it() -> None:
    """Read before the ban, saved after it: on a connection of its own, as another worker would."""
    member, moderator = make_member(), make_moderator()
    saving, banned = threading.Event(), threading.Event()

    def save() -> None:
        stale = Member.objects.get(pk=member.pk)
        saving.set()
        banned.wait(60)
        stale.bio = "All of it is saved, at leisure."
        stale.save()
        stale.save(update_fields=["bio", "sanctioned_until"])
        connections.close_all()

    thread = threading.Thread(target=save)
    thread.start()
    saving.wait(60)
    ban(moderator, member, "write", days=7)
    banned.set()
    thread.join()
    now = fresh(member)
    assert now.bio == "All of it is saved, at leisure." and sanctions.bars(now) == {"write"}
    assert COUNTER.drifted() == 0


def test_posts_are_not_made_by_who_is_barred(moderator, member) -> None:
    shelf = make_category("shelf")
    ban(moderator, member, "write")
    form = {"title": "Words", "body": "Words", "category": shelf.slug, "tags": "", "token": "", "form": "", "draft": ""}
    assert browser(member).post("/community/new/", form).status_code == 403
    assert not Post.objects.exists()
