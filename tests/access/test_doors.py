"""Every address that changes something says what it is, and each kind of ban is held at each of its doors."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from moderation import doors, sanctions
from tests.access.matrix import MATRIX, NOTHING
from tests.access.test_matrix import World, routes, world, written  # noqa: F401 - a fixture
from tests.builders import make_member, make_moderator

pytestmark = pytest.mark.django_db

# Addresses apart from the matrix that take no POST, each proved by a test of its own.
ONLY_READ = {
    "accounts:avatar", "accounts:avatar_small", "accounts:avatar_drawn", "forum:picture", "forum:picture_file",
    "forum:picture_small", "studies:picture", "studies:followed_feed", "studies:open_data_file",
}  # fmt: skip
CHANGES = [route for route, row in MATRIX.items() if row[1] != NOTHING]


def test_every_address_that_takes_a_post_says_what_it_is() -> None:
    silent = {
        route
        for route in routes()
        if (route not in MATRIX or route in CHANGES) and route not in ONLY_READ and doors.classified(route) is None
    }
    assert not silent, "say in config/doors.py what these do"


def test_no_line_speaks_of_an_address_that_is_not_there() -> None:
    told = [name for names in settings.DOORS.values() for name in names.split()]
    there = set(routes())
    assert len(told) == len(set(told))
    assert not [name for name in told if not name.endswith("*") and name not in there]
    assert set(settings.DOORS_WITH_FORMS.split()) <= set(told)


@pytest.mark.parametrize("kind", ["write", "vote", "report"])
def test_who_is_barred_is_refused_at_each_door_of_that_kind_and_at_no_other(world: World, kind: str) -> None:  # noqa: F811
    barred, client = make_member(), Client()
    sanctions.give(barred, make_moderator(), [kind], "Advertising", days=7)
    client.force_login(barred)
    wrong = []
    for route in CHANGES:
        before = written()
        with transaction.atomic():
            answer = client.post(world.address(route), world.form(route), secure=True)
            changed = {name for name, counts in written().items() if counts != before.get(name, (0, 0, 0))}
            transaction.set_rollback(True)
        said = answer.status_code == 403 and b"Advertising" in answer.content
        if said is not (doors.classified(route) == kind) or (said and changed - {"forum_draft"}):
            wrong.append(f"{route}: {answer.status_code} {sorted(changed)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", ["sign-in", "write"])
def test_reading_stays_open(world: World, kind: str) -> None:  # noqa: F811
    barred, client = make_member(), Client()
    client.force_login(barred)
    sanctions.give(barred, make_moderator(), [kind], "Advertising", days=7)
    for address in ("/", world.post.get_absolute_url(), world.study.get_absolute_url(), "/search/?q=words"):
        assert client.get(address, secure=True).status_code == 200


def test_forms_to_write_say_so_before_anybody_types(world: World) -> None:  # noqa: F811
    barred, client = make_member(), Client()
    client.force_login(barred)
    assert client.get(reverse("forum:post_new"), secure=True).status_code == 200
    sanctions.give(barred, make_moderator(), ["write"], "Advertising", days=7)
    for route in settings.DOORS_WITH_FORMS.split():
        expected = 403 if doors.classified(route) == "write" else (200, 302, 403, 404)
        status = client.get(world.address(route), secure=True).status_code
        assert status == expected or (isinstance(expected, tuple) and status in expected), route
