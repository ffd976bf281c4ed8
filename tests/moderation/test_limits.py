"""Limits: counted once, for all at the same moment, by member and by network."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from common.markdown import render
from forum.models import Comment, Post
from moderation import limits
from moderation.models import Allowance, Trust
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db

THREE = limits.Limit(3, 3600)
TABLE = {"title": "T", "member": "5/hour", "new": "2/hour", "network": "8/hour", "words": "Too many."}


@pytest.fixture
def tight(settings):
    settings.LIMITS_ON = True
    settings.LIMITS = {name: dict(TABLE) for name in settings.LIMITS}
    limits._read.clear()
    return settings


def make_member_at(level: int):
    """A member who has been here for a month, at this level of trust."""
    member = make_member(date_joined=timezone.now() - timedelta(days=30))
    Trust.objects.create(member=member, level=level, held_level=level)
    return member


def member_of_long():
    return make_member_at(1)


def spent(key: str = "k", limit: limits.Limit = THREE) -> bool:
    try:
        limits.spend([(key, limit)])
    except limits.TooMany:
        return False
    return True


class TestSpending:
    def test_gives_as_many_as_the_limit_and_no_more(self) -> None:
        assert [spent() for _ in range(5)] == [True, True, True, False, False]

    def test_gives_one_more_when_the_time_of_one_has_passed(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            assert [spent() for _ in range(4)] == [True, True, True, False]
            clock.shift(timedelta(seconds=1199))
            assert not spent()
            clock.shift(timedelta(seconds=2))
            assert [spent(), spent()] == [True, False]

    def test_gives_all_again_after_the_whole_time(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            assert [spent() for _ in range(4)][-1] is False
            clock.shift(timedelta(seconds=3600))
            assert [spent() for _ in range(4)] == [True, True, True, False]

    def test_says_how_long_to_wait(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(3):
                spent()
            clock.shift(timedelta(seconds=200))
            with pytest.raises(limits.TooMany) as refused:
                limits.spend([("k", THREE)])
            assert refused.value.wait == 1000
            clock.shift(timedelta(seconds=1000))
            assert spent()

    def test_counts_nothing_of_what_one_of_several_limits_refuses(self) -> None:
        wide, narrow = limits.Limit(100, 3600), limits.Limit(1, 60)
        limits.spend([("wide", wide), ("narrow", narrow)])
        before = Allowance.objects.get(pk="wide").used_until
        with pytest.raises(limits.TooMany):
            limits.spend([("wide", wide), ("narrow", narrow)])
        assert Allowance.objects.get(pk="wide").used_until == before

    def test_counts_nothing_of_what_fails_later(self) -> None:
        @transaction.atomic
        def spend_and_fail() -> None:
            spent()
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            spend_and_fail()
        assert not Allowance.objects.exists()

    def test_is_forgotten_when_all_is_free_again(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            spent()
            clock.shift(timedelta(seconds=1100))
            assert limits.sweep() == 0
            clock.shift(timedelta(seconds=200))
            assert limits.sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_forty_at_the_same_moment_get_no_more_than_the_limit() -> None:
    def one(_: int) -> bool:
        try:
            return spent("burst", limits.Limit(10, 3600))
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(one, range(40))) == 10


def comment(client: Client, post: Post, words: str, **extra):
    return client.post(f"/posts/{post.pk}/comment/", {"body": words, "token": str(uuid.uuid4())}, **extra)


class TestAMember:
    def test_is_told_to_wait_and_keeps_what_they_typed(self, client, tight) -> None:
        client.force_login(member_of_long())
        post = make_post()
        assert [comment(client, post, f"Words {number}").status_code for number in range(5)] == [302] * 5
        refused = comment(client, post, "These words stay")
        assert refused.status_code == 429 and 600 < int(refused["Retry-After"]) <= 720
        assert "These words stay" in refused.text and "Too many." in refused.text
        assert Comment.objects.filter(post=post).count() == 5
        post.refresh_from_db()
        assert post.comment_count == 5

    def test_has_stricter_limits_on_the_first_day(self, client, tight) -> None:
        client.force_login(make_member())
        post = make_post()
        assert [comment(client, post, f"W{number}").status_code for number in range(3)] == [302, 302, 429]

    def test_sends_one_form_twelve_times_and_pays_once(self, client, tight) -> None:
        client.force_login(make_member())
        form = {"title": "A question", "body": "Words", "category": make_category().slug, "token": str(uuid.uuid4())}
        answers = {
            (answer.status_code, answer.get("Location"))
            for answer in (client.post("/community/new/", form) for _ in range(12))
        }
        assert len(answers) == 1 and Post.objects.filter(title="A question").count() == 1

    def test_does_not_stop_others(self, client, tight) -> None:
        post = make_post()
        client.force_login(make_member())
        while comment(client, post, f"W{uuid.uuid4()}").status_code != 429:
            pass
        other = Client(REMOTE_ADDR="203.0.113.9")
        other.force_login(make_member())
        assert comment(other, post, "Mine").status_code == 302

    def test_shares_the_limit_of_the_network(self, tight) -> None:
        post, codes = make_post(), []
        for _ in range(5):
            client = Client(REMOTE_ADDR="203.0.113.7")
            client.force_login(make_member())
            codes += [comment(client, post, f"W{uuid.uuid4()}").status_code for _ in range(2)]
        assert codes.count(302) == 8 and codes[-1] == 429

    def test_of_an_ipv6_network_is_counted_by_its_first_64_bits(self, rf, settings) -> None:
        networks = [
            limits.network_of(rf.get("/", REMOTE_ADDR=address))
            for address in (
                "2001:db8:1:2::1",
                "2001:db8:1:2:ffff::9",
                "2001:db8:1:3::1",
                "::ffff:203.0.113.7",
                "203.0.113.7",
            )
        ]
        assert networks[0] == networks[1] != networks[2]
        assert networks[3] == networks[4]
        assert "203" not in networks[4]

    def test_cannot_escape_by_a_forged_header(self, tight) -> None:
        post = make_post()
        client = Client(REMOTE_ADDR="203.0.113.7")
        client.force_login(make_member())
        codes = [
            comment(client, post, f"W{n}", headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(3)
        ]
        assert codes[-1] == 429

    def test_cannot_press_without_end(self, client, tight) -> None:
        client.force_login(make_member())
        thing = make_comment()
        codes = [client.post(f"/comments/{thing.pk}/{verb}/").status_code for verb in ("upvote", "withdraw", "upvote")]
        assert codes == [302, 302, 429]
        thing.refresh_from_db()
        assert thing.score == 0

    def test_keeps_an_edit_that_comes_too_soon(self, client, tight) -> None:
        author = make_member()
        client.force_login(author)
        found = make_comment(author=author)
        answers = [
            client.post(f"/comments/{found.pk}/edit/", {"body": f"Other {n}", "version": n + 1}) for n in range(3)
        ]
        assert [answer.status_code for answer in answers] == [302, 302, 429]
        assert "Other 2" in answers[2].text

    def test_pays_for_links_in_what_they_say_of_themselves(self, client, tight) -> None:
        tight.LIMITS["link"]["new"] = "2/text 2/day"
        member = make_member()
        client.force_login(member)

        def say(bio: str) -> int:
            return client.post("/settings/", {"bio": bio}).status_code

        two = "https://one.example.com/ https://two.example.com/"
        assert say(two) == 302 and say(f"{two} Hello") == 302  # what stood there before costs nothing
        answer = client.post("/settings/", {"bio": f"{two} https://three.example.com/"})
        assert answer.status_code == 422 and "three.example.com" in answer.text and "up to 2" in answer.text
        # One in the place of another is a new one; taking one out costs nothing.
        answer = client.post("/settings/", {"bio": "https://one.example.com/ https://four.example.com/"})
        assert answer.status_code == 429 and answer["Retry-After"] and "four.example.com" in answer.text
        assert say("https://one.example.com/") == 302
        member.refresh_from_db()
        assert member.bio == "https://one.example.com/" and "four" not in member.bio_html

    def test_pays_for_each_link_picture_and_member_that_an_edit_brings(self, client, tight, settings) -> None:
        html = render(
            f"{settings.SITE_URL}/about/ doi:10.1000/known https://a.example/?x=1&y=2 https://a.example/?x=1&y=2 "
            '[b](https://b.example/ "B")',
            works=True,
        )
        assert limits.contents(html)["link"] == {"https://a.example/?x=1&amp;y=2": 2, "https://b.example/": 1}
        tight.LIMITS["link"]["member"] = "9/text 4/day"
        author = member_of_long()
        client.force_login(author)
        found, codes = make_comment(author=author, body="https://one.example.com/"), []
        for number, name in enumerate(("two", "three", "two", "four", "five"), 1):
            form = {"body": f"https://{name}.example.com/", "version": number}
            codes.append(client.post(f"/comments/{found.pk}/edit/", form).status_code)
        assert codes == [302, 302, 302, 302, 429]

    def test_who_moderates_is_not_counted(self, client, tight) -> None:
        client.force_login(make_moderator())
        post = make_post()
        assert {comment(client, post, f"W{n}").status_code for n in range(12)} == {302}


class TestSearching:
    def test_too_often_is_refused_and_writes_no_row(self, client, tight) -> None:
        codes = [client.get("/search/?q=x").status_code for _ in range(10)]
        assert codes == [200] * 8 + [429] * 2
        assert int(client.get("/search/?q=x")["Retry-After"]) > 0
        assert not Allowance.objects.exists()

    def test_of_another_network_goes_on(self, client, tight) -> None:
        for _ in range(10):
            client.get("/search/?q=x")
        assert client.get("/search/?q=x", REMOTE_ADDR="203.0.113.9").status_code == 200


def test_the_table_of_limits_can_be_read_and_is_shown(client, settings) -> None:
    for row in settings.LIMITS.values():
        assert all(limits.limits(row[name]) for name in row if name in ("member", "new", "trusted", "network"))
    page = unescape(client.get("/about/limits/").text)
    assert all(row["title"] in page for row in settings.LIMITS.values())
    assert "10 an hour" in page and "2 in one text, 6 a day" in page
