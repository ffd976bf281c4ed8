"""Suggestions at “@” and “#”: those that are there, a bounded number of them, by an index."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.models import Tag
from common.tags import get_or_create
from tests.builders import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Client:
    client = Client()
    client.force_login(make_member("writer_one"))
    return client


def suggested(client: Client, kind: str, typed: str) -> list[str]:
    return client.get("/community/suggest/", {"kind": kind, "q": typed}).json()["suggested"]


def test_members_are_found_by_how_their_name_begins_however_it_is_spelled(writer):
    for name in ("ada_B", "adam", "bernadette", "born"):
        make_member(name)
    assert suggested(writer, "member", "ada") == ["ada_B", "adam"]
    assert suggested(writer, "member", "ADAB") == ["ada_B"]
    assert suggested(writer, "member", "bor") == ["born"]
    assert suggested(writer, "member", "zzz") == suggested(writer, "member", "") == []


def test_a_member_who_is_blocked_or_has_left_is_not_offered(writer):
    make_member("adalove", is_active=False)
    assert suggested(writer, "member", "ada") == []


def test_tags_are_offered_as_they_are_written_the_most_used_first(writer):
    get_or_create(["minoxidil", "mint", "side effects", "2022", "minted"])
    Tag.objects.exclude(name="minted").update(use_count=1)  # nothing in sight carries that one
    Tag.objects.filter(name="mint").update(use_count=9)
    Tag.objects.create(name="minox", slug="minox", synonym_of=Tag.objects.get(name="minoxidil"))
    assert suggested(writer, "tag", "MIN") == ["mint", "minoxidil"]
    assert suggested(writer, "tag", "side-ef") == ["side-effects"]
    assert suggested(writer, "tag", "20") == []


def test_however_many_there_are_eight_are_offered_by_few_queries(writer):
    for number in range(12):
        make_member(f"reader_no{number}")
    get_or_create([f"tag number {number}" for number in range(12)])
    Tag.objects.update(use_count=1)
    for kind, typed in (("member", "reader"), ("tag", "tag")):
        with CaptureQueriesContext(connection) as queries:
            assert len(suggested(writer, kind, typed)) == 8
        assert len(queries) <= 4  # session and member among them


def test_a_name_is_looked_up_by_its_index(writer):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT username FROM accounts_member WHERE name_key LIKE 'ada%' ORDER BY name_key LIMIT 8"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond" in plan


def test_guests_are_sent_to_sign_in_and_another_kind_is_not_there(writer):
    assert Client().get("/community/suggest/", {"kind": "member", "q": "ada"}).status_code == 302
    assert writer.get("/community/suggest/", {"kind": "study", "q": "ada"}).status_code == 404
    assert writer.post("/community/suggest/").status_code == 405
