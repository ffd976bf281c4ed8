"""Levels of trust: earned and lost by facts, held by moderators, and what they open."""

from __future__ import annotations

import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from forum import visits
from forum.models import Post, Visit
from moderation import limits, reporting, reputation, trust
from moderation.models import Action, Reputation, ReputationEntry, Trust
from moderation.trust import Facts, earned
from notices.models import Notification
from tests.builders import make_category, make_comment, make_many_posts, make_member, make_moderator, make_post
from tests.moderation.test_limits import make_member_at

pytestmark = pytest.mark.django_db

STEPS = [
    (Facts(0, 0, 0, 0), 0),
    (Facts(2, 10, 0, 0), 1),
    (Facts(1, 10, 0, 0), 0),
    (Facts(2, 9, 0, 0), 0),
    (Facts(15, 50, 5, 0), 2),
    (Facts(15, 50, 4, 0), 1),
    (Facts(500, 5000, 0, 0), 1),
    (Facts(50, 200, 50, 0), 3),
    (Facts(150, 600, 300, 0), 4),
    (Facts(150, 600, 299, 0), 3),
    (Facts(150, 600, 300, 1), 3),
    (Facts(150, 600, 300, 3), 1),
    (Facts(2, 10, 0, 5), 0),
]
numbers = st.integers(0, 1000)


def here(member, days: int, points: int = 0) -> None:
    """As if the member had been here on so many days before today, and had these points."""
    Trust.objects.update_or_create(member=member, defaults={"days": days, "last_day": None})
    Reputation.objects.update_or_create(member=member, defaults={"public_points": points, "points": points})


def level(member) -> int:
    return Trust.objects.get(member=member).level


def comes(member, day) -> int:
    trust.note_visit(member.pk, day)
    return level(member)


@pytest.fixture(autouse=True)
def _has_read_enough(monkeypatch):
    """But for the test that is about reading."""
    monkeypatch.setattr(trust, "_read", "{most}")


def test_reading_counts_each_post_once_and_no_further_than_the_table_asks(monkeypatch, client) -> None:
    monkeypatch.setattr(trust, "_read", visits.POSTS_READ)
    member = make_member()
    posts = [make_post() for _ in range(3)]
    client.force_login(member)
    for post in [*posts, posts[0]]:
        client.get(post.get_absolute_url())
    assert trust.facts_of(member.pk).read == 3
    Visit.objects.bulk_create(Visit(member=member, post_id=pk) for pk in make_many_posts(700))
    assert trust.facts_of(member.pk).read == 600


class TestTheTable:
    @pytest.mark.parametrize(("facts", "number"), STEPS)
    def test_gives_the_level_that_the_facts_reach(self, facts, number):
        assert earned(facts) == number

    @given(numbers, numbers, numbers, st.integers(0, 6))
    def test_more_never_gives_less_and_a_penalty_never_more(self, days, read, points, penalties):
        facts = Facts(days, read, points, penalties)
        more = [Facts(days + 1, read, points, penalties), Facts(days, read + 1, points, penalties)]
        more.append(Facts(days, read, points + 1, penalties))
        assert all(earned(each) >= earned(facts) for each in more)
        assert earned(facts) - 1 <= earned(Facts(days, read, points, penalties + 1)) <= earned(facts)
        assert 0 <= earned(facts) <= trust.HIGHEST

    def test_asks_for_more_at_each_level_and_stands_on_its_page(self, client):
        for lower, higher in itertools.pairwise(trust.levels()):
            assert (lower.days, lower.read, lower.points) <= (higher.days, higher.read, higher.points)
        page = client.get("/about/trust/").text
        assert all(each.name in page for each in trust.levels()) and "You are at" not in page
        client.force_login(make_member())
        assert "You are at level 0" in client.get("/about/trust/").text


class TestDays:
    def test_are_counted_once_however_often_a_member_comes(self, client):
        member = make_member()
        client.force_login(member)
        for _ in range(3):
            client.get("/")
        assert Trust.objects.get(member=member).days == 1
        with time_machine.travel(timezone.now() + timedelta(days=1)):
            client.get("/")
        assert Trust.objects.get(member=member).days == 2

    def test_are_not_counted_by_what_a_page_asks_by_itself_nor_for_guests(self, client):
        client.get("/")
        assert not Trust.objects.exists()
        client.force_login(make_member())
        with time_machine.travel(timezone.now() + timedelta(days=1)):
            client.get("/notifications/unread/", headers={"X-By-Itself": "1"})
            assert Trust.objects.get().days == 1
            client.get("/")
            assert Trust.objects.get().days == 2

    def test_raise_the_level_at_the_first_visit_of_the_day_that_reaches_it(self):
        member, today = make_member(), timezone.now().astimezone(UTC).date()
        here(member, 1)
        assert comes(member, today) == 1
        assert Notification.objects.get(member=member).kind == "earned"
        assert comes(member, today) == 1
        assert Notification.objects.count() == 1


class TestALevel:
    def test_rises_with_the_upvote_that_reaches_a_step(self):
        post = make_post()
        here(post.author, 20, 4)
        trust.compute([post.author.pk])
        assert level(post.author) == 1
        post.upvote(make_member())
        assert level(post.author) == 2

    def test_falls_with_a_decision_and_comes_back_when_it_is_over(self):
        post, moderator = make_post(), make_moderator()
        here(post.author, 20, 9)
        trust.compute([post.author.pk])
        case = reporting.report(post, "post", make_member(), "spam").case
        reporting.uphold(case, moderator, "Yes.", hide=False)
        # The points were made up, and settling the ledger has counted them anew: none.
        Reputation.objects.filter(member=post.author).update(public_points=9)
        trust.compute([post.author.pk])
        assert level(post.author) == 1
        ReputationEntry.objects.filter(member=post.author).update(day=timezone.now().date() - timedelta(days=90))
        trust.compute_all()
        assert level(post.author) == 2

    def test_taken_by_a_decision_comes_back_with_its_reopening(self):
        post, moderator = make_post(), make_moderator()
        here(post.author, 20)
        trust.compute([post.author.pk])
        case = reporting.report(post, "post", make_member(), "spam").case
        reporting.uphold(case, moderator, "Yes.", hide=False)
        assert level(post.author) == 0
        case.refresh_from_db()
        reporting.reopen(case, moderator, "No.")
        assert level(post.author) == 1

    def test_is_found_by_the_night_where_nothing_else_did(self):
        members = [make_member() for _ in range(3)]
        today = timezone.now().astimezone(UTC).date()
        for member in members:
            here(member, 20, 7)
        Trust.objects.exclude(member=members[2]).update(last_day=today)
        assert trust.compute_all() == 2
        assert [level(member) for member in members] == [2, 2, 0]
        assert trust.compute_all(everybody=True) == 1


class TestHolding:
    def test_keeps_a_level_still_until_it_is_released(self):
        member, moderator = make_member(), make_moderator()
        here(member, 200, 500)
        trust.fix(member, moderator, 0, "Sells things.")
        trust.compute_all(everybody=True)
        assert level(member) == 0
        trust.fix(member, moderator, None, "Stopped.")
        assert level(member) == 4
        assert list(Action.objects.order_by("pk").values_list("action", "reason")) == [
            ("hold trust level 0", "Sells things."),
            ("release trust level", "Stopped."),
        ]

    def test_is_for_moderators_and_not_about_themselves(self, client):
        member, moderator = make_member("held_one"), make_moderator()
        address = "/members/held_one/trust/"
        client.force_login(member)
        assert client.post(address, {"level": "4", "reason": "Me"}).status_code == 403
        with pytest.raises(PermissionDenied):
            trust.fix(moderator, moderator, 4, "Me")
        client.force_login(moderator)
        assert client.post(f"/members/{moderator}/trust/", {"level": "4", "reason": "Me"}).status_code == 403
        refused = client.post(address, {"level": "3", "reason": "  "})
        assert refused.status_code == 422 and "Give a reason" in refused.text
        assert client.post(address, {"level": "9", "reason": "x"}).status_code == 422
        assert level(member) == 0 and not Action.objects.exists()
        assert client.post(address, {"level": "3", "reason": "Known elsewhere."}).status_code == 302
        assert level(member) == 3
        page = client.get(address).text
        assert "Known elsewhere." in page and moderator.username in page
        log = client.get("/moderation/log/").text
        assert "Known elsewhere." in log and "held_one" not in log


class TestLimits:
    def test_are_wider_at_higher_levels_and_strictest_on_the_first_day(self):
        table = {"new": "1/hour", "member": "2/hour", "trusted": "3/hour"}
        lines = [limits.line_for(make_member_at(number), table) for number in range(5)]
        assert lines == ["1/hour", "2/hour", "2/hour", "3/hour", "3/hour"]
        fresh = make_member()
        Trust.objects.create(member=fresh, level=4)
        assert limits.line_for(fresh, table) == "1/hour"
        del table["trusted"]
        assert limits.line_for(make_member_at(4), table) == "2/hour"


@pytest.fixture
def tight(settings):
    settings.LIMITS_ON = True
    table = {"title": "Links", "new": "2/text 3/day", "member": "4/text 9/day", "network": "99/day", "words": "Many."}
    settings.LIMITS = {name: {**row, "new": "99/hour"} for name, row in settings.LIMITS.items()}
    settings.LIMITS |= {"link": table, "picture": table, "mention": table}
    return settings


def links(*numbers: int) -> str:
    return " and ".join(f"https://example.org/{number}" for number in numbers)


def comment(client, post: Post, words: str):
    return client.post(f"/posts/{post.pk}/comment/", {"body": words, "token": str(uuid.uuid4())})


@pytest.mark.usefixtures("tight")
class TestWordsOfNewMembers:
    def test_with_too_many_links_are_refused_with_a_sentence_and_kept(self, client):
        client.force_login(make_member())
        refused = comment(client, post := make_post(), f"Look: {links(1, 2, 3)}")
        assert refused.status_code == 422
        assert "takes up to 2 so far, and this has 3" in refused.text and "Look: https" in refused.text
        assert not post.comments.exists()
        form = {"title": "Links", "body": links(1, 2, 3), "category": make_category().slug, "token": str(uuid.uuid4())}
        assert client.post("/community/new/", form).status_code == 422
        assert not Post.objects.filter(title="Links").exists()

    def test_may_link_so_often_a_day(self, client):
        client.force_login(make_member())
        post = make_post()
        assert comment(client, post, links(1, 2)).status_code == 302
        refused = comment(client, post, links(3, 4))
        assert refused.status_code == 429 and int(refused["Retry-After"]) > 3600
        assert comment(client, post, links(3)).status_code == 302

    def test_name_studies_and_pages_of_this_place_without_end(self, client, settings):
        client.force_login(make_member())
        works = " ".join(f"doi:10.1000/{number}" for number in range(9))
        assert comment(client, make_post(), f"{works} {settings.SITE_URL}/ [tags](/tags/)").status_code == 302

    def test_call_no_more_members_than_they_may(self, client):
        names = [make_member().username for _ in range(3)]
        client.force_login(make_member())
        assert comment(client, make_post(), " ".join(f"@{name}" for name in names)).status_code == 422

    def test_are_counted_by_an_edit_for_what_it_adds(self, client):
        member = make_member()
        client.force_login(member)
        found = make_comment(author=member, body=links(1, 2, 3))  # written when that was allowed

        def edit(body: str, version: int):
            return client.post(f"/comments/{found.pk}/edit/", {"body": body, "version": version})

        assert edit(f"{links(1, 2, 3)} now", 1).status_code == 302
        assert edit(links(1, 2, 3, 4), 2).status_code == 422
        assert edit(links(1), 2).status_code == 302
        assert edit(links(1, 2), 3).status_code == 302

    def test_of_who_is_known_have_more_room(self, client):
        client.force_login(make_member_at(1))
        assert comment(client, make_post(), links(1, 2, 3)).status_code == 302


def test_counting_several_at_once_takes_all_or_none() -> None:
    ten = limits.Limit(10, 3600)
    limits.spend([("k", ten)], times=6)
    with pytest.raises(limits.TooMany):
        limits.spend([("k", ten)], times=5)
    limits.spend([("k", ten)], times=4)
    with pytest.raises(limits.TooMany):
        limits.spend([("new", ten)], times=11)


@pytest.mark.django_db(transaction=True)
def test_first_visits_at_one_moment_count_one_day() -> None:
    member, today = make_member(), timezone.now().astimezone(UTC).date()

    def visit(_: int) -> None:
        try:
            trust.note_visit(member.pk, today)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(visit, range(16)))
    assert Trust.objects.get(member=member).days == 1
    assert reputation.public_points(member.pk) == 0
