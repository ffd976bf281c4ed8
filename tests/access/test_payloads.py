"""Hostile words in every text of the database leave nothing live in any page, form, feed, mail or file."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import feedparser
import pytest
from django.contrib import admin
from django.core import mail
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import Flair
from forum import saving
from forum.models import CommentTerms, Post, ThreadTerms
from moderation.reporting import report
from notices import digests, letters
from notices.kinds import all_kinds
from notices.models import Digest, FeedKey, Letter, Notification, Preference
from studies import keeping
from studies.models import MergeProposal, StudyChange, StudyFacts, StudyRelation
from tests.access.live import MARK, live
from tests.access.matrix import LIBRARIANS, MATRIX, MODERATORS, NOBODY, NOTHING, SHELF
from tests.access.spoiling import LOUD, ROOMS, payloads, prose, spoil
from tests.access.test_matrix import World
from tests.builders import cite, confirmed, make_category, make_comment, make_many_posts, make_member

pytestmark = pytest.mark.django_db

STAFFS = {LIBRARIANS, MODERATORS, SHELF}
NONCE = re.compile(r"'nonce-([^']+)'")


class Fuller(World):
    """The world of the matrix with more in it that members and files say."""

    def __init__(self) -> None:
        super().__init__()
        author, study = confirmed(self.author), self.study
        friend = make_member()
        for thing, kind in ((self.post, "post"), (self.comment, "comment"), (author, "member")):
            report(thing, kind, friend, "spam", "Note")
        for thing in (self.post, self.comment):
            saving.save(author, thing)
        keeping.write_note(author, study, "Note")
        ThreadTerms.objects.create(post=self.post, note="Note")
        CommentTerms.objects.create(comment=self.comment, note="Note")
        StudyFacts.objects.create(
            study=study, population="x", intervention="x", comparison="x", outcome="x", funding=["x"], conflicts="x"
        )
        StudyRelation.objects.create(study=study, kind="corrected_by", source="pubmed", text="x", position=1)
        StudyChange.record(
            study, StudyChange.Kind.EVIDENCE, "x", actor=author, reason="x", before={"a": "x"}, after={"a": "y"}
        )
        MergeProposal.objects.create(study=study, other=self.other, why="x", score=90)
        cite(study, self.other)
        cite(self.other)
        Flair.objects.get_or_create(member=author, defaults={"words": "x"})
        for kind in all_kinds():
            Preference.objects.update_or_create(member=author, kind=kind.name, defaults={"place": "mail"})
        FeedKey.renew(author)
        # What the author is told: each becomes a notification, and waits to be mailed.
        reply = make_comment(self.post, author=friend, body=f"See @{author.username}", parent=self.comment)
        make_comment(make_post_by(friend, self.category), author=friend, body=f"@{author.username}")
        reply.upvote(author)
        self.comment.upvote(friend)
        self.post.upvote(friend)
        self.member = friend

    def refresh(self) -> None:
        for each in (self.author, self.study, self.other, self.post, self.comment, self.list, self.category):
            each.refresh_from_db()
        self.list.__dict__.pop("slug", None)


def make_post_by(member, category) -> Post:
    return Post.write(author=member, category=category, title="Another", body="Words")


@pytest.fixture
def world() -> Fuller:
    return Fuller()


def found(answer: HttpResponseBase) -> list[str]:
    """What is live in an answer, whatever it is."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "replace")
    if kind == "text/html":
        nonce = NONCE.search(answer.headers.get("Content-Security-Policy", ""))
        return live(text, nonce[1] if nonce else "")
    if kind == "application/atom+xml":
        return of_feed(body)
    if kind.endswith("json"):
        json.loads(text)
    if kind in ("image/svg+xml", "application/xhtml+xml", "text/xml"):
        return [f"{kind} with words in it"] if MARK in text else []
    return [] if answer.headers.get("X-Content-Type-Options") == "nosniff" else [f"{kind} without nosniff"]


def of_feed(body: bytes) -> list[str]:
    feed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    wrong = [f"a broken feed: {feed.bozo_exception!r}"] if feed.bozo else []
    for each in (feed.feed, *feed.entries):
        wrong += [f"a link to {link.href[:60]}" for link in each.links if not link.href.startswith("http")]
        for name in ("title", "subtitle", "summary"):
            said = each.get(f"{name}_detail")
            if said and said.type != "text/plain":
                wrong += [f"{name}: {what}" for what in live(said.value)]
    return wrong


def look(client: Client, address: str, what: str = "", **query) -> tuple[list[str], bool]:
    """What is wrong at an address, and whether hostile words were to be seen there."""
    answer = client.get(address, query, follow=True)
    assert answer.status_code < 500, address
    return [
        f"{address} {what}: {each}" for each in found(answer)
    ], not answer.streaming and MARK.encode() in answer.content


def test_every_page_shows_hostile_words_as_words(world: Fuller) -> None:
    assert spoil() > 150
    world.refresh()
    wrong, told = [], set()
    for route, (reading, _) in MATRIX.items():
        if reading in (NOTHING, NOBODY):
            continue
        visitor = "admin" if reading in STAFFS else "author"
        faults, shown = look(world.clients[visitor], world.address(route), f"as {visitor}")
        wrong += faults
        told |= {route} if shown else set()
    for route in (
        "forum:post",
        "forum:comment",
        "forum:post_history",
        "forum:comment_history",
        "pages:profile",
        "moderation:log",
    ):
        wrong += look(world.clients["admin"], world.address(route), "as admin")[0]
    for address in (
        "/search/",
        "/studies/",
        "/tags/",
        "/tags/acne/",
        "/saved/",
        "/studies/wanted/",
        "/search/suggestions/",
    ):
        wrong += look(world.clients["author"], address, "echo", q=LOUD, tag=LOUD, sort=LOUD, author=LOUD)[0]
    token = FeedKey.objects.get(member=world.author).token
    for name in ("notices:notifications_feed", "studies:followed_feed"):
        wrong += look(world.clients["guest"], reverse(name, args=[token]))[0]
    assert not wrong, "\n".join(wrong)
    # A walk that met no hostile words would prove nothing.
    assert len(told) > 60, sorted(told)
    assert {
        "forum:post",
        "forum:community_feed",
        "forum:drafts",
        "studies:study",
        "pages:profile",
        "moderation:moderate",
    } <= told


def test_every_page_of_the_desk_shows_hostile_words_as_words(world: Fuller) -> None:
    spoil()
    desk, wrong, told, asked_first = world.clients["admin"], [], 0, 0
    asking = RequestFactory().get("/admin/")
    asking.user = make_member(is_staff=True, is_superuser=True)
    for model, desk_of in admin.site._registry.items():
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if (
            model._meta.app_label not in ROOMS
            or not next(prose(model), None)
            or not (thing := model._base_manager.order_by("-pk").first())
        ):
            continue
        pages = [reverse(f"{label}_changelist"), reverse(f"{label}_change", args=[thing.pk])]
        if model._meta.app_label in ("forum", "moderation"):
            pages.append(reverse(f"{label}_history", args=[thing.pk]))
        if desk_of.has_delete_permission(asking):
            pages.append(reverse(f"{label}_delete", args=[thing.pk]))
        for page in pages:
            faults, shown = look(desk, page)
            wrong += faults
            told += shown
            asked_first += shown and page.endswith("/delete/")
    chosen = {"action": "hide", "_selected_action": [world.post.pk]}
    asked = desk.post("/admin/forum/post/", chosen)
    assert MARK in asked.content.decode()
    wrong += found(asked)
    assert not wrong, "\n".join(wrong)
    assert told > 25 and asked_first > 5, (told, asked_first)


def test_every_form_that_comes_back_shows_what_was_typed_as_words(world: Fuller) -> None:
    spoil()
    world.refresh()
    typed = dict.fromkeys(("title", "tldr", "body", "own_gist", "gist", "tags", "reason", "note", "words", "question", "options", "alt",
                           "name", "description", "value", "after", "source", "bio", "flair", "q", "next", "version", "answer"), LOUD)  # fmt: skip
    wrong, told = [], set()
    for route, (_, writing) in MATRIX.items():
        if writing in (NOTHING, NOBODY):
            continue
        visitor = "admin" if writing in STAFFS else "author"
        with transaction.atomic():
            answer = world.clients[visitor].post(world.address(route), typed)
            transaction.set_rollback(True)
        if answer.status_code in (200, 409, 422):
            wrong += [f"POST {route}: {each}" for each in found(answer)]
            told |= {route} if MARK.encode() in answer.content else set()
    assert not wrong, "\n".join(wrong)
    assert {"forum:preview", "forum:post_new", "forum:post_edit", "studies:summary_preview"} <= told, sorted(told)


def test_mails_show_hostile_words_as_words(world: Fuller) -> None:
    assert Notification.objects.of(world.author).count() > 2
    spoil()
    Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    letters.write_due()
    at_once = len(mail.outbox)
    Preference.objects.filter(member=world.author).update(place="digest")
    Digest.choose(world.author, "day")
    hour_ago = timezone.now() - timedelta(hours=1)
    Digest.objects.update(due_at=hour_ago, told_until=hour_ago)
    Notification.objects.update(told_at=timezone.now(), is_unread=True)
    digests.send_due()
    assert 0 < at_once < len(mail.outbox)
    wrong, told = [], 0
    for message in mail.outbox:
        assert "\n" not in message.subject and message.message()
        for html, kind in message.alternatives:
            assert kind == "text/html"
            wrong += [f"{message.subject[:40]}: {each}" for each in live(html)]
            told += MARK in html
    assert not wrong, "\n".join(wrong)
    assert told > 1


def test_each_payload_as_a_title_leaves_nothing_live_in_lists_and_feeds() -> None:
    shelf, titles = make_category("shelf"), [""]
    for text in payloads():
        text = " ".join(text.split())[:196]
        titles = [*titles[:-1], f"{titles[-1]} {text}"] if len(titles[-1]) + len(text) < 199 else [*titles, text]
    ids = make_many_posts(len(titles), category=shelf)
    for pk, title in zip(ids, titles, strict=True):
        Post.objects.filter(pk=pk).update(title=title or "x", gist=title[::-1])
    admin_client, address, wrong, pages = Client(), "/community/c/shelf/?sort=new", [], 0
    while address:
        answer = admin_client.get(address)
        wrong += found(answer)
        onward = re.search(r'href="(\?[^"]*after=[^"]*)"', answer.content.decode())
        address = f"/community/c/shelf/{onward[1].replace('&amp;', '&')}" if onward else ""
        pages += 1
    assert pages > len(titles) // 30
    wrong += found(admin_client.get("/community/feed.atom"))
    assert not wrong, "\n".join(wrong)


def test_the_oracle_sees_what_is_live() -> None:
    for html in (
        "<script>alert(1)</script>", "<script src=//e.example/x.js></script>", "<img src=x onerror=alert(1)>",
        "<a href='java&Tab;script:alert(1)'>x</a>", "<a href='//e.example'>x</a>", "<iframe src=/x></iframe>",
        "<svg><style>x</style></svg>", "<p style='color:red'>x</p>", "<form action='https://e.example'></form>",
        "<base href=/x>", "<meta http-equiv=refresh content=0>", "<math><mi xlink:href='data:x,y'></math>",
        f"<{MARK}>", f"<p {MARK}=1>", f"<p id='{MARK}'>", "<button formaction='javascript:x'>", "<img src='data:image/png,x'>",
        "<link rel=stylesheet href=https://e.example/x.css>", '<script type="application/json">{"a": </script>',
    ):  # fmt: skip
        assert live(html), html
    for html in (
        "<a href='https://e.example'>x</a> <a href='mailto:a@e.example'>x</a>", "<img src='/pictures/x.webp'>",
        "<script src=/static/x.js></script><script nonce=abc>x</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
        '<script type="application/json">{"a": "\\u003C"}</script>', f"<p title='{MARK}'>{MARK}</p>",
    ):  # fmt: skip
        assert not live(html, "abc"), html
