"""The same deeds from the desk, for many things at once."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.models import Post
from moderation.models import Action
from tests.builders import make_category, make_librarian, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db

POSTS, ACTIONS = "/admin/forum/post/", "/admin/moderation/action/"


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(make_moderator())
    return client


def chosen(action: str, things, **more) -> dict:
    return {"action": action, "_selected_action": [thing.pk for thing in things]} | more


def test_what_was_done_to_many_is_undone_at_once(desk: Client) -> None:
    posts = [make_post() for _ in range(3)]
    answer = desk.post(POSTS, chosen("lock", posts, reason="Too long"), follow=True)
    assert Post.objects.filter(is_locked=True).count() == 3
    batch = Action.objects.values_list("batch", flat=True).distinct().get()
    assert f"{ACTIONS}?batch={batch}" in answer.content.decode()
    listed = desk.get(f"{ACTIONS}?batch={batch}").content.decode()
    assert listed.count("field-acted_at") == 3
    desk.post(f"{ACTIONS}?batch={batch}", chosen("undo", Action.objects.all(), reason="Not so long"))
    assert not Post.objects.filter(is_locked=True).exists()
    assert Action.objects.filter(undoes__isnull=False).count() == 3


def test_without_a_reason_the_desk_asks_first_and_changes_nothing(desk: Client) -> None:
    posts = [make_post(title="Ours")]
    asked = desk.post(POSTS, chosen("hide", posts))
    assert asked.status_code == 200 and "Ours" in asked.content.decode() and 'list="reasons"' in asked.content.decode()
    assert not Post.objects.filter(is_hidden=True).exists()
    desk.post(POSTS, chosen("hide", posts, reason="Rude", apply="1"))
    assert Post.objects.filter(is_hidden=True).count() == 1


def test_what_a_deed_needs_is_asked_for_and_kept_where_it_does_not_fit(desk: Client) -> None:
    posts, shelf = [make_post(), make_post()], make_category("there")
    asked = desk.post(POSTS, chosen("move", posts, reason="Fits there"))
    assert asked.status_code == 200 and "move-category" in asked.content.decode()
    refused = desk.post(POSTS, chosen("move", posts, reason="Fits there", apply="1", **{"move-category": "none"}))
    assert "Fits there" in refused.content.decode() and not Post.objects.filter(category=shelf).exists()
    desk.post(POSTS, chosen("move", posts, reason="Fits there", apply="1", **{"move-category": shelf.pk}))
    assert Post.objects.filter(category=shelf).count() == 2


def test_what_cannot_be_done_to_some_is_told_and_done_to_the_others(desk: Client) -> None:
    into, one = make_post(), make_post()
    more = {"merge-into": str(into.pk)}
    answer = desk.post(POSTS, chosen("merge", [into, one], reason="One talk", apply="1", **more), follow=True)
    assert "Done for 1." in answer.content.decode() and "Choose another post" in answer.content.decode()
    assert Post.objects.get(pk=one.pk).is_hidden and not Post.objects.get(pk=into.pk).is_hidden


@pytest.mark.parametrize("who", ["member", "librarian"])
def test_nobody_else_can(who: str) -> None:
    post, client = make_post(), Client()
    client.force_login(make_member() if who == "member" else make_librarian())
    assert client.post(POSTS, chosen("hide", [post], reason="Rude")).status_code in (302, 403)
    assert not Post.objects.filter(is_hidden=True).exists() and not Action.objects.exists()
