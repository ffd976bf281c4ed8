"""The name behind a pseudonym is found nowhere: not in a page, a feed, a mail, a list at the desk, a log or a table.

One member with a name and a number like no other writes, edits, takes back and is reported under a pseudonym; then
everything that tells of it is read as a guest, as other members and as who serves here.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib import admin
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member
from forum import masks
from forum.history import revisions_of
from forum.models import Comment, CommentVote, Post
from moderation import reporting
from moderation.models import AuditEntry, Case
from notices import audiences, digests, following, letters
from notices.models import Audience, Digest, FeedKey, Letter, Notification, Preference
from tests.builders import confirmed, make_category, make_comment, make_member, make_moderator

pytestmark = pytest.mark.django_db

NAME, NUMBER = "zzmarkerzz", 987_654_321
TITLE = "Something that I would not say by name"
# Where a member's own rows stand: the account, what they follow and are told, what they may still do today.
OWN = {
    "accounts_member", "account_emailaddress", "django_session", "usersessions_usersession", "forum_mask", "notices_follow",
    "notices_notification", "notices_letter", "moderation_auditentry", "moderation_allowance", "moderation_trust", "moderation_trace",
}  # fmt: skip


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """All that anything logs meanwhile."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record.getMessage())

    handler = Keep(level=logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


class World:
    def __init__(self) -> None:
        self.category = make_category("sensitive")
        self.category.allows_pseudonyms = True
        self.category.save()
        self.writer = Member.objects.create_user(NAME, "w@example.org", None, id=NUMBER)
        self.reader, self.moderator = confirmed(make_member()), make_moderator()
        for kind in ("reply", "mention", "quote", "new_comments", "new_posts"):
            Preference.objects.create(member=self.reader, kind=kind, place="mail")
        for thing in (self.writer, self.category):
            following.follow(self.reader, thing)
        self.client = Client()
        self.client.force_login(self.writer)
        sent = {"category": "sensitive", "title": TITLE, "body": "It has been hard.", "tags": "hush", "masked": "on"}
        self.send("/community/new/", sent)
        self.post = Post.objects.get()
        following.follow(self.reader, self.post)
        self.asked = make_comment(self.post, author=self.reader, body="How long?")
        self.send(f"/posts/{self.post.pk}/comment/", {"body": "Since spring."})
        self.send(f"/comments/{self.asked.pk}/reply/", {"body": f"> How long?\n\nYears, @{self.reader.username}."})
        self.comment, self.reply = Comment.objects.exclude(pseudonym="").order_by("pk")
        edited = {
            "category": "sensitive",
            "title": TITLE,
            "body": "It has been very hard.",
            "tags": "hush",
            "version": 1,
        }
        self.send(f"/posts/{self.post.pk}/edit/", edited | {"reason": "More exactly"})
        self.send(f"/comments/{self.comment.pk}/edit/", {"body": "Since May.", "version": 1})
        for thing, kind in ((self.post, "post"), (self.comment, "comment")):
            thing.refresh_from_db()
            first = revisions_of(kind, thing).first()
            self.send(f"/{kind}s/{thing.pk}/history/{first.pk}/remove/", {"reason": "Too exact"})
            thing.upvote(self.reader)
            reporting.report(thing, kind, self.reader, "private")
        reporting.reject(Case.objects.get(kind="comment"), self.moderator, "Within the rules")

    def send(self, address: str, fields: dict) -> None:
        answer = self.client.post(address, fields)
        assert answer.status_code == 302, (address, answer.status_code)

    def addresses(self) -> list[str]:
        post, shelf = self.post.get_absolute_url(), self.category.get_absolute_url()
        key = FeedKey.renew(self.reader).token
        found = [
            "/", "/community/", "/community/?sort=new", shelf, post, f"{post}?sort=new", "/tags/hush/", "/moderation/log/",
            f"/search/?q={TITLE.replace(' ', '+')}", "/search/?q=May", "/community/feed.atom", f"{shelf}feed.atom",
            f"{post}feed.atom", "/tags/hush/feed.atom", f"/feeds/{key}/following.atom", f"/feeds/{key}/notifications.atom",
            f"/posts/{self.post.pk}/history/", f"/report/post/{self.post.pk}/",
        ]  # fmt: skip
        for comment in (self.comment, self.reply):
            found += [f"{post}?at={comment.pk}", f"/comments/{comment.pk}/history/", f"/comments/{comment.pk}/reply/"]
        return found

    def desk(self) -> Iterator[str]:
        """The list of every table that the desk shows, and what is masked at it; not those that list members."""
        for model in admin.site._registry:
            label = model._meta.label_lower
            if not label.startswith(
                ("accounts.", "account.", "mfa.", "socialaccount.", "usersessions.", "moderation.auditentry")
            ):
                yield reverse(f"admin:{label.replace('.', '_')}_changelist")
        for thing in (self.post, self.comment, *Case.objects.all()):
            yield reverse(f"admin:{thing._meta.label_lower.replace('.', '_')}_change", args=[thing.pk])
        for kind, thing in (("post", self.post), ("comment", self.comment)):
            for revision in revisions_of(kind, thing):
                yield reverse(f"admin:forum_{kind}revision_change", args=[revision.pk])
        yield f"/admin/forum/post/?q={TITLE.split()[0]}"


def tells(text: str) -> bool:
    return NAME in text.lower() or str(NUMBER) in text


@pytest.fixture
def world(lines, settings) -> World:
    settings.LIMITS_ON = True
    return World()


def test_in_no_page_feed_or_list_at_the_desk(world: World, lines: list[str], settings) -> None:
    settings.LIMITS_ON = False  # searches are counted in memory, also those of tests before this one
    told: list[str] = []
    readers = {"guest": None, "member": world.reader, "moderator": world.moderator}
    readers["admin"] = make_member(is_staff=True, is_superuser=True)
    for visitor, member in readers.items():
        client = Client()
        if member:
            client.force_login(member)
        addresses = world.addresses()
        if visitor in ("moderator", "admin"):
            addresses += world.desk()
        if member:
            addresses += ["/notifications/", "/following/", "/following/muted/", "/drafts/"]
        for address in addresses:
            answer = client.get(address)
            if visitor == "admin" or not address.startswith("/admin/"):
                assert answer.status_code == 200 or (visitor == "guest" and answer.status_code == 302), address
            everything = b"".join(answer).decode() if answer.streaming else answer.content.decode()
            everything = everything.replace(f"/following/member/{NUMBER}", "")
            if address == "/following/":  # the reader follows the member by name, and so finds that name there
                everything = ""
            if tells(everything + json.dumps(dict(answer.headers))):
                told.append(f"{visitor}: {address}")
    assert not told
    assert not [line for line in lines if tells(line)]


def test_in_no_table_but_those_of_the_member_themself(world: World, monkeypatch) -> None:
    # As if so many followed that a job tells them later: what it must know waits in a table too.
    monkeypatch.setattr(audiences, "LARGE", 1)
    Post.write(author=world.writer, category=world.category, title="Once more", body="Words", masked=True)
    world.post.add_comment(world.writer, "And again.")
    assert Audience.objects.count() == 2
    told = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            if any(tells(row) for (row,) in cursor.fetchall()) and table not in OWN:
                told.append(table)
    assert not told


def test_in_no_line_of_the_audit_log_but_that_they_signed_in(world: World) -> None:
    assert set(AuditEntry.objects.filter(actor=NUMBER).values_list("event", "target_id")) == {
        ("signed in", str(NUMBER))
    }


def test_in_what_nobody_else_is_told_or_sent(world: World) -> None:
    others = Notification.objects.exclude(member=world.writer)
    assert others.filter(words__contains=world.post.pseudonym).exists()
    assert not [told.words for told in others if tells(f"{told.words} {told.url} {told.key}")]
    Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    letters.write_due()
    Preference.objects.update(place="digest")
    Digest.objects.create(
        member=world.reader, every="day", due_at=timezone.now(), told_until=timezone.now() - timedelta(days=2)
    )
    digests.send_due()
    mails = [message for message in mail.outbox if "w@example.org" not in message.to]
    assert len(mails) > 1
    assert any(world.post.pseudonym in message.body for message in mails)
    assert not [message.subject for message in mails if tells(message.message().as_string())]
    assert not [message.subject for message in mails if tells(message.body)]


def test_on_the_members_own_page_and_feed_stands_nothing_of_it(world: World) -> None:
    for client in (Client(), world.client):
        for address in (f"/members/{NAME}/", f"/members/{NAME}/?show=comments", f"/members/{NAME}/feed.atom"):
            page = client.get(address).content.decode()
            assert TITLE not in page
            assert world.post.pseudonym not in page
            assert "Since May" not in page
    assert TITLE not in Client().get(f"/search/?q=author:{NAME}").content.decode()


def test_the_member_finds_it_in_a_list_of_their_own_and_nobody_else_does(world: World) -> None:
    answer = world.client.get("/community/without-a-name/")
    assert TITLE in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    other = Client()
    other.force_login(world.reader)
    assert TITLE not in other.get("/community/without-a-name/").content.decode()


class TestTheForm:
    def test_of_a_comment_tells_under_which_name_one_writes(self, world: World) -> None:
        says = f"You write here as <strong>{world.post.pseudonym}</strong>"
        assert says in world.client.get(world.post.get_absolute_url()).content.decode()
        assert says in world.client.get(f"/comments/{world.asked.pk}/reply/").content.decode()
        other = Client()
        other.force_login(world.reader)
        assert says not in other.get(world.post.get_absolute_url()).content.decode()

    def test_refuses_where_the_category_takes_no_such_posts_and_keeps_what_was_typed(self, world: World) -> None:
        make_category("plain")
        sent = {"category": "plain", "title": "Kept", "body": "Kept words.", "masked": "on"}
        answer = world.client.post("/community/new/", sent)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "plain takes no posts without a name" in page
        assert "Kept words." in page
        assert not Post.objects.filter(title="Kept").exists()

    def test_keeps_the_tick_in_the_draft(self, world: World) -> None:
        kept = {"title": "Not yet", "body": "Not yet.", "category": "sensitive", "masked": "on"}
        world.client.post("/drafts/keep/post_new/0/", kept)
        page = world.client.get("/community/new/").content.decode()
        assert re.search(r'<input[^>]*name="masked"[^>]*checked', page)

    def test_has_a_limit_of_its_own(self, world: World) -> None:
        for number in range(3):
            sent = {"category": "sensitive", "title": f"More {number}", "body": "More.", "masked": "on"}
            answer = world.client.post("/community/new/", sent)
        assert answer.status_code == 429
        assert Post.objects.filter(title__startswith="More").count() == 1  # two on the first day


class TestUnmasking:
    def test_asks_for_a_reason_logs_it_without_the_name_and_tells_once(self, world: World) -> None:
        desk = Client()
        desk.force_login(world.moderator)
        for thing, kind in ((world.post, "post"), (world.reply, "comment")):
            address = f"/{kind}s/{thing.pk}/unmask/"
            page = desk.get(world.post.get_absolute_url()).content.decode()
            assert address in page
            assert not tells(desk.get(address).content.decode())
            answer = desk.post(address, {"reason": " "})
            assert (answer.status_code, tells(answer.content.decode())) == (422, False)
            assert not AuditEntry.objects.filter(event="unmasked", target_type=thing._meta.label_lower).exists()
            answer = desk.post(address, {"reason": "Somebody may hurt themselves"})
            assert (answer.status_code, tells(answer.content.decode())) == (200, True)
            assert "no-store" in answer["Cache-Control"]
            assert not tells(desk.get(address).content.decode())
        assert AuditEntry.objects.filter(event="unmasked", actor=world.moderator.pk).count() == 2
        log = Client().get("/moderation/log/").content.decode()
        assert log.count("Somebody may hurt themselves") == 2
        assert not tells(log)
        assert not tells(str(list(AuditEntry.objects.filter(event="unmasked").values_list())))

    def test_is_for_moderators_alone(self, world: World) -> None:
        other = Client()
        other.force_login(world.reader)
        assert other.get(f"/posts/{world.post.pk}/unmask/").status_code == 403
        assert "unmask" not in other.get(world.post.get_absolute_url()).content.decode()
        assert other.post(f"/posts/{world.post.pk}/unmask/", {"reason": "I wonder"}).status_code == 403

    def test_of_a_post_with_its_name_is_not_there(self, world: World) -> None:
        desk = Client()
        desk.force_login(world.moderator)
        assert desk.get(f"/comments/{world.asked.pk}/unmask/").status_code == 404


def test_leaving_takes_who_stood_behind_the_name_along(world: World) -> None:
    from common.personal import Choice, next_step

    place: int | None = 0
    while place is not None:
        place = next_step(world.writer, Choice.KEEP, place)
    post = Post.objects.get(pk=world.post.pk)
    assert (masks.owner_of(post), str(post.byline)) == (None, world.post.pseudonym)
    assert not CommentVote.objects.filter(member=NUMBER).exists()
