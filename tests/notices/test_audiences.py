"""Large audiences: told by a job, each follower once, and none of what went out of sight in the meantime."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notices import audiences, following, jobs
from notices.models import Audience, Letter, Notification, Preference
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(monkeypatch):
    """Six members who follow one category; from four on they are a crowd, told in twos."""
    monkeypatch.setattr(audiences, "LARGE", 4)
    monkeypatch.setattr(audiences, "STEP", 2)
    category = make_category("Treatment")
    members = [make_member() for _ in range(6)]
    for member in members:
        following.follow(member, category)
    return category, members


def told() -> list[int]:
    news = Notification.objects.filter(kind="new_posts", is_withdrawn=False)
    return sorted(news.values_list("member", flat=True))


def ids(members) -> list[int]:
    return sorted(member.pk for member in members)


def work() -> None:
    for audience in Audience.objects.all():
        jobs.tell_audience(audience_id=audience.pk)


class TestACrowd:
    def test_is_told_by_the_job_and_not_by_the_request_each_once(self, crowd):
        category, members = crowd
        post = make_post(author=members[0], category=category, title="Foam")
        assert told() == []
        pk = Audience.objects.get().pk
        for _ in range(2):
            jobs.tell_audience(audience_id=pk)
        assert told() == ids(members[1:])
        assert not Audience.objects.exists()
        news = Notification.objects.filter(kind="new_posts")
        assert {(each.words, *each.gathered) for each in news} == {("A new post in Treatment: Foam", post.pk)}

    def test_is_given_up_where_the_key_is_gone_that_sealed_whom_to_leave_out(self, crowd, settings):
        category, _ = crowd
        post, other = make_post(category=category), make_post(category=category)
        first, second = (Audience.objects.get(part=each.pk) for each in (post, other))
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
            [settings.SECRET_KEY],
            "another key, and the old one still known",
        )
        jobs.tell_audience(audience_id=first.pk)
        assert len(told()) == 6
        settings.SECRET_KEY_FALLBACKS = []
        jobs.tell_audience(audience_id=second.pk)
        news = Notification.objects.filter(kind="new_posts")
        assert not Audience.objects.exists() and {tuple(each.gathered) for each in news} == {(post.pk,)}

    def test_costs_the_request_the_same_however_many_they_are(self, crowd):
        category, members = crowd

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                make_post(author=members[0], category=category)
            return len(queries)

        cost()
        before = cost()
        for _ in range(20):
            following.follow(make_member(), category)
        assert cost() == before

    def test_is_not_told_of_what_is_rolled_back(self, crowd):
        category, _ = crowd
        with transaction.atomic():
            make_post(category=category)
            transaction.set_rollback(True)
        assert not Audience.objects.exists()

    def test_is_told_on_after_a_worker_died_in_the_middle(self, crowd):
        category, members = crowd
        make_post(category=category)
        pk = Audience.objects.get().pk
        audiences.step(pk)
        assert len(told()) == 2
        Audience.objects.update(begun_at=timezone.now() - audiences.FORGOTTEN * 2)
        assert audiences.left_behind() == [pk]
        Audience.objects.update(reached=0)  # its note of how far it came was lost too
        work()
        assert told() == ids(members)
        assert set(Notification.objects.filter(kind="new_posts").values_list("count", flat=True)) == {1}

    @pytest.mark.parametrize("steps", [0, 1])
    def test_hears_nothing_of_what_was_hidden_meanwhile_and_hears_it_when_it_is_back(self, crowd, steps: int):
        category, members = crowd
        post, moderator = make_post(category=category), make_moderator()
        for _ in range(steps):
            audiences.step(Audience.objects.get().pk)
        post.hide(moderator, "Rude")
        work()
        assert told() == []
        post.unhide(moderator, "A mistake")
        work()
        assert told() == ids(members)
        assert not Audience.objects.exists()

    def test_of_a_thread_hears_nothing_of_a_hidden_comment_nor_of_any_in_a_hidden_post(self, crowd):
        _, members = crowd
        post, moderator = make_post(), make_moderator()
        for member in members:
            following.follow(member, post)
        bad, good = make_comment(post, body="Bad"), make_comment(post, body="Good")
        bad.hide(moderator, "Rude")
        post.hide(moderator, "Rude")
        work()
        news = Notification.objects.filter(kind="new_comments", is_withdrawn=False)
        assert not news.exists()
        post.unhide(moderator, "A mistake")
        work()
        assert {tuple(each.gathered) for each in news.filter(member__in=members)} == {(good.pk,)}
        assert Audience.objects.get().part == bad.pk

    def test_gets_its_mails_at_once_too(self, crowd):
        category, members = crowd
        Preference.objects.create(member=members[3], kind="new_posts", place="mail")
        make_post(category=category)
        work()
        assert Letter.objects.get().member == members[3]


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_a_moderator_at_once_leave_nobody_told_of_what_is_hidden(crowd):
    category, members = crowd
    for _ in range(3):
        post, moderator = make_post(category=category), make_moderator()
        pk, start = Audience.objects.get(part=post.pk).pk, threading.Barrier(3)

        def tell(pk=pk, start=start) -> None:
            start.wait()
            jobs.tell_audience(audience_id=pk)
            connections.close_all()

        def hide(post=post, moderator=moderator, start=start) -> None:
            start.wait()
            post.hide(moderator, "Rude")
            connections.close_all()

        threads = [threading.Thread(target=each) for each in (tell, tell, hide)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told() == []
        post.unhide(moderator, "A mistake")
        work()
        assert told() == ids(members)
        Notification.objects.all().delete()
