"""Badges: earned by what happened, awarded once, equal to the facts after each night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from forum.models import Post, PostVote, Visit
from moderation import badges, reporting
from moderation.models import Award, Case, Trust
from notices.models import Notification
from studies.models import StudySuggestion, SummaryProposal
from tests.builders import make_librarian, make_many_posts, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


def names(member) -> set[str]:
    return set(badges.names_of(member))


def upvote(post, times: int) -> None:
    for _ in range(times):
        post.upvote(make_member())


class TestAPost:
    def test_earns_its_badge_with_the_tenth_upvote_and_not_before(self):
        post = make_post(title="Much read")
        upvote(post, 9)
        assert not names(post.author)
        upvote(post, 1)
        award = Award.objects.get()
        assert (award.badge, award.object_id) == ("post-10", post.pk)
        assert award.earned_at == PostVote.objects.latest("pk").voted_at
        assert Notification.objects.filter(member=post.author, kind="earned").count() == 1

    def test_that_earned_one_again_is_not_told_again(self):
        post = make_post()
        upvote(post, 9)
        reader = make_member()
        for _ in range(3):
            post.upvote(reader)
            post.withdraw(reader)
        post.upvote(reader)
        assert Award.objects.count() == 1
        assert Notification.objects.filter(kind="earned").count() == 1

    def test_out_of_sight_takes_its_badges_along_at_night_and_brings_them_back(self):
        post, moderator = make_post(), make_moderator()
        upvote(post, 10)
        badges.award_all()
        before = sorted(Award.objects.values_list("badge", "object_id", "earned_at"))
        assert names(post.author) == {"first-post", "post-10"}
        post.hide(moderator, "Rude.")
        badges.award_all()
        assert not names(post.author)
        post.unhide(moderator, "Not rude.")
        badges.award_all()
        assert sorted(Award.objects.values_list("badge", "object_id", "earned_at")) == before
        assert Notification.objects.filter(kind="earned").count() == 2

    def test_without_an_author_earns_none(self):
        post = make_post()
        author = post.author
        type(post).objects.update(author=None)
        upvote(type(post).objects.get(), 10)
        badges.award_all()
        assert not names(author) and not Award.objects.exists()


class TestTheNight:
    def test_awards_what_nothing_else_did_and_nothing_twice(self):
        first, _ = make_post(), make_post()
        make_post(author=first.author)
        assert badges.award_all() == 2
        assert badges.award_all() == 0
        assert Award.objects.get(member=first.author).object_id == first.pk

    def test_lets_a_badge_be_for_the_next_post_where_the_first_is_gone(self):
        first = make_post()
        second = make_post(author=first.author)
        badges.award_all()
        first.delete_by_author()
        assert badges.award_all() == 1
        assert Award.objects.get().object_id == second.pk

    def test_knows_who_has_been_here_for_a_year(self):
        long_ago = timezone.now() - timedelta(days=370)
        here, seldom = make_member(date_joined=long_ago), make_member(date_joined=long_ago)
        late = make_member()
        for member, days in ((here, 25), (seldom, 24), (late, 25)):
            Trust.objects.create(member=member, days=days)
        badges.award_all()
        assert names(here) == {"year"} and not names(seldom) and not names(late)

    def test_knows_ten_reports_that_were_right_when_their_month_is_over(self):
        reporter, moderator = make_member(), make_moderator()
        for _ in range(10):
            reporting.uphold(reporting.report(make_post(), "post", reporter, "spam").case, moderator, "Yes.")
        badges.award_all()
        assert not names(reporter)
        Case.objects.update(closed_at=timezone.now() - timedelta(days=40))
        badges.award_all()
        assert names(reporter) == {"helpful-reports"}
        earned = Award.objects.get(badge="helpful-reports").earned_at
        assert (earned.day, earned.hour) == (1, 0)

    def test_knows_who_read_a_hundred_discussions_of_studies(self):
        reader, other = make_member(), make_member()
        ids = make_many_posts(100)
        Post.objects.filter(pk__in=ids).update(subject_url="/studies/1/a/")
        Visit.objects.bulk_create(Visit(member=reader, post_id=pk) for pk in ids)
        Visit.objects.bulk_create(Visit(member=other, post_id=pk) for pk in [*ids[1:], make_post().pk])
        badges.award_all()
        assert names(reader) == {"well-read"} and not names(other)
        moment = Award.objects.get(badge="well-read").earned_at
        badges.award_all()
        assert Award.objects.get(badge="well-read").earned_at == moment

    def test_knows_who_helped_the_library(self):
        member, study, keeper = make_member(), make_study(), make_librarian()
        suggestion = StudySuggestion.ask("doi", study.doi, member)
        StudySuggestion.objects.update(status="accepted", answered_at=timezone.now(), answered_by=keeper)
        badges.award_all()
        assert not names(member)  # it has not arrived yet
        suggestion.arrive(study)
        SummaryProposal.send(study, member, tldr="It helps.", body="").accept(keeper)
        badges.award_all()
        assert names(member) == {"first-study", "first-summary"}


class TestPages:
    def test_lists_every_badge_with_how_many_have_it(self, client):
        post = make_post()
        upvote(post, 10)
        client.force_login(post.author)
        page = client.get("/badges/").text
        assert all(badge.title in page for badge in badges.all_badges())
        assert page.count("You have it") == 1 and page.count("1 member<") == 1

    def test_stand_on_the_profile_with_what_they_were_for(self, client):
        post = make_post(title="Much read")
        upvote(post, 10)
        post_two = make_post(title="Hidden words", author=post.author)
        page = client.get(f"/members/{post.author}/").text
        assert "10 upvotes" in page and f'<a href="{post.get_absolute_url()}">“Much read”' in page
        assert "reputation" in page and "Level 0" in page
        Award.objects.update(object_id=post_two.pk)
        post_two.hide(make_moderator(), "Rude.")
        assert "Hidden words" not in client.get(f"/members/{post.author}/").text

    def test_show_moderators_the_record_and_nobody_else(self, client):
        post, reporter, moderator = make_post(), make_member(), make_moderator()
        reporting.uphold(reporting.report(post, "post", reporter, "spam").case, moderator, "Yes.", hide=False)
        for reader, seen in ((None, False), (make_member(), False), (post.author, False), (moderator, True)):
            if reader:
                client.force_login(reader)
            assert ("For moderators" in client.get(f"/members/{post.author}/").text) == seen
        assert "1, 0 waiting, 1 acted on" in client.get(f"/members/{post.author}/").text
        assert "1, 1 right, 0 not" in client.get(f"/members/{reporter}/").text
