"""Digests: once, only when there is something, and ended by one press without signing in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notices import digests, following
from notices.jobs import send_digests
from notices.models import Digest, Notification, Preference
from notices.telling import tell
from notices.unsubscribing import token_for
from studies import arrivals
from tests.builders import confirmed, make_member, make_study

pytestmark = pytest.mark.django_db

RETRACTED = {"kind": "standing", "key": "retraction:1", "words": "A study is <b>retracted</b>", "url": "/studies/1/"}


def make_due(member, every: str = "day") -> None:
    if not member.emailaddress_set.exists():
        confirmed(member)
    Digest.choose(member, every)
    hour_ago = timezone.now() - timedelta(hours=1)
    Digest.objects.filter(member=member).update(due_at=hour_ago, told_until=hour_ago)


def html_of(message) -> str:
    return message.alternatives[0][0]


class TestADigest:
    def test_is_sent_once_however_often_the_job_runs(self):
        member = make_member()
        make_due(member)
        tell([member], **RETRACTED)
        send_digests(0)
        send_digests(0)
        assert len(mail.outbox) == 1
        make_due(member)
        Digest.objects.update(told_until=timezone.now())
        send_digests(0)
        assert len(mail.outbox) == 1  # nothing has come since

    def test_is_not_sent_before_it_is_chosen_or_due_or_when_there_is_nothing(self):
        without, early, empty, has_read, deaf, gone = (make_member() for _ in range(6))
        tell([without, early, has_read, deaf, gone], **RETRACTED)
        Digest.choose(early, "week")
        for member in (empty, has_read, deaf, gone):
            make_due(member)
        Notification.objects.of(has_read).update(is_unread=False)
        Preference.objects.create(member=deaf, kind="standing", place=Preference.Place.SITE)
        gone.is_active = False
        gone.save()
        assert digests.send_due() == 0
        assert not mail.outbox
        assert not Digest.objects.filter(due_at__lte=timezone.now()).exists()

    def test_tells_what_is_new_in_text_and_html(self):
        member = make_member("reader_one")
        tag = make_study(tags=["minoxidil"]).tags.get()
        arrivals.tell_of_new_studies()
        following.follow(member, tag)
        make_due(member)
        for number in range(7):
            make_study(f"Foam & solution {number}", tags=["minoxidil"])
        arrivals.tell_of_new_studies()
        tell([member], **RETRACTED)
        digests.send_due()
        [message] = mail.outbox
        assert message.to == ["reader_one@example.org"] and "2 notifications" in message.subject
        assert "7 new studies under minoxidil" in message.body and "Foam & solution 6" in message.body
        assert "Foam & solution 1" not in message.body  # five of seven are named
        assert "http://localhost:8000/following/new/tag/" in message.body
        html = html_of(message)
        assert "Foam &amp; solution 6" in html and "&lt;b&gt;retracted" in html and "<b>" not in html
        assert "style" not in html and "<script" not in html

    def test_costs_the_same_for_one_notification_and_for_forty(self):
        def cost(rows: int) -> int:
            member = make_member()
            make_due(member)
            for number in range(rows):
                tell([member], **RETRACTED | {"key": f"new_studies:tag:{number}:day", "kind": "new_studies"})
            Notification.objects.of(member).update(count=2)
            with CaptureQueriesContext(connection) as queries:
                assert digests.send_due() == 1
            return len(queries)

        cost(1)
        assert cost(1) == cost(60)
        assert "And 20 more" in mail.outbox[-1].body

    @pytest.mark.parametrize(
        ("every", "due"),
        [("day", datetime(2026, 11, 26, 6, tzinfo=UTC)), ("week", datetime(2026, 11, 30, 6, tzinfo=UTC))],
    )
    def test_is_due_in_the_morning_or_on_monday(self, every, due):
        assert Digest.next_after(datetime(2026, 11, 25, 20, 30, tzinfo=UTC), every) == due
        assert Digest.next_after(due, every) == due + timedelta(days=1 if every == "day" else 7)


class TestChoosing:
    def test_is_done_on_the_settings_page_and_off_until_then(self, client: Client):
        member = make_member()
        client.force_login(member)
        choices = {
            name: field.initial for name, field in client.get("/settings/notices/").context["form"].fields.items()
        }
        assert choices["digest"] == ""
        for every in ("week", "day"):
            assert client.post("/settings/notices/", choices | {"digest": every}).status_code == 302
            assert Digest.objects.get().every == every
        assert client.post("/settings/notices/", choices | {"digest": "hour"}).status_code == 422
        client.post("/settings/notices/", choices)
        assert not Digest.objects.exists()


class TestUnsubscribing:
    def address(self) -> tuple[str, str]:
        member = make_member()
        make_due(member)
        tell([member], **RETRACTED)
        digests.send_due()
        headers = mail.outbox[-1].extra_headers
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        whole = re.fullmatch(r"<http://localhost:8000(/unsubscribe/[^>]+/)>", headers["List-Unsubscribe"])
        return whole[1], mail.outbox[-1].body

    def test_takes_one_post_of_a_mail_reader_without_cookies_or_form_token(self):
        address, body = self.address()
        assert address in body
        reader = Client(enforce_csrf_checks=True)
        assert "End the digest?" in reader.get(address).content.decode()
        assert Digest.objects.exists()  # a scanner that follows links ends nothing
        for _ in range(2):
            answer = reader.post(address, {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200 and not answer.cookies
        assert not Digest.objects.exists()

    def test_ends_nobody_elses(self, client: Client):
        address, _ = self.address()
        other = make_member()
        make_due(other)
        client.post(address)
        assert Digest.objects.get().member == other

    @pytest.mark.parametrize("token", ["x", "WzEsImRpZ2VzdCJd:1:x", "a:b:c", "é", "x" * 500])
    def test_knows_no_other_tokens(self, client: Client, token):
        assert client.post(f"/unsubscribe/{token}/").status_code == 404

    def test_of_a_member_who_has_left_is_not_there(self, client: Client):
        member = make_member()
        token = token_for(member, "digest")
        member.delete()
        assert client.post(f"/unsubscribe/{token}/").status_code == 404
