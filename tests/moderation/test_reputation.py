"""Reputation: a ledger that tells what earned, names no voter, and equals its facts at any moment."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.utils import timezone

from common.personal import Choice
from forum.models import Post, PostVote
from forum.personal import withdraw_votes
from moderation import reporting, reputation
from moderation.models import Case, Reputation, ReputationEntry
from studies.models import SummaryProposal
from tests.builders import make_comment, make_librarian, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


def sums(member) -> tuple[int, int]:
    row = Reputation.objects.filter(member=member).first()
    return (row.points, row.public_points) if row else (0, 0)


def drift() -> int:
    return sum(counter.drifted() for counter in reputation.COUNTERS)


def entries(member) -> list[tuple[str, int, int]]:
    return list(ReputationEntry.objects.filter(member=member).order_by("pk").values_list("kind", "count", "points"))


@pytest.fixture(autouse=True)
def _is_true_after_each_test():
    yield
    assert drift() == 0


@pytest.mark.parametrize(("make", "kind"), [(make_post, "post_upvote"), (make_comment, "comment_upvote")])
class TestUpvotes:
    def test_earn_once_however_often_they_are_pressed(self, make, kind):
        thing, reader = make(), make_member()
        thing.upvote(reader)
        thing.upvote(reader)
        assert sums(thing.author) == (1, 1)
        assert entries(thing.author) == [(kind, 1, 1)]

    def test_of_one_day_are_one_entry(self, make, kind):
        thing = make()
        for _ in range(3):
            thing.upvote(make_member())
        assert entries(thing.author) == [(kind, 3, 3)]

    def test_of_two_days_are_two(self, make, kind):
        thing = make()
        thing.upvote(make_member())
        thing.vote_model.objects.update(voted_at=timezone.now() - timedelta(days=2))
        reputation.rebuild(thing.author.pk)
        thing.upvote(make_member())
        assert entries(thing.author) == [(kind, 1, 1)] * 2

    def test_withdrawn_take_their_entry_back_on_the_day_it_was_earned(self, make, kind):
        thing, reader = make(), make_member()
        thing.upvote(reader)
        thing.vote_model.objects.update(voted_at=timezone.now() - timedelta(days=2))
        reputation.rebuild(thing.author.pk)
        thing.upvote(make_member())
        thing.withdraw(reader)
        thing.withdraw(reader)
        assert sums(thing.author) == (1, 1)
        assert ReputationEntry.objects.get().day == timezone.now().date()

    def test_of_what_is_hidden_go_and_come_back(self, make, kind):
        thing, moderator, late = make(), make_moderator(), make_member()
        thing.upvote(make_member())
        thing.upvote(late)
        thing.hide(moderator, "Rude.")
        assert sums(thing.author) == (0, 0) and not entries(thing.author)
        thing.withdraw(late)  # while it is hidden
        assert sums(thing.author) == (0, 0)
        thing.unhide(moderator, "Not rude.")
        assert sums(thing.author) == (1, 1)

    def test_of_what_is_deleted_go(self, make, kind):
        thing = make()
        thing.upvote(make_member())
        thing.delete_by_author()
        assert sums(thing.author) == (0, 0) and not entries(thing.author)

    def test_of_a_thing_without_an_author_earn_for_nobody(self, make, kind):
        thing = make()
        author = thing.author
        type(thing).objects.filter(pk=thing.pk).update(author=None)
        type(thing).objects.get(pk=thing.pk).upvote(make_member())
        assert sums(author) == (0, 0) and not ReputationEntry.objects.exists()

    def test_of_a_member_who_leaves_are_withdrawn_with_what_they_earned(self, make, kind):
        thing, reader = make(), make_member()
        thing.upvote(reader)
        thing.upvote(make_member())
        assert withdraw_votes(thing.vote_model)(reader, Choice.KEEP) == 1
        assert sums(thing.author) == (1, 1)


class TestReports:
    def test_that_were_right_earn_and_cost_where_only_those_concerned_see_it(self):
        post, reporter, moderator = make_post(), make_member(), make_moderator()
        given = reporting.report(post, "post", reporter, "spam")
        assert sums(reporter) == (0, 0)
        reporting.uphold(given.case, moderator, "Yes.")
        assert sums(reporter) == (2, 0)
        assert sums(post.author) == (-5, 0)
        assert drift() == 0
        reporting.reopen(given.case, moderator, "No.")
        assert sums(reporter) == sums(post.author) == (0, 0)

    def test_that_were_wrong_earn_nothing(self):
        post, reporter = make_post(), make_member()
        given = reporting.report(post, "post", reporter, "spam")
        reporting.reject(given.case, make_moderator(), "It is fine.")
        assert sums(reporter) == sums(post.author) == (0, 0)


def test_a_summary_that_was_published_earns() -> None:
    member = make_member()
    proposal = SummaryProposal.send(make_study(), member, tldr="It helps.", body="It does.")
    proposal.accept(make_librarian())
    proposal.accept(make_librarian())
    assert sums(member) == (10, 10)


class TestTheLedger:
    def test_can_be_made_anew_from_the_facts(self):
        post, moderator = make_post(), make_moderator()
        comment = make_comment(post, author=post.author)
        for thing in (post, comment):
            thing.upvote(make_member())
        given = reporting.report(comment, "comment", make_member(), "spam")
        reporting.uphold(given.case, moderator, "Yes.", hide=False)
        before = sorted(entries(post.author))
        ReputationEntry.objects.all().delete()
        Reputation.objects.update(points=99, public_points=98)
        assert drift() > 0
        for counter in reputation.COUNTERS:
            counter.mend()
        assert sorted(entries(post.author)) == before
        assert sums(post.author) == (-3, 2)

    def test_shows_what_earned_by_day_and_never_who_voted(self, client):
        post, voter = make_post(title="A title of mine"), make_member("voter_of_note")
        post.upvote(voter)
        PostVote.objects.update(voted_at=timezone.now() - timedelta(days=2))
        reputation.rebuild(post.author.pk)
        make_comment(post, author=post.author).upvote(voter)
        client.force_login(post.author)
        page = client.get(f"/members/{post.author}/reputation/").text
        assert page.count("A title of mine") == 2
        assert len(re.findall(r'<li class="ledger__day">', page)) == 2
        assert "an upvote on" in page and "voter_of_note" not in page

    def test_is_read_by_its_member_and_moderators_alone(self, client):
        member = make_member("keeps_one")
        address = "/members/keeps_one/reputation/"
        assert client.get(address).status_code == 302
        for reader, status in ((member, 200), (make_moderator(), 200), (make_member(), 404), (make_librarian(), 404)):
            client.force_login(reader)
            assert client.get(address).status_code == status
        assert not reputation.can_be_read_by(AnonymousUser(), member.pk)

    def test_leads_nowhere_where_the_reader_may_not_go(self, client):
        post, author = make_post(title="Hidden words"), make_member()
        comment = make_comment(post, author=author)
        comment.upvote(make_member())
        post.hide(make_moderator(), "Rude.")
        client.force_login(author)
        page = client.get(f"/members/{author}/reputation/").text
        assert "Hidden words" not in page and "something that can" in page

    def test_is_read_to_the_end_a_page_at_a_time(self, client, monkeypatch):
        monkeypatch.setattr("moderation.views.ledger.PAGE", 2)
        author = make_member()
        for number in range(5):
            make_post(author=author, title=f"Words {number}").upvote(make_member())
        client.force_login(author)
        seen, address = [], f"/members/{author}/reputation/"
        while address:
            page = client.get(address).text
            seen += re.findall(r"Words \d", page)
            more = re.search(r'rel="next" href="([^"]+)"', page)
            address = more and f"/members/{author}/reputation/{more[1]}"
        assert seen == [f"Words {number}" for number in (4, 3, 2, 1, 0)]

    @pytest.mark.parametrize("query", ["after=x", "after=W10", "after=WyJhIiwxXQ"])
    def test_is_404_for_a_damaged_address(self, client, query):
        member = make_member()
        client.force_login(member)
        assert client.get(f"/members/{member}/reputation/?{query}").status_code == 404


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_forty_votes_of_forty_on_ten_things_of_one_member_are_all_counted(self):
        author = make_member()
        things = [*(make_post(author=author) for _ in range(5)), *(make_comment(author=author) for _ in range(5))]
        voters, moderator = [make_member() for _ in range(40)], make_moderator()

        def vote(number: int) -> None:
            try:
                for at in (number, number + 3, number + 7):
                    thing = type(things[at % 10]).objects.get(pk=things[at % 10].pk)
                    thing.upvote(voters[number])
                    if number % 4 == 0:
                        thing.withdraw(voters[number])
                    if number % 10 == 3:
                        thing.hide(moderator, "Rude.")
                        thing.unhide(moderator, "Not rude.")
            finally:
                connection.close()

        with ThreadPoolExecutor(12) as threads:
            list(threads.map(vote, range(40)))
        assert sums(author) == (90, 90)
        assert drift() == 0

    def test_a_vote_and_a_hiding_in_one_moment_leave_no_entry_of_what_is_hidden(self):
        post, reader = make_post(), make_member()
        late = Post.objects.get(pk=post.pk)

        def vote() -> None:
            try:
                late.upvote(reader)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                post.hide(make_moderator(), "Rude.")
                voting = threads.submit(vote)
                with pytest.raises(TimeoutError):
                    voting.result(0.3)
            voting.result(5)
        assert PostVote.objects.count() == 1 and sums(post.author) == (0, 0)

    def test_two_decisions_about_each_other_do_not_stop_each_other(self):
        members, moderator = [make_member() for _ in range(2)], make_moderator()
        for _ in range(3):
            posts = [make_post(author=member) for member in members]
            cases = [reporting.report(posts[at], "post", members[1 - at], "spam").case for at in (0, 1)]

            def decide(case: Case) -> None:
                try:
                    reporting.uphold(case, moderator, "Yes.")
                finally:
                    connection.close()

            with ThreadPoolExecutor(2) as threads:
                list(threads.map(decide, cases))
        assert {sums(member) for member in members} == {(-9, 0)}
