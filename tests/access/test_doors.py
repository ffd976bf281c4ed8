"""What every door has in common: tokens, verbs, fields nobody may set, ways back, what may be kept, what is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from accounts.models import Member
from common.logs import LineFormatter
from forum.models import Comment, Draft, Post
from moderation.models import Case
from notices.models import FeedKey, Follow
from studies.models import ReadingList, SavedStudy
from tests.access.matrix import (
    ANYONE,
    AUTHOR,
    FAMILIES,
    MATRIX,
    MEMBERS,
    NOBODY,
    NOTHING,
    OTHERS,
    OVERSEEN,
    OWNER,
    STEWARDS,
)
from tests.access.test_matrix import World, routes, written
from tests.builders import make_member, make_moderator

pytestmark = pytest.mark.django_db

# What may be asked without a token, each with what stands in its place.
WITHOUT_TOKEN = {"notices:unsubscribe": "a signed address (RFC 8058: mail readers have no token)"}
FORM = "application/x-www-form-urlencoded"
GIVES_A_POINT = {"forum:post_upvote", "forum:comment_upvote"}
EVIL = (
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "http:evil.example",
    "javascript:alert(1)", "https://testserver@evil.example/", "https://testserver.evil.example/", "\thttps://evil.example/",
    "/%09/evil.example", "https:/\\evil.example", "//evil%E3%80%82example", "data:text/html,x",
)  # fmt: skip
# Nobody sends these with a form; whoever does changes nothing by it.
TAKEN = {
    "author": "1", "author_id": "1", "member": "1", "member_id": "1", "owner": "1", "owner_id": "1", "id": "1", "pk": "1",
    "score": "999", "is_pinned": "on", "is_hidden": "on", "is_locked": "on", "is_staff": "on", "is_superuser": "on",
    "is_active": "", "groups": "1", "user_permissions": "1", "comment_count": "99", "posted_at": "2001-01-01", "email": "e@evil.example",
    "username": "admin_one", "is_moderator": "on", "trust": "4", "level": "4", "points": "99", "reputation": "99", "state": "done", "status": "done",
}  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


def patterns(resolver: Any = None, space: str = "") -> Iterator[tuple[str, Any]]:
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, f"{space}{each.namespace}:" if each.namespace else space)
        elif isinstance(each, URLPattern) and each.name:
            yield f"{space}{each.name}", each.callback


def writing() -> list[str]:
    return [route for route, (_, by_post) in MATRIX.items() if by_post not in (NOTHING, NOBODY)]


class TestAForm:
    def test_without_its_token_or_from_another_site_changes_nothing(self, world: World) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.author)
        client.get("/settings/")
        token, wrong = client.cookies[settings.CSRF_COOKIE_NAME].value, []
        addresses = {route: world.address(route) for route in writing()}
        for route in routes():
            if route.startswith(tuple(FAMILIES)) or route.startswith("accounts:"):
                try:
                    addresses[route] = reverse(route)
                except NoReverseMatch:
                    continue
        absent, other, foreign = {}, {"X-CSRFToken": "a" * 64}, {"X-CSRFToken": token, "Origin": "https://evil.example"}
        before = written()
        for number, (route, address) in enumerate(addresses.items()):
            for headers in (absent, *([other] if number % 6 == 0 else [foreign] if number % 3 == 0 else [])):
                answer = client.post(address, world.form(route), headers=headers)
                if answer.status_code != 403:
                    wrong.append(f"{route} {headers}: {answer.status_code}")
        assert not wrong, "\n".join(wrong)
        assert written() == before
        own = {"X-CSRFToken": token, "Origin": "http://testserver"}
        assert client.post("/community/new/", world.form("forum:post_new"), headers=own).status_code == 302

    def test_is_asked_for_its_token_everywhere_but_where_something_else_stands_in_its_place(self) -> None:
        exempt = {route for route, view in patterns() if getattr(view, "csrf_exempt", False)}
        assert exempt == set(WITHOUT_TOKEN)

    def test_sets_nothing_that_it_does_not_ask_for_and_leads_to_no_other_site(self, world: World) -> None:
        victim, wrong = make_member("victim_one"), []
        extra = TAKEN | dict.fromkeys(("author", "author_id", "member", "member_id", "owner", "owner_id"), victim.pk)
        mine = {MEMBERS, AUTHOR, OWNER, STEWARDS, OVERSEEN, OTHERS}
        tried = [route for route in writing() if MATRIX[route][1] in mine]
        before, done = guarded(), 0
        for number, route in enumerate(tried):
            visitor = "member" if MATRIX[route][1] == OTHERS else "author"
            evil = EVIL[number % len(EVIL)]
            form = extra | world.form(route) | {"next": evil}
            headers = {"Referer": evil.strip(), "HX-Current-URL": evil.strip()} if number % 2 else {}
            with transaction.atomic():
                answer = world.clients[visitor].post(world.address(route), form, headers=headers)
                after = guarded()
                for key, values in after.items():
                    if route in GIVES_A_POINT and key in before:
                        values, before_it = (values[0], *values[2:]), (before[key][0], *before[key][2:])
                    else:
                        before_it = before.get(key)
                    if key in before and values != before_it:
                        wrong.append(f"{route}: {key} was {before_it} and is {values}")
                    if key not in before and (values[0] == victim.pk or any(values[1:])):
                        wrong.append(f"{route}: a new {key} is {values}")
                transaction.set_rollback(True)
            done += answer.status_code in (200, 302)
            for name in ("Location", "HX-Redirect", "HX-Location"):
                if not is_ours(answer.headers.get(name, "/")):
                    wrong.append(f"{route}: {name} {answer.headers[name]}")
        assert not wrong, "\n".join(wrong)
        assert done > len(tried) / 2

    def test_of_the_desk_raises_nobody(self) -> None:
        moderator, client = make_moderator(), Client()
        client.force_login(moderator)
        fields = {
            "is_staff": "on",
            "is_superuser": "on",
            "is_active": "on",
            "username": moderator.username,
            "email": "x@example.org",
        }
        for address in (
            "/admin/accounts/member/add/",
            f"/admin/accounts/member/{moderator.pk}/change/",
            "/admin/auth/group/add/",
        ):
            client.post(address, {**fields, "groups": [group.pk for group in Group.objects.all()], "name": "Mine"})
        moderator.refresh_from_db()
        assert not moderator.is_superuser and moderator.groups.count() == 1
        assert not Member.objects.filter(is_superuser=True).exists() and not Group.objects.filter(name="Mine").exists()


def is_ours(address: str) -> bool:
    """Whether a browser that is sent to this address stays here."""
    read = address.strip().replace("\t", "").replace("\\", "/")
    parts = urlsplit(read)
    return not parts.scheme and not parts.netloc and not read.startswith("//")


def guarded() -> dict[tuple[str, int], tuple]:
    """Of every row that somebody owns: whose it is, and what only others or the house may set."""
    fields: dict[type[Any], tuple[str, ...]] = {
        Member: ("pk", "is_staff", "is_superuser", "email", "username"),
        Post: ("author_id", "score", "is_hidden", "is_locked", "is_pinned"),
        Comment: ("author_id", "score", "is_hidden"),
        ReadingList: ("owner_id",), Draft: ("member_id",), Follow: ("member_id",), SavedStudy: ("member_id",),
        Case: ("author_id", "was_hidden_by_reports"),
    }  # fmt: skip
    return {
        (model.__name__, pk): tuple(values)
        for model, names in fields.items()
        for pk, *values in model._base_manager.values_list("pk", *names)
    }


class TestAVerb:
    def test_that_an_address_does_not_know_changes_nothing(self, world: World) -> None:
        wrong = []
        before = written()
        for number, route in enumerate(MATRIX):
            verb = ("PUT", "PATCH", "DELETE")[number % 3]
            answer = world.clients["author"].generic(verb, world.address(route), "a=b", content_type=FORM)
            if answer.status_code not in (403, 404, 405):
                wrong.append(f"{verb} {route}: {answer.status_code}")
        assert not wrong, "\n".join(wrong)
        assert written() == before


class TestReading:
    def test_by_guests_writes_nothing_sets_no_cookie_and_answers_head_as_get(self, world: World) -> None:
        wrong = []
        for route, (reading, _) in MATRIX.items():
            if reading != ANYONE:
                continue
            address, before, guest = world.address(route), written(), Client()
            answer, head = guest.get(address), guest.head(address)
            if written() != before or answer.cookies or guest.cookies:
                wrong.append(f"{route} writes")
            same = ("Content-Type", "Cache-Control", "Location", "ETag", "Content-Disposition")
            if head.status_code != answer.status_code or any(head.get(name) != answer.get(name) for name in same):
                wrong.append(f"HEAD {route}: {head.status_code}, GET {answer.status_code}")
            body = b"" if answer.streaming else answer.content
            if b"csrfmiddlewaretoken" in body:
                wrong.append(f"{route} has a token")
        assert not wrong, "\n".join(wrong)


class TestTheDesk:
    def test_has_no_sign_in_of_its_own_so_the_throttle_of_the_other_holds(self, settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/5m/ip,5/5m/key"}
        root = Member.objects.create_superuser("root_one", "root@example.org", "plover-anvil-94")
        client = Client()
        for _ in range(7):
            answer = client.post("/admin/login/", {"username": root.username, "password": "plover-anvil-94"})
            assert answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/")
        assert "_auth_user_id" not in client.session
        tries = [
            client.post("/accounts/login/", {"login": root.username, "password": "wrong"}).status_code for _ in range(7)
        ]
        assert tries[-1] == 429
        assert (
            client.post("/accounts/login/", {"login": root.username, "password": "plover-anvil-94"}).status_code == 429
        )


class TestTheLog:
    def test_holds_no_password_token_or_search(self) -> None:
        lines: list[str] = []

        class Kept(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append(self.format(record))

        handler = Kept(logging.DEBUG)
        handler.setFormatter(LineFormatter())
        root, member = logging.getLogger(), make_member("logged_one", password="zqpasswordzq")
        level, token = root.level, FeedKey.renew(member).token
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        try:
            client = Client(raise_request_exception=False)
            client.post("/accounts/login/", {"login": "logged_one", "password": "zqwrongzq"})
            client.post("/accounts/login/", {"login": "logged_one", "password": "zqpasswordzq"})
            client.get(f"/feeds/{token}/notifications.atom")
            client.post(f"/feeds/{token}/notifications.atom")  # 405, which is logged
            client.get(f"/feeds/{token}/nothing/?q=zqsearchzq")  # 404, which is logged
            client.get("/unsubscribe/zqsignedzq/")
            client.get("/leaving/zqsignedzq/")
            client.get("/appeals/zqsignedzq/")
            client.get("/nowhere/?q=zqsearchzq&token=zqtokenzq")
            client.post("/search/?q=zqsearchzq")
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        assert lines, "nothing was logged, so nothing is proved"
        said = "\n".join(lines)
        assert "zq" not in said and token not in said, said
