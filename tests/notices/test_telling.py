"""Telling members: once for a key, nobody who should not hear it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notices import following
from notices.kinds import all_kinds
from notices.models import Follow, Notification, Preference
from notices.telling import News, tell, tell_followers, unread_count
from tests.builders import make_member, make_moderator, make_study

pytestmark = pytest.mark.django_db

RETRACTED = {"kind": "standing", "key": "retraction:1", "words": "A study is retracted", "url": "/studies/1/"}


class TestTelling:
    def test_tells_each_member_once_however_often_it_is_called(self):
        one, two = make_member(), make_member()
        assert tell([one, two.pk], **RETRACTED) == 2
        assert tell([one, two, make_member()], **RETRACTED) == 1
        assert Notification.objects.filter(member=one).count() == 1

    def test_is_one_statement_for_any_number_of_members(self):
        members = [make_member() for _ in range(30)]
        with CaptureQueriesContext(connection) as queries:
            assert tell(members, **RETRACTED) == 30
        assert len(queries) == 1

    def test_leaves_out_who_did_it_who_has_left_and_who_does_not_want_it(self):
        actor, gone, deaf, hears = (make_member() for _ in range(4))
        gone.is_active = False
        gone.save()
        Preference.objects.create(member=deaf, kind="standing", place=Preference.Place.NOWHERE)
        assert tell([actor, gone, deaf, hears], besides=actor, **RETRACTED) == 1
        assert Notification.objects.get().member == hears
        assert tell([deaf], **RETRACTED | {"kind": "summary"}) == 1

    def test_tells_nobody_what_is_rolled_back(self):
        member = make_member()
        with transaction.atomic():
            assert tell([member], **RETRACTED) == 1
            transaction.set_rollback(True)
        assert not Notification.objects.exists()

    def test_of_nobody_asks_nothing(self):
        with CaptureQueriesContext(connection) as queries:
            assert tell([], **RETRACTED) == 0
        assert not queries

    def test_cuts_long_words(self):
        tell([make_member()], **RETRACTED | {"words": "long " * 400})
        assert len(Notification.objects.get().words) <= 500

    @pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere", "", "x"])
    def test_leads_nowhere_else(self, url):
        with pytest.raises(ValueError, match="address"):
            tell([make_member()], **RETRACTED | {"url": url})

    def test_refuses_a_kind_that_nobody_registered(self):
        with pytest.raises(LookupError):
            tell([make_member()], **RETRACTED | {"kind": "gossip"})


class TestTellingFollowers:
    def test_gathers_under_one_key_and_makes_it_unread_again(self):
        study, reader, other = make_study(), make_member(), make_member()
        following.follow(reader, study)

        def news(count):
            return [News(study.pk, "n:1", "A new study", "new studies under it", "/tags/it/", count)]

        assert tell_followers(type(study), news(1), kind="new_studies") == 1
        assert Notification.objects.get().words == "A new study"
        Notification.objects.update(is_unread=False)
        tell_followers(type(study), news(56), kind="new_studies")
        told = Notification.objects.get()
        assert (told.words, told.count, told.is_unread) == ("57 new studies under it", 57, True)
        assert unread_count(other) == 0

    def test_tells_only_who_follows_everything(self):
        study, quiet = make_study(), make_member()
        following.follow(quiet, study, Follow.Level.NOTHING)
        tell_followers(type(study), [News(study.pk, "n", "One", "many", "/", 1)], kind="new_studies")
        assert unread_count(quiet) == 0


class TestFollowing:
    def test_twice_is_once_and_ends_as_often_as_one_likes(self):
        member, study = make_member(), make_study()
        following.follow(member, study)
        following.follow(member, study)
        assert following.followers_of(study) == {member.pk}
        following.unfollow(member, study)
        following.unfollow(member, study)
        assert following.followers_of(study) == set()

    def test_things_of_other_kinds_with_the_same_id_are_other_things(self):
        member, study = make_member(), make_study()
        following.follow(member, study)
        member.pk, before = study.pk, member.pk
        assert following.followers_of(member) == set()
        member.pk = before

    def test_moves_where_two_things_become_one(self):
        kept, gone = make_study(), make_study()
        both, one = make_member(), make_member()
        following.follow(both, kept, Follow.Level.NOTHING)
        following.follow(both, gone)
        following.follow(one, gone)
        following.move(kept, gone)
        assert following.followers_of(kept) == {one.pk}
        assert following.followers_of(gone) == set()
        assert Follow.objects.get(member=both).level == Follow.Level.NOTHING


class TestThePage:
    def test_shows_a_member_their_own_and_nobody_elses(self, client: Client):
        mine, theirs = make_member(), make_member()
        tell([mine], **RETRACTED | {"words": "Yours <b>alone</b>"})
        client.force_login(theirs)
        assert "Yours" not in client.get("/notifications/").content.decode()
        client.force_login(mine)
        assert "Yours &lt;b&gt;alone" in client.get("/notifications/").content.decode()

    def test_asks_a_guest_to_sign_in(self, client: Client):
        assert client.get("/notifications/").status_code == 302

    def test_opens_one_and_marks_it_read(self, client: Client):
        member = make_member()
        tell([member], **RETRACTED)
        told = Notification.objects.get()
        client.force_login(make_member())
        assert client.post(f"/notifications/{told.pk}/open/").status_code == 404
        client.force_login(member)
        assert client.get(f"/notifications/{told.pk}/open/").status_code == 405
        assert client.post(f"/notifications/{told.pk}/open/")["Location"] == "/studies/1/"
        assert unread_count(member) == 0

    def test_marks_all_read_that_were_told_until_it_was_drawn(self, client: Client):
        member = make_member()
        tell([member], **RETRACTED)
        drawn = Notification.objects.get().told_at
        tell([member], **RETRACTED | {"key": "later"})
        Notification.objects.filter(key="later").update(told_at=drawn + timedelta(seconds=1))
        client.force_login(member)
        assert client.post("/notifications/read/", {"until": drawn.isoformat()}).status_code == 302
        assert list(Notification.objects.unread().values_list("key", flat=True)) == ["later"]

    @pytest.mark.parametrize(
        "until", ["", "now", "2020-13-45T00:00:00Z", "2020-01-01T00:00:00", "0001-01-01T00:00+23:59"]
    )
    def test_marks_nothing_by_a_broken_form(self, client: Client, until):
        client.force_login(make_member())
        assert client.post("/notifications/read/", {"until": until}).status_code in (302, 400)

    def test_costs_the_same_with_ten_thousand(self, client: Client):
        member = make_member()
        Notification.objects.bulk_create(
            Notification(member=member, kind="standing", key=str(n), words="N", url="/") for n in range(10_000)
        )
        client.force_login(member)
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/notifications/").content.decode()
        assert "99+" in page
        assert len(queries) <= 5
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE notices_notification")
            cursor.execute("SET LOCAL enable_seqscan = off")  # here all rows are one member's
        for asked in (
            Notification.objects.of(member).order_by("-told_at", "-pk")[:26],
            Notification.objects.of(member).unread().order_by()[:100],
        ):
            plan = asked.explain(analyze=True)
            assert "Index" in plan and "Sort" not in plan, plan


class TestTheBell:
    def test_answers_304_while_nothing_has_changed(self, client: Client):
        member = make_member()
        client.force_login(member)
        assert client.get("/notifications/unread/", headers={"If-None-Match": '"0"'}).status_code == 304
        tell([member], **RETRACTED)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/notifications/unread/", headers={"If-None-Match": '"0"'})
        assert answer.status_code == 200 and "1<span" in answer.content.decode()
        assert answer["ETag"] == '"1"'
        assert len(queries) == 3  # session, member, the probe

    def test_stands_on_every_page_of_a_member_and_says_nothing_to_a_guest(self, client: Client):
        assert client.get("/notifications/unread/").status_code == 204
        assert 'id="bell"' not in client.get("/about/").content.decode()
        client.force_login(make_member())
        assert 'id="bell"' in client.get("/about/").content.decode()

    def test_keeps_no_session_alive_by_itself(self, client: Client):
        client.force_login(make_member())
        session = client.session
        before = session["seen_at"] = session["seen_at"] - 24 * 3600
        session.save()
        client.get("/notifications/unread/", headers={"X-By-Itself": "1"})
        assert client.session["seen_at"] == before
        client.get("/about/")
        assert client.session["seen_at"] > before


class TestPreferences:
    def test_offer_only_what_one_can_be_told_of(self, client: Client):
        for member, is_offered in ((make_member(), False), (make_moderator(), True)):
            client.force_login(member)
            assert ("Appeals of members" in client.get("/settings/notices/").text) is is_offered
            choices = {kind.name: "nowhere" for kind in all_kinds()}
            assert client.post("/settings/notices/", choices).status_code == 302
            assert Preference.objects.filter(member=member, kind="appeals").exists() is is_offered

    def test_are_kept_and_heeded(self, client: Client):
        member = make_member()
        client.force_login(member)
        choices = {kind.name: "site" for kind in all_kinds()} | {"standing": "nowhere"}
        assert client.post("/settings/notices/", choices | {"standing": "by pigeon"}).status_code == 422
        for _ in range(2):
            assert client.post("/settings/notices/", choices).status_code == 302
        assert tell([member], **RETRACTED) == 0
        assert tell([member], **RETRACTED | {"kind": "summary"}) == 1
