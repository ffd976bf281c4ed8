"""Summaries: who wrote what when, what the check asks, who reviews, what members propose."""

from __future__ import annotations

import html
import re

import pytest
from django.db import transaction

from common.differences import differences
from notices.models import Notification
from studies.errors import StaleEdit
from studies.merging import merge
from studies.models import ErrorReport, Study, StudyChange, Summary, SummaryProposal, SummaryVersion
from tests.builders import make_librarian, make_member, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian(client):
    member = make_librarian("odile")
    client.force_login(member)
    return member


def with_abstract(abstract: str = "In 144 people it helped 45% of them.", **fields) -> Study:
    study = make_study("A trial of ointment", **fields)
    study.text.abstract = abstract
    study.text.abstract_html = f"<p>{abstract}</p>"
    study.text.save()
    return study


def address(study: Study, page: str = "edit") -> str:
    return f"{study.get_absolute_url()}summary/{page}/"


def words(**more) -> dict:
    return {"version": "0", "tldr": "It helped.", "body": "In **some** people.", "writer": "mine", **more}


def ticks_of(answer) -> list[str]:
    return re.findall(r'name="accept" value="(\w+)"', answer.text)


class TestWriting:
    def test_stores_the_words_a_version_and_a_line_of_history(self, client, librarian):
        study = with_abstract()
        assert client.post(address(study), words(reason="The first")).status_code == 302
        summary = Summary.objects.get()
        assert (summary.tldr, summary.version, summary.writer, summary.is_reviewed) == (
            "It helped.",
            1,
            librarian,
            False,
        )
        assert "<strong>some</strong>" in summary.body_html
        version = SummaryVersion.objects.get()
        assert (version.number, version.editor, version.reason) == (1, librarian, "The first")
        change = StudyChange.objects.get(study=study, kind="summary")
        assert (change.actor, change.reason) == (librarian, "The first")

    def test_pressed_twice_is_one_version(self, client, librarian):
        study = with_abstract()
        for _ in range(2):
            assert client.post(address(study), words()).status_code == 302
        assert SummaryVersion.objects.count() == 1

    def test_is_for_librarians(self, client):
        study = with_abstract()
        assert "/accounts/login/" in client.get(address(study))["Location"]
        client.force_login(make_member())
        assert client.get(address(study)).status_code == 403
        assert client.post(address(study), words()).status_code == 403
        assert not Summary.objects.exists()

    def test_without_a_tldr_comes_back_with_everything_typed(self, client, librarian):
        answer = client.post(address(with_abstract()), words(tldr=" "))
        assert answer.status_code == 422
        assert "In **some** people." in answer.text

    def test_on_an_old_version_shows_both_texts_and_loses_neither(self, client, librarian):
        study = with_abstract()
        client.post(address(study), words(tldr="Theirs."))
        answer = client.post(address(study), words(tldr="Mine.", version="0"))
        assert answer.status_code == 409
        assert "Theirs." in answer.text and "Mine." in answer.text
        assert Summary.objects.get().tldr == "Theirs."
        version = re.search(r'name="version" value="(\d+)"', answer.text)
        assert version and client.post(address(study), words(tldr="Mine.", version=version[1])).status_code == 302
        assert [each.tldr for each in SummaryVersion.objects.order_by("number")] == ["Theirs.", "Mine."]

    def test_previews_without_saving(self, client, librarian):
        study = with_abstract()
        answer = client.post(address(study), words(preview="1"))
        assert answer.status_code == 200 and "<strong>some</strong>" in answer.text
        assert not Summary.objects.exists()
        assert "<strong>x</strong>" in client.post("/studies/summary/preview/", {"body": "**x** <script>"}).text

    def test_keeps_a_version_however_the_row_was_written(self):
        study = make_study(tldr="Told by an import.")
        assert SummaryVersion.objects.get(study=study).tldr == "Told by an import."

    def test_tells_the_thread_what_is_said_now(self, librarian):
        study = make_study(tldr="Old words.")
        thread = study.open_discussion(make_member())
        Summary.write(study, tldr="New words.", body="", editor=librarian, version=1)
        thread.refresh_from_db()
        assert "New words." in thread.text.body and "New words." in thread.own_gist

    def test_is_refused_by_the_database_for_a_second_version_of_a_number(self, librarian):
        study = with_abstract()
        Summary.write(study, tldr="One.", body="", editor=librarian, version=0)
        with pytest.raises(StaleEdit), transaction.atomic():
            Summary.write(study, tldr="Two.", body="", editor=librarian, version=0)
        assert Summary.objects.get().tldr == "One."


class TestTheCheck:
    def test_stops_a_number_that_is_not_in_the_abstract_until_it_is_ticked_off(self, client, librarian):
        study = with_abstract()
        wrong = words(tldr="It helped 54% of 144 people.")
        stopped = client.post(address(study), wrong)
        assert stopped.status_code == 422
        assert not Summary.objects.exists()
        (tick,) = ticks_of(stopped)
        assert client.post(address(study), wrong | {"accept": "0" * 20}).status_code == 422
        assert client.post(address(study), wrong | {"accept": tick}).status_code == 302
        assert [each["words"] for each in SummaryVersion.objects.get().accepted] == ["54%"]
        page = client.get(f"{address(study, 'history')}1/").text
        assert "Ticked off" in page and "54%" in page

    def test_does_not_let_a_tick_stand_for_another_sentence(self, client, librarian):
        study = with_abstract()
        (tick,) = ticks_of(client.post(address(study), words(tldr="It helped 54% of them.")))
        assert client.post(address(study), words(tldr="It harmed 54% of them.", accept=tick)).status_code == 422

    def test_asks_one_tick_where_there_is_no_abstract(self, client, librarian):
        study = make_study()
        stopped = client.post(address(study), words(tldr="It helped 99% of 7 people."))
        assert "nothing could be checked" in stopped.text
        (tick,) = ticks_of(stopped)
        assert client.post(address(study), words(tldr="It helped 99% of 7 people.", accept=tick)).status_code == 302

    def test_lets_what_the_abstract_says_pass(self, client, librarian):
        study = with_abstract()
        assert client.post(address(study), words(tldr="It helped 45 % of 144 people.")).status_code == 302


class TestReview:
    def test_by_another_librarian_is_shown_everywhere(self, client):
        study = with_abstract(tldr="It helped.")
        Summary.objects.update(writer_kind="model", writer_name="a-model-7")
        for page in (study.get_absolute_url(), "/studies/", "/", "/search/?q=ointment"):
            assert "Machine text, not reviewed" in client.get(page).text, page
        librarian = make_librarian()
        client.force_login(librarian)
        for _ in range(2):
            assert client.post(address(study, "review"), {"version": "1"}).status_code == 302
        client.logout()
        for page in (study.get_absolute_url(), "/studies/", "/", "/search/?q=ointment"):
            assert "not reviewed" not in client.get(page).text, page
        assert f'Reviewed by <a href="/members/{librarian.username}/"' in client.get(study.get_absolute_url()).text
        assert SummaryVersion.objects.get().reviewer == librarian
        assert StudyChange.objects.filter(study=study, words__contains="reviewed").count() == 1

    def test_says_not_reviewed_of_human_words_too(self, client):
        study = make_study(tldr="It helped.")
        assert "Not reviewed" in client.get("/studies/").text
        assert "Not reviewed" in client.get(study.get_absolute_url()).text

    def test_is_lost_with_new_words_unless_the_editor_reviews_them(self, client, librarian):
        study = with_abstract(tldr="It helped.")
        Summary.objects.get().review(librarian)
        client.post(address(study), words(tldr="It helped some.", version="1", writer="kept"))
        assert not Summary.objects.get().is_reviewed
        assert SummaryVersion.objects.get(number=1).is_reviewed
        client.post(address(study), words(tldr="It helped a few.", version="2", writer="kept", reviewed="on"))
        assert Summary.objects.get().reviewer == librarian

    def test_of_ones_own_words_is_for_others_unless_nobody_else_is_there(self, client, librarian):
        study = with_abstract()
        assert client.post(address(study), words(reviewed="on")).status_code == 302
        assert Summary.objects.get().is_reviewed
        make_librarian()
        answer = client.post(address(study), words(version="1", tldr="It helped some.", reviewed="on"))
        assert answer.status_code == 422
        assert "another librarian" in answer.text
        assert Summary.objects.get().tldr == "It helped."

    def test_of_a_version_that_is_not_the_newest_is_not_taken(self, client, librarian):
        study = with_abstract(tldr="It helped.")
        Summary.write(study, tldr="Newer.", body="", editor=make_librarian(), version=1)
        client.post(address(study, "review"), {"version": "1"})
        assert not Summary.objects.get().is_reviewed

    def test_is_not_for_members(self, client):
        study = with_abstract(tldr="It helped.")
        client.force_login(make_member())
        assert client.post(address(study, "review"), {"version": "1"}).status_code == 403
        assert client.get(address(study, "review")).status_code == 405
        assert not Summary.objects.get().is_reviewed


class TestNames:
    def test_follow_a_member_who_changes_or_leaves(self, client, librarian):
        study = with_abstract()
        writer = make_member("first_name_of_all")
        Summary.write(
            study, tldr="It helped.", body="", editor=librarian, version=0, writer=writer, writer_kind="member"
        )
        writer.username = "another_name_x"
        writer.save()
        assert "another_name_x" in client.get(study.get_absolute_url()).text
        writer.is_active = False
        writer.save()
        assert 'href="/members/another_name_x/"' not in client.get(study.get_absolute_url()).text
        writer.delete()
        page = client.get(study.get_absolute_url()).text
        assert "a former member" in page and "another_name_x" not in page


class TestHistory:
    def test_shows_every_version_and_what_changed_to_everyone(self, client, librarian):
        study = with_abstract()
        client.post(address(study), words(tldr="It helped many people."))
        client.post(address(study), words(tldr="It helped some people.", version="1", reason="Too strong"))
        client.logout()
        page = client.get(address(study, "history"))
        assert page.text.count("It helped") == 2 and "Too strong" in page.text
        page = client.get(f"{address(study, 'history')}2/").text
        assert re.search(r"<del>.*many.*</del>", page) and re.search(r"<ins>.*some.*</ins>", page)
        assert "[taken out: " in page
        assert client.get(f"{address(study, 'history')}9/").status_code == 404
        assert client.get(address(make_study(), "history")).status_code == 200

    def test_escapes_what_it_shows(self, client, librarian):
        study = with_abstract()
        evil = "<img src=x onerror=alert(1)>"
        client.post(address(study), words(tldr=evil, body=evil, reason=evil))
        client.post(address(study), words(tldr=f"{evil} more", body=evil, version="1"))
        for page in ("history", "history/1", "history/2", "edit"):
            assert evil not in client.get(address(study, page)).text

    @pytest.mark.parametrize(
        ("before", "after"),
        [("a b c", "a x c"), ("", "new"), ("old", ""), ("Ein\n\nzwei drei", "Ein\nzwei, drei"), ("a a a", "a a")],
    )
    def test_pieces_give_both_texts_again(self, before, after):
        pieces = differences(before, after)
        assert "".join(each.text for each in pieces if each.kind != "new") == before
        assert "".join(each.text for each in pieces if each.kind != "gone") == after


class TestProposals:
    def test_of_a_member_wait_and_are_published_with_the_member_as_writer(self, client):
        study, member = with_abstract(), make_member()
        client.force_login(member)
        assert client.post(address(study, "propose"), words(tldr="It helped 45%.")).status_code == 302
        assert not Summary.objects.exists()
        proposal = SummaryProposal.objects.get()
        client.force_login(make_librarian())
        assert "It helped 45%." in client.get("/librarians/summaries/").text
        desk = f"/librarians/summaries/{proposal.pk}/"
        assert "It helped 45%." in client.get(desk).text
        assert client.post(desk, words(tldr="It helped 45%.", writer="kept")).status_code == 302
        summary = Summary.objects.get()
        assert (summary.writer, summary.writer_kind) == (member, "member")
        assert "published" in Notification.objects.get(member=member).words
        assert client.post(desk, words(tldr="Again.")).status_code == 302
        assert Summary.objects.get().tldr == "It helped 45%."

    def test_can_be_declined_with_words_that_the_member_is_told(self, client):
        study, member = with_abstract(), make_member()
        proposal = SummaryProposal.send(study, member, tldr="It heals all.", body="")
        client.force_login(make_librarian())
        desk = f"/librarians/summaries/{proposal.pk}/"
        assert client.post(desk, words(decline="1", words=" ")).status_code == 422
        assert client.post(desk, words(decline="1", words="Too strong.")).status_code == 302
        assert "Too strong." in Notification.objects.get(member=member).words
        assert not Summary.objects.exists()

    def test_sent_again_replace_the_one_that_waits(self):
        study, member = make_study(), make_member()
        SummaryProposal.send(study, member, tldr="One.", body="")
        SummaryProposal.send(study, member, tldr="Two.", body="")
        assert SummaryProposal.objects.get().tldr == "Two."

    def test_are_not_published_by_a_member(self, client):
        proposal = SummaryProposal.send(make_study(), make_member(), tldr="One.", body="")
        client.force_login(make_member())
        assert client.get(f"/librarians/summaries/{proposal.pk}/").status_code == 403
        assert client.get("/librarians/summaries/").status_code == 403

    def test_are_checked_like_any_summary(self, client):
        study = with_abstract()
        client.force_login(make_member())
        answer = client.post(address(study, "propose"), words(tldr="It helped 99%."))
        assert answer.status_code == 422 and "99%" in html.unescape(answer.text)
        (tick,) = ticks_of(answer)
        client.post(address(study, "propose"), words(tldr="It helped 99%.", accept=tick))
        assert SummaryProposal.objects.get().accepted[0]["words"] == "99%"


class TestAfterAMerge:
    def test_both_histories_are_one_and_the_summary_is_its_last_version(self, librarian):
        kept, gone = with_abstract(tldr="Kept, first."), make_study(tldr="Gone, first.")
        Summary.write(gone, tldr="Gone, second.", body="", editor=librarian, version=1)
        Summary.objects.get(study=gone).review(librarian)
        merge(kept, gone, actor=librarian, reason="The same work")
        summary = Summary.objects.get()
        assert (summary.study_id, summary.tldr, summary.version) == (kept.pk, "Gone, second.", 3)
        told = SummaryVersion.objects.order_by("number").values_list("number", "tldr")
        assert [number for number, _ in told] == [1, 2, 3] and told[2][1] == "Gone, second."
        Summary.write(kept, tldr="After.", body="", editor=librarian, version=3)

    def test_what_members_asked_moves_and_none_is_lost(self, librarian):
        kept, gone, member = make_study(), make_study(), make_member()
        for study in (kept, gone):
            ErrorReport.send(study, member, kind="other", words="Wrong.")
            SummaryProposal.send(study, member, tldr="Mine.", body="")
        merge(kept, gone, actor=librarian, reason="The same work")
        assert sorted(kept.error_reports.values_list("status", flat=True)) == ["known", "waiting"]
        assert sorted(kept.summary_proposals.values_list("status", flat=True)) == ["declined", "waiting"]
