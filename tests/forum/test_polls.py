"""Polls: one vote for a member, counted truly, shown to whom it was promised, and never who voted in a secret one."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from common.personal import Choice
from forum import polls
from forum.models import Ballot, Draft, Poll, Post
from forum.polls import Terms
from moderation.models import Action
from tests.builders import make_category, make_member, make_moderator, make_post, signed_in

pytestmark = pytest.mark.django_db


def make_poll(*options: str, post: Post | None = None, **terms) -> Poll:
    post = post or make_post()
    polls.set_terms(post, Terms(options or ("Foam", "Lotion", "Neither"), **terms))
    return Poll.objects.get(post=post)


def ids(poll: Poll) -> list[int]:
    return list(poll.options.values_list("pk", flat=True))


def test_a_row_of_a_list_says_that_a_post_asks(client):
    make_poll(post=make_post(title="Asks"))
    assert client.get("/community/").text.count(">Poll</span>") == 1
    polls.set_terms(Post.objects.get(), None)
    assert ">Poll</span>" not in client.get("/community/").text


def counts(poll: Poll) -> list[int]:
    return list(poll.options.values_list("vote_count", flat=True))


def sent(**fields) -> dict:
    return {"category": make_category().slug, "title": "Which?", "body": "Tell.", "tags": ""} | fields


class TestAVote:
    def test_counts_once_may_be_changed_and_withdrawn_and_leaves_the_counters_true(self):
        poll, member = make_poll(), make_member()
        foam, lotion, _ = ids(poll)
        polls.vote(poll, member, [foam])
        polls.vote(poll, member, [foam])
        assert (counts(poll), poll.voter_count) == ([1, 0, 0], 1)
        polls.vote(poll, member, [lotion])
        assert (counts(poll), poll.voter_count) == ([0, 1, 0], 1)
        polls.vote(poll, make_member(), [lotion])
        polls.vote(poll, member, [])
        assert (counts(poll), poll.voter_count) == ([0, 1, 0], 1)
        call_command("recount", stdout=StringIO())

    def test_chooses_several_only_where_that_is_asked(self):
        single, several = make_poll(), make_poll(is_multiple=True)
        with pytest.raises(polls.BadChoice):
            polls.vote(single, make_member(), ids(single)[:2])
        polls.vote(several, make_member(), ids(several)[:2])
        assert (counts(several), several.voter_count) == ([1, 1, 0], 1)

    def test_for_an_answer_of_another_poll_is_refused(self):
        with pytest.raises(polls.BadChoice):
            polls.vote(make_poll(), make_member(), ids(make_poll())[:1])
        assert not Ballot.objects.exists()

    def test_has_a_limit(self, client, settings):
        settings.LIMITS_ON = True
        settings.LIMITS = settings.LIMITS | {"poll": settings.LIMITS["poll"] | {"new": "1/hour"}}
        poll = make_poll()
        address = f"/posts/{poll.post_id}/poll/vote/"
        client.force_login(make_member())
        assert client.post(address, {"option": ids(poll)[0]}).status_code == 302
        assert client.post(address, {"option": ids(poll)[1]}).status_code == 429
        assert counts(poll) == [1, 0, 0]

    def test_is_one_by_the_databases_own_promise(self):
        poll, member = make_poll(), make_member()
        Ballot.objects.create(poll=poll, member=member)
        with pytest.raises(IntegrityError), transaction.atomic():
            Ballot.objects.create(poll=poll, member=member)

    def test_is_not_taken_after_the_last_day_by_the_clock_alone(self):
        poll = make_poll(closes_at=timezone.now() + timedelta(hours=1))
        polls.vote(poll, make_member(), ids(poll)[:1])
        with time_machine.travel(timezone.now() + timedelta(hours=2)), pytest.raises(polls.Over):
            polls.vote(poll, make_member(), ids(poll)[:1])

    @pytest.mark.parametrize("out", ["hide", "lock", "delete"])
    def test_is_taken_by_nobody_where_the_post_is_hidden_locked_or_deleted(self, out):
        poll = make_poll()
        if out == "delete":
            poll.post.delete_by_author()
        else:
            getattr(poll.post, out)(make_moderator(), "Off topic")
        for member in (make_member(), make_moderator(), poll.post.author):
            with pytest.raises(polls.Over):
                polls.vote(poll, member, ids(poll)[:1])

    def test_goes_with_a_member_who_leaves(self):
        poll, member = make_poll(is_multiple=True), make_member()
        polls.vote(poll, member, ids(poll)[:2])
        polls.vote(poll, make_member(), ids(poll)[:1])
        assert polls.withdraw_ballots(member, 200) == 1
        assert polls.withdraw_ballots(member, 200) == 0
        assert (counts(poll), Poll.objects.get().voter_count) == ([1, 0, 0], 1)
        assert Choice.REMOVE  # the same for either choice


class TestThePage:
    def vote(self, client: Client, poll: Poll, *chosen, **headers):
        return client.post(f"/posts/{poll.post_id}/poll/vote/", {"option": chosen}, headers=headers)

    def test_takes_a_vote_and_shows_it_in_its_place(self):
        poll, client = make_poll(), signed_in()
        answer = self.vote(client, poll, ids(poll)[1])
        assert (answer.status_code, answer["Location"]) == (302, f"{poll.post.get_absolute_url()}#poll")
        page = client.get(poll.post.get_absolute_url()).content.decode()
        assert "100 % · 1" in page
        assert "Change my vote" in page
        client.post(f"/posts/{poll.post_id}/poll/vote/", {"withdraw": "1"})
        assert counts(poll) == [0, 0, 0]

    def test_says_what_is_wrong_with_a_vote(self):
        poll, client = make_poll(), signed_in()
        for chosen in ((), ("x",), ("9" * 30,), ("²",), ids(poll)[:2]):
            answer = self.vote(client, poll, *chosen)
            assert answer.status_code == 422, chosen
        piece = self.vote(client, poll, **{"HX-Request": "true"})
        assert piece.status_code == 422
        assert piece.content.decode().count("Choose an answer first.") == 1
        polls.close(poll, poll.post.author)
        assert self.vote(client, poll, ids(poll)[0]).status_code == 409

    def test_is_not_there_for_guests_to_vote_nor_where_there_is_no_poll_to_see(self):
        poll = make_poll()
        assert self.vote(Client(), poll, ids(poll)[0]).status_code == 302
        assert not Ballot.objects.exists()
        client = signed_in()
        assert client.post(f"/posts/{make_post().pk}/poll/vote/", {"option": 1}).status_code == 404
        poll.post.hide(make_moderator(), "Spam")
        assert self.vote(client, poll, ids(poll)[0]).status_code == 404

    @pytest.mark.parametrize(
        ("results", "guest", "before", "after", "closed"),
        [("always", 1, 1, 1, 1), ("voted", 0, 0, 1, 1), ("closed", 0, 0, 0, 1)],
    )
    def test_shows_the_results_to_whom_the_author_chose(self, results, guest, before, after, closed):
        poll, reader = make_poll(results=results), make_member()
        polls.vote(poll, make_member(), ids(poll)[:1])

        def shows(client: Client) -> int:
            return int("poll__count" in client.get(poll.post.get_absolute_url()).content.decode())

        client = signed_in(reader)
        seen = [shows(Client()), shows(client)]
        polls.vote(poll, reader, ids(poll)[:1])
        seen.append(shows(client))
        polls.close(poll, poll.post.author)
        assert [*seen, shows(client), shows(Client())] == [guest, before, after, closed, closed]

    def test_lists_who_voted_where_that_is_open_and_only_there(self):
        voter, reader = make_member("voter_one"), make_member()
        listed, secret = make_poll(is_open=True, results="voted"), make_poll(results="voted")
        for poll in (listed, secret):
            polls.vote(poll, voter, ids(poll)[:1])
        client, address = signed_in(reader), f"/posts/{listed.post_id}/poll/{ids(listed)[0]}/voters/"
        assert client.get(address).status_code == 403  # has not voted yet
        polls.vote(listed, reader, ids(listed)[1:2])
        assert "voter_one" in client.get(address).content.decode()
        assert Client().get(address).status_code == 302
        for anybody in (client, signed_in(make_moderator()), signed_in(secret.post.author), signed_in(voter)):
            assert anybody.get(f"/posts/{secret.post_id}/poll/{ids(secret)[0]}/voters/").status_code == 404
            assert "voter_one" not in Client().get(secret.post.get_absolute_url()).content.decode()
        assert client.get(f"/posts/{listed.post_id}/poll/{ids(secret)[0]}/voters/").status_code == 404

    def test_costs_a_guest_one_query_more_with_a_poll_and_none_without(self, django_assert_max_num_queries):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        def cost(post: Post) -> int:
            with CaptureQueriesContext(connection) as queries:
                assert Client().get(post.get_absolute_url()).status_code == 200
            return len(queries)

        cost(make_post())
        without = cost(make_post())
        assert cost(make_poll(*"abcdefghij").post) == without + 1


class TestClosing:
    def test_is_for_the_author_and_moderators_who_say_why(self):
        first, second = make_poll(), make_poll()
        assert signed_in().post(f"/posts/{first.post_id}/poll/close/").status_code == 403
        assert signed_in(first.post.author).post(f"/posts/{first.post_id}/poll/close/").status_code == 302
        moderator = signed_in(make_moderator())
        assert moderator.post(f"/posts/{second.post_id}/poll/close/").status_code == 422
        for _ in range(2):
            assert moderator.post(f"/posts/{second.post_id}/poll/close/", {"reason": "Flooded"}).status_code == 302
        assert Poll.objects.exclude(closed_at=None).count() == 2
        assert [each.reason for each in Action.objects.all()] == ["Flooded"]


class TestTheComposer:
    def write(self, client: Client, **fields):
        return client.post("/community/new/", sent(**fields))

    def test_asks_with_a_post(self):
        day = timezone.localdate() + timedelta(days=3)
        answer = self.write(
            signed_in(), poll_options="Foam\r\n\r\n  Lotion \n", poll_question="Which one?", poll_multiple="on",
            poll_open="on", poll_results="voted", poll_closes=day.isoformat(),
        )  # fmt: skip
        assert answer.status_code == 302
        poll = Poll.objects.get()
        assert [str(option) for option in poll.options.all()] == ["Foam", "Lotion"]
        assert (poll.is_multiple, poll.is_open, poll.results, str(poll)) == (True, True, "voted", "Which one?")
        assert poll.closes_at.date() == day + timedelta(days=1)

    @pytest.mark.parametrize(
        "fields",
        [
            {"poll_options": "One"}, {"poll_options": "\n".join(map(str, range(11)))}, {"poll_options": "Yes\nYES"},
            {"poll_options": "Yes\n" + "x" * 121}, {"poll_options": "Yes\nNo", "poll_closes": "2001-01-01"},
            {"poll_options": "Yes\nNo", "poll_closes": "9999-12-31"}, {"poll_options": "Yes\nNo", "poll_closes": "soon"},
            {"poll_options": "Yes\nNo", "poll_results": "never"}, {"poll_options": "x" * 5000},
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_with_a_poll_and_keeps_it(self, fields):
        answer = self.write(signed_in(), **fields)
        assert answer.status_code == 422
        assert not Post.objects.exists()
        assert answer.context["form"]["poll_options"].value() == fields["poll_options"]

    def test_writes_no_poll_where_nothing_is_asked_and_one_for_a_form_sent_twice(self):
        client = signed_in()
        self.write(client, poll_closes="2001-01-01")
        assert not Poll.objects.exists()
        for _ in range(2):
            self.write(client, title="Other", poll_options="Yes\nNo", token="6f1ed002-ab5d-4a0b-b4c1-8f3e3a1f0001")
        assert Poll.objects.count() == 1

    def test_takes_the_poll_of_the_form_that_was_sent_last_until_somebody_has_voted(self):
        """Gone back in the browser, and sent again with the same words: also while the post waits for a moderator."""
        client, same = signed_in(), {"title": "Other", "token": "6f1ed002-ab5d-4a0b-b4c1-8f3e3a1f0001"}
        with override_settings(HOLD_FIRST=2):
            self.write(client, poll_options="Yes\nNo", **same)
            self.write(client, poll_options="Foam\nLotion", **same)
        post = Post.objects.get()
        assert post.is_waiting and list(post.poll.options.values_list("words", flat=True)) == ["Foam", "Lotion"]
        post.unhide(make_moderator(), "Fine")
        polls.vote(post.poll, make_member(), [post.poll.options.first().pk])
        assert self.write(client, poll_options="Yes\nNo", **same).status_code == 302
        assert Post.objects.get().poll.options.first().words == "Foam"

    def test_keeps_a_poll_in_the_draft(self):
        member = make_member()
        client = signed_in(member)
        client.post("/drafts/keep/post_new/0/", {"poll_options": "Yes\nNo", "poll_multiple": "on"})
        assert Draft.objects.get(member=member).fields["poll_options"] == "Yes\nNo"
        assert client.get("/community/new/").context["form"]["poll_multiple"].value() == "on"

    def test_changes_a_poll_until_somebody_has_voted(self):
        poll = make_poll("Yes", "No", closes_at=timezone.now() + timedelta(days=2))
        post = poll.post
        client, address = signed_in(post.author), f"/posts/{post.pk}/edit/"
        form = client.get(address).context["form"]
        assert form["poll_options"].value() == "Yes\nNo"
        client.post(address, sent(version=1, poll_options="Yes\nNo\nPerhaps"))
        assert Poll.objects.get().options.count() == 3
        client.post(address, sent(version=2))  # a form that says nothing of a poll leaves it
        polls.vote(Poll.objects.get(), make_member(), ids(Poll.objects.get())[:1])
        assert "poll_options" not in client.get(address).context["form"].fields
        assert client.post(address, sent(version=3, poll_options="A\nB", body="New words")).status_code == 302
        assert (Poll.objects.get().options.count(), Post.objects.get().text.body) == (3, "New words")

    def test_tells_of_a_vote_that_came_in_between(self, monkeypatch):
        poll = make_poll("Yes", "No")
        monkeypatch.setattr(polls, "is_fixed", lambda poll: False)
        client = signed_in(poll.post.author)
        polls.vote(poll, make_member(), ids(poll)[:1])
        monkeypatch.undo()
        # As the view met it: without votes when the form was made, with one when it is written.
        seen = iter([False, True])
        monkeypatch.setattr(polls, "is_fixed", lambda poll: next(seen))
        answer = client.post(f"/posts/{poll.post_id}/edit/", sent(version=1, poll_options="A\nB", body="New words"))
        assert answer.status_code == 409
        assert "New words" in answer.content.decode()
        assert Poll.objects.get().options.first().words == "Yes"
