"""Reports and the cases they make: who may, what follows, and how it is taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Member
from forum.models import Comment, Post
from moderation import reporting
from moderation.models import Action, Case, Report
from notices.models import Notification
from tests.builders import make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def reported(thing=None, kind: str = "post", times: int = 1) -> Case:
    thing = thing or make_post()
    for _ in range(times):
        reporting.report(thing, kind, make_member(), "spam", "Look")
    return Case.objects.get(object_id=thing.pk, kind=kind, state__in=Case.WAITING)


class TestReporting:
    def test_makes_a_case_with_the_words_as_they_were(self, client) -> None:
        post = make_post(title="Buy this", body="Cheap pills")
        client.force_login(make_member())
        answer = client.post(f"/report/post/{post.pk}/", {"reason": "spam", "note": "An advertisement"})
        assert answer.status_code == 302 and answer["Location"] == post.get_absolute_url()
        post.edit(category=post.category, title="Hello", body="Nothing here", version=post.version)
        case = Case.objects.get()
        assert (case.label, case.words, case.author) == ("Buy this", "Buy this\n\nCheap pills", post.author)
        assert case.reports.get().note == "An advertisement"

    def test_again_by_the_same_member_is_one_report(self, client) -> None:
        post = make_post()
        client.force_login(make_member())
        for reason in ("spam", "rude"):
            client.post(f"/report/post/{post.pk}/", {"reason": reason})
        assert Report.objects.get().reason == "rude"
        assert Case.objects.get().report_count == 1

    def test_needs_a_reason_and_keeps_the_note(self, client) -> None:
        post = make_post()
        client.force_login(make_member())
        answer = client.post(f"/report/post/{post.pk}/", {"note": "My words"})
        assert answer.status_code == 422 and "My words" in answer.text and "Choose what is wrong." in answer.text
        assert not Case.objects.exists()

    def test_by_a_guest_asks_to_sign_in(self, client) -> None:
        assert "/accounts/login/" in client.get(f"/report/post/{make_post().pk}/")["Location"]

    def test_of_what_one_cannot_see_is_not_found(self, client) -> None:
        post, comment = make_post(), make_comment()
        post.hide(make_moderator(), "Rude")
        comment.delete_by_author()
        client.force_login(make_member())
        for address in (f"post/{post.pk}", f"comment/{comment.pk}", "post/999999999", "nothing/1"):
            assert client.post(f"/report/{address}/", {"reason": "spam"}).status_code == 404

    def test_of_ones_own_words_is_refused(self, client) -> None:
        post = make_post()
        client.force_login(post.author)
        assert client.post(f"/report/post/{post.pk}/", {"reason": "spam"}).status_code == 403

    def test_of_a_member_and_of_a_comment_works_too(self, client) -> None:
        comment = make_comment(body="Buy pills")
        client.force_login(make_member())
        client.post(f"/report/member/{comment.author_id}/", {"reason": "rude"})
        client.post(f"/report/comment/{comment.pk}/", {"reason": "spam"})
        assert {case.kind for case in Case.objects.all()} == {"member", "comment"}

    def test_is_offered_to_members_on_what_others_wrote(self, client) -> None:
        comment = make_comment()
        page = comment.post.get_absolute_url()
        assert "/report/" not in client.get(page).text
        client.force_login(comment.author)
        shown = client.get(page).text
        assert f"/report/post/{comment.post_id}/" in shown and f"/report/comment/{comment.pk}/" not in shown


@pytest.mark.django_db(transaction=True)
def test_many_reports_at_the_same_moment_are_one_case_that_counts_them_all() -> None:
    post, members = make_post(), [make_member() for _ in range(12)]

    def one(member: Member) -> None:
        try:
            reporting.report(post, "post", member, "spam")
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(one, members))
    case = Case.objects.get()
    assert (case.report_count, case.weight, case.reports.count()) == (12, 6.0, 12)
    assert Post.objects.get(pk=post.pk).is_hidden


class TestWeight:
    def test_rises_and_falls_with_having_been_right(self) -> None:
        member = make_member()
        assert reporting.weight_of(member) == 0.5
        moderator = make_moderator()
        for _ in range(2):
            post = make_post()
            reporting.report(post, "post", member, "spam")
            reporting.uphold(Case.objects.get(object_id=post.pk), moderator, "Yes")
        assert reporting.weight_of(member) == 0.75
        post = make_post()
        reporting.report(post, "post", member, "spam")
        reporting.reject(Case.objects.get(object_id=post.pk), moderator, "No")
        assert reporting.weight_of(member) == 0.6

    def test_puts_the_case_of_trusted_reporters_first(self) -> None:
        trusted, moderator = make_member(), make_moderator()
        first = make_post()
        reporting.report(first, "post", trusted, "spam")
        reporting.uphold(Case.objects.get(), moderator, "Yes")
        ordinary = reported()
        better = make_post()
        reporting.report(better, "post", trusted, "spam")
        waiting = Case.objects.filter(state__in=Case.WAITING)
        assert [case.object_id for case in waiting] == [better.pk, ordinary.object_id]


class TestHidingByReports:
    def test_takes_three_members_of_ordinary_standing(self) -> None:
        post = make_post()
        reported(post, times=2)
        assert not Post.objects.get(pk=post.pk).is_hidden
        case = reported(post)
        assert Post.objects.get(pk=post.pk).is_hidden and case.was_hidden_by_reports
        assert Action.objects.get(action="hide").role == "the members' reports"

    def test_is_not_done_by_members_who_are_mostly_wrong(self) -> None:
        moderator, wrong = make_moderator(), [make_member() for _ in range(3)]
        for member in wrong:
            post = make_post()
            reporting.report(post, "post", member, "spam")
            reporting.reject(Case.objects.get(object_id=post.pk), moderator, "No")
        post = make_post()
        for member in wrong:
            reporting.report(post, "post", member, "spam")
        assert not Post.objects.get(pk=post.pk).is_hidden

    def test_ends_with_the_moderators_no_and_is_not_done_again(self) -> None:
        post = make_post()
        reporting.reject(reported(post, times=3), make_moderator(), "It is fine")
        assert not Post.objects.get(pk=post.pk).is_hidden
        reported(post, times=4)
        assert not Post.objects.get(pk=post.pk).is_hidden

    def test_of_a_member_hides_nobody(self) -> None:
        member = make_member()
        assert reported(member, "member", times=5).report_count == 5


class TestDeciding:
    def test_hides_and_tells_the_reporters_once(self) -> None:
        comment = make_comment()
        case = reported(comment, "comment", times=2)
        reporting.uphold(case, make_moderator(), "Advertising")
        assert Comment.objects.get(pk=comment.pk).is_hidden
        told = list(Notification.objects.filter(kind=reporting.KIND))
        assert len(told) == 2 and all("Advertising" in each.words and "acted on" in each.words for each in told)

    def test_of_one_case_by_two_is_done_once(self) -> None:
        case = reported()
        reporting.reject(case, make_moderator(), "Fine")
        with pytest.raises(reporting.Closed):
            reporting.uphold(case, make_moderator(), "Not fine")
        assert not Post.objects.get(pk=case.object_id).is_hidden

    @pytest.mark.parametrize("times", [1, 3])
    @pytest.mark.parametrize("decide", [reporting.uphold, reporting.reject])
    def test_taken_back_leaves_everything_as_before(self, decide, times: int) -> None:
        comment = make_comment()
        case = reported(comment, "comment", times=times)

        def state() -> tuple:
            fresh = Comment.objects.select_related("post").get(pk=comment.pk)
            kept = Case.objects.filter(pk=case.pk).values_list(
                "state", "closed_at", "closed_by", "was_hidden_by_reports"
            )
            return fresh.is_hidden, fresh.post.comment_count, list(kept), list(case.reports.values_list("was_right"))

        before, moderator = state(), make_moderator()
        decide(case, moderator, "So")
        assert state() != before
        reporting.reopen(case, moderator, "A mistake")
        assert state() == before

    def test_can_be_left_without_hiding(self) -> None:
        case = reported()
        reporting.uphold(case, make_moderator(), "True, but mended", hide=False)
        assert not Post.objects.get(pk=case.object_id).is_hidden
        assert Case.objects.get().state == Case.State.UPHELD

    def test_leaves_what_a_moderator_had_hidden_before_when_taken_back(self) -> None:
        post, moderator = make_post(), make_moderator()
        case = reported(post)
        post.hide(moderator, "Rude")
        reporting.uphold(case, moderator, "Rude")
        reporting.reopen(case, moderator, "Wait")
        assert Post.objects.get(pk=post.pk).is_hidden


class TestTheDesk:
    def test_shows_the_case_and_lets_a_moderator_decide(self, client) -> None:
        post = make_post(title="Buy <b>this</b>", body="<script>alert(1)</script>")
        case = reported(post)
        client.force_login(make_moderator())
        page = client.get(f"/admin/moderation/case/{case.pk}/change/").text
        assert "&lt;script&gt;" in page and "<script>alert" not in page and "Look" in page
        answer = client.post(f"/admin/moderation/case/{case.pk}/decide/uphold/", {"reason": "Advertising"})
        assert answer.status_code == 302
        assert Post.objects.get(pk=post.pk).is_hidden

    def test_wants_a_reason(self, client) -> None:
        case = reported()
        client.force_login(make_moderator())
        client.post(f"/admin/moderation/case/{case.pk}/decide/uphold/", {"reason": " "})
        assert Case.objects.get().is_waiting and not Post.objects.get(pk=case.object_id).is_hidden

    def test_goes_on_to_the_next_case(self, client) -> None:
        one, two = reported(times=2), reported()
        client.force_login(make_moderator())
        answer = client.post(f"/admin/moderation/case/{one.pk}/decide/reject/", {"reason": "Fine"})
        assert answer["Location"] == f"/admin/moderation/case/{two.pk}/change/"

    def test_lets_nobody_decide_about_themselves(self, client) -> None:
        moderator = make_moderator()
        case = reported(make_post(author=moderator))
        client.force_login(moderator)
        assert client.post(f"/admin/moderation/case/{case.pk}/decide/reject/", {"reason": "Fine"}).status_code == 403
        assert Case.objects.get().is_waiting

    def test_leaves_what_was_escalated_to_the_admins(self, client) -> None:
        case = reported()
        client.force_login(make_moderator())
        client.post(f"/admin/moderation/case/{case.pk}/decide/escalate/", {"reason": "Legal"})
        assert client.post(f"/admin/moderation/case/{case.pk}/decide/reject/", {"reason": "Fine"}).status_code == 403
        client.force_login(make_member(is_staff=True, is_superuser=True))
        assert client.post(f"/admin/moderation/case/{case.pk}/decide/reject/", {"reason": "Fine"}).status_code == 302

    @pytest.mark.parametrize("who", [make_member, lambda: make_member(is_staff=True)])
    @pytest.mark.parametrize("verb", ["claim", "uphold", "agree", "reject", "escalate", "reopen", "nothing"])
    def test_is_closed_to_others(self, client, who, verb: str) -> None:
        case = reported()
        client.force_login(who())
        answer = client.post(f"/admin/moderation/case/{case.pk}/decide/{verb}/", {"reason": "So"})
        assert answer.status_code in (302, 403) and "/change/" not in answer.get("Location", "")
        case.refresh_from_db()
        assert case.state == Case.State.OPEN

    def test_decides_nothing_by_get(self, client) -> None:
        case = reported()
        client.force_login(make_moderator())
        assert client.get(f"/admin/moderation/case/{case.pk}/decide/uphold/").status_code == 405

    def test_lists_what_waits_and_what_is_done_apart(self, client) -> None:
        waiting, done = reported(make_post(title="Waits here")), reported(make_post(title="Done here"))
        reporting.reject(done, make_moderator(), "Fine")
        client.force_login(make_moderator())
        queue = client.get("/admin/moderation/case/").text
        assert waiting.label in queue and done.label not in queue
        assert done.label in client.get("/admin/moderation/case/?state=done").text

    def test_begins_with_whom_somebody_fears_for_and_goes_on_in_that_order(self, client) -> None:
        spam, feared = reported(make_comment(body="Buy my drops"), "comment"), make_comment(body="I am so tired of it")
        reporting.report(feared, "comment", make_member(), "self-harm")
        last = reported(times=2)
        client.force_login(make_moderator())
        queue = client.get("/admin/moderation/case/").text
        places = [queue.index(words) for words in ("I am so tired of it", "Advertising or spam (2)", "Buy my drops")]
        assert places == sorted(places)
        case = Case.objects.get(object_id=feared.pk, kind="comment")
        answer = client.post(f"/admin/moderation/case/{spam.pk}/decide/reject/", {"reason": "Fine"})
        assert answer["Location"] == f"/admin/moderation/case/{case.pk}/change/"
        answer = client.post(f"/admin/moderation/case/{case.pk}/decide/agree/", {"reason": "We wrote to them"})
        assert answer["Location"] == f"/admin/moderation/case/{last.pk}/change/"


class TestThePublicLog:
    def test_tells_what_and_why_and_not_who_or_what_was_hidden(self, client) -> None:
        moderator = make_moderator("secretname")
        make_post(title="Hidden title").hide(moderator, "Advertising")
        page = client.get("/moderation/log/").text
        assert "Hide" in page and "Advertising" in page and "a moderator" in page
        assert "secretname" not in page and "Hidden title" not in page
        client.force_login(moderator)
        assert "secretname" in client.get("/moderation/log/").text
