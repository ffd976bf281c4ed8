"""Leaving: closed at once, open again for 14 days, and then nothing of the person is left anywhere."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as site
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import leaving
from accounts.models import DataCopy, Leaving, Member
from accounts.models.leaving import UNDO, is_taken
from common import personal, recount
from common.personal import Choice, Keep
from common.pictures import keeping
from forum.history import revisions_of
from forum.models import Comment, Poll, Post, PostTag, WaitingEdit
from moderation import log
from moderation.models import Action, Case, Report
from notices.models import Notification, Preference
from studies.models import Summary
from tests.accounts.conftest import PASSWORD, Visitor
from tests.builders import make_comment, make_member, make_moderator, make_post
from tests.life import Life

pytestmark = pytest.mark.django_db
LEAVE = "/settings/leave/"


def found_anywhere(*needles: str) -> list[str]:
    """Every column of every table, and every file, that holds one of these words."""
    hits = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND (data_type IN ('text', 'character varying', 'json', 'jsonb', 'tsvector', 'ARRAY', 'inet'))"
        )
        columns = cursor.fetchall()
        assert len(columns) > 150
        for table, column in columns:
            for needle in needles:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE %s',
                    [f"%{needle.replace('_', chr(92) + '_')}%"],
                )
                if cursor.fetchone()[0]:
                    hits.append(f"{table}.{column}: {needle}")
    for folder in ("media", "copies", "imports", "open-data"):
        for path in (Path(site.VAR_DIR) / folder).rglob("*"):
            if path.is_file() and any(needle.encode() in path.read_bytes() for needle in needles):
                hits.append(str(path))
    return hits


def go(member: Member, choice: Choice) -> None:
    leaving.ask(member, choice)
    Leaving.objects.filter(member=member.pk).update(due_at=timezone.now())
    for _ in range(50):
        if leaving.carry_out_due():
            return
    pytest.fail("The farewell comes to no end.")


@pytest.fixture
def life() -> Life:
    life = Life("maren_one", "zebrafinch", friend=make_member("olga_two"))
    moderator = make_moderator()
    life.post.hide(moderator, "Rude")
    life.post.unhide(moderator, "A mistake")
    log.record(moderator, "warn", life.member, "Rude")
    life.fill(moderator)
    DataCopy.objects.create(
        member=life.member, state="ready", ready_at=timezone.now(), file="gone.zip"
    ).path.write_bytes(b"zebrafinch")
    assert len(found_anywhere("zebrafinch", "maren_one")) > 40
    return life


class TestGone:
    def test_with_posts_removed_nothing_is_left_in_any_table_or_file(self, life: Life) -> None:
        go(life.member, Choice.REMOVE)
        assert found_anywhere("zebrafinch", "maren_one") == []

    def test_with_posts_kept_only_their_words_are_left(self, life: Life) -> None:
        go(life.member, Choice.KEEP)
        assert found_anywhere("@zebrafinch.example", "maren_one") == []
        post = Post.objects.get(pk=life.post.pk)
        assert (post.author, post.title, post.text.body) == (
            None,
            "Another title, zebrafinch",
            "Other words, zebrafinch",
        )
        assert post.tags.get().name == "acne" and Post.objects.get(pk=life.alone.pk).poll.options.count() == 2
        assert Case.objects.get(kind="picture").words == ""
        # Nobody but they and moderators has read theirs; the friend's goes on waiting.
        assert WaitingEdit.objects.get().comment.author == life.friend
        assert Comment.objects.get(pk=life.comment.pk).text.body == "A better comment, zebrafinch"
        masked = Post.objects.get(pk=life.masked.pk)
        assert (
            masked.mask is None and masked.pseudonym == life.masked.pseudonym and masked.title == "Hidden, zebrafinch"
        )

    @pytest.mark.parametrize("choice", Choice)
    def test_no_row_leads_to_them_and_counters_equal_a_recount_and_votes_are_withdrawn(
        self, life: Life, choice: Choice, django_capture_on_commit_callbacks
    ) -> None:
        # What was done about an account stays in the public log, without its name.
        parts = [part for part in personal.parts() if not isinstance(part.leaving, Keep) and part.model is not Action]
        led = [part for part in parts if part.rows_of(life.member).exists()]
        assert len(led) > 75, sorted(f"{part.model.__name__}.{part.of}" for part in parts if part not in led)
        file = keeping.path_of("pictures", life.picture.name)
        assert file.exists()
        with django_capture_on_commit_callbacks(execute=True):
            go(life.member, choice)
        assert not file.exists()
        assert [f"{part.model.__name__}.{part.of}" for part in led if part.rows_of(life.member).exists()] == []
        assert {f"{each.table}.{each.column}": each.drifted() for each in recount.counters() if each.drifted()} == {}
        assert Post.objects.get(pk=life.theirs.pk).score == 0

    def test_answers_of_others_stay_and_hang_on_a_tombstone(self, life: Life) -> None:
        told = Notification.objects.filter(place=f"post:{life.theirs.pk}", part=life.there.pk)
        assert told.filter(member=life.friend).exists()
        go(life.member, Choice.REMOVE)
        comment, reply = Comment.objects.get(pk=life.comment.pk), Comment.objects.get(pk=life.reply.pk)
        assert comment.is_deleted and comment.author is None and comment.text.body == ""
        assert not told.exists()
        assert not PostTag.objects.filter(content_object=life.post.pk).exists()
        assert not Poll.objects.exclude(post=life.theirs).exists() and WaitingEdit.objects.count() == 1
        assert reply.parent == comment and reply.text.body == "So it is."
        page = Client().get(Post.objects.get(pk=life.post.pk).get_absolute_url())
        assert page.status_code == 200 and "I agree, @somebody." in page.text and "So it is." in page.text

    def test_others_lose_nothing(self, life: Life) -> None:
        other = Life("nora_six", "cassowary", friend=life.friend)
        go(life.member, Choice.REMOVE)
        assert Post.objects.filter(author=other.member).count() == 2
        assert other.member.notifications.count() > 0 and other.member.saved_studies.count() == 1
        assert Report.objects.filter(reporter=other.member).exists()
        theirs = Post.objects.get(pk=life.theirs.pk)
        assert theirs.author == life.friend and theirs.text.body == "What does @somebody say?"
        assert not revisions_of("post", theirs).exists()  # nobody has edited it

    def test_what_they_gave_stays_without_a_name(self, life: Life) -> None:
        go(life.member, Choice.REMOVE)
        assert Summary.objects.get(study=life.study).writer is None
        assert not Case.objects.filter(author=life.member.pk).exists()
        assert Case.objects.get(kind="summary").words == ""
        assert life.study.corrections.get().member is None

    def test_the_name_and_its_look_alikes_cannot_be_taken(self, life: Life, visitor: Visitor, settings) -> None:
        go(life.member, Choice.KEEP)
        assert is_taken("maren_one") and is_taken("Maren-0ne") and not is_taken("marenka")
        answer = visitor.sign_up("MarenOne")
        assert answer.status_code == 422 and "is taken" in answer.text
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
        assert is_taken("maren_one") and not is_taken("marenka")

    def test_a_name_that_begins_alike_is_not_touched(self, life: Life) -> None:
        other = make_member("maren_one-two")
        post = make_post(body="Ask @maren_one-two, not @maren_one.")
        go(life.member, Choice.KEEP)
        post.text.refresh_from_db()
        assert post.text.body == "Ask @maren_one-two, not @somebody."
        assert f'data-member="{other.pk}"' in post.text.body_html

    def test_a_worker_that_dies_at_any_step_has_done_no_harm(self, life: Life, monkeypatch) -> None:
        monkeypatch.setattr(personal, "LOT", 1)
        real, steps = personal.next_step, 0

        def dies(member, choice, begin=0):
            nonlocal steps
            steps += 1
            if steps % 3 == 0:
                raise ConnectionError
            return real(member, choice, begin)

        monkeypatch.setattr(personal, "next_step", dies)
        leaving.ask(life.member, Choice.REMOVE)
        Leaving.objects.update(due_at=timezone.now())
        for _ in range(300):
            try:
                leaving.carry_out_due()
            except ConnectionError:
                continue
            break
        assert steps > 20 and found_anywhere("zebrafinch", "maren_one") == []
        assert not any(each.drifted() for each in recount.counters())

    def test_a_run_does_as_much_as_its_time_allows_and_the_next_goes_on_there(self, monkeypatch) -> None:
        member = make_member("maren_one")
        post = make_post(author=member)
        make_comment(post, body="@maren_one, look")
        for kind in ("reply", "mention", "quote", "answer", "standing"):
            Preference.objects.create(member=member, kind=kind, place="site")
        monkeypatch.setattr(personal, "LOT", 1)
        leaving.ask(member, Choice.REMOVE)
        Leaving.objects.update(due_at=timezone.now())
        clock, runs, steps = itertools.count(), 0, Counter[tuple[int, str]]()
        monkeypatch.setattr(leaving, "time", SimpleNamespace(monotonic=lambda: next(clock)))

        def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *arguments: (steps.update([(runs, name)]), real(*arguments))[1]

        for name in ("sweep", "next_step"):
            monkeypatch.setattr(personal, name, counted(name, getattr(personal, name)))
        while not leaving.carry_out_due(seconds=4) and runs < 99:
            runs += 1
        assert 3 < runs < 99 and max(steps.values()) < 5
        assert found_anywhere("maren_one") == []


class TestAsking:
    def leave(self, visitor: Visitor, **form: str):
        asked = visitor.post(LEAVE, form)
        if asked.status_code == 302 and asked.url.startswith("/accounts/reauthenticate/"):
            assert not Leaving.objects.exists()
            return visitor.post(asked.url, {"password": PASSWORD})
        return asked

    def test_asks_for_the_password_closes_at_once_and_tells_by_mail(self, visitor: Visitor, maren: Member) -> None:
        visitor.sign_in()
        elsewhere = Visitor()
        elsewhere.sign_in()
        answer = self.leave(visitor, choice="keep")
        maren.refresh_from_db()
        assert not maren.is_active and not visitor.is_signed_in
        assert elsewhere.get("/settings/").status_code == 302
        assert not UserSession.objects.filter(user=maren).exists()
        assert Client().get("/members/maren/").status_code == 410
        assert "kept without a name" in visitor.get(answer.url).text
        assert mail.outbox[-1].to == ["maren@example.org"] and maren.leaving.link in mail.outbox[-1].body

    def test_signing_in_leads_to_the_way_back(self, visitor: Visitor, maren: Member) -> None:
        leaving.ask(maren, Choice.REMOVE)
        assert visitor.sign_in(password="wrong").status_code == 422
        answer = visitor.sign_in()
        assert answer.url == maren.leaving.path and not visitor.is_signed_in
        assert visitor.post(answer.url).url == "/accounts/login/"
        visitor.sign_in()
        assert visitor.is_signed_in and not Leaving.objects.exists()
        assert visitor.post(answer.url).status_code == 404

    def test_is_over_when_the_work_has_begun(self, maren: Member) -> None:
        link = leaving.ask(maren, Choice.REMOVE).link
        Leaving.objects.update(begun_at=timezone.now())
        assert Client().get(link).status_code == 404 and Client().post(link).status_code == 404
        visitor = Visitor()
        assert visitor.sign_in().url == "/accounts/inactive/" and not visitor.is_signed_in
        assert not leaving.stay(Leaving.objects.get())
        maren.refresh_from_db()
        assert not maren.is_active

    def test_is_over_too_when_the_worker_that_began_has_died(self, maren: Member, monkeypatch) -> None:
        def dies(*arguments) -> None:
            raise ConnectionError

        link = leaving.ask(maren, Choice.REMOVE).link
        Leaving.objects.update(due_at=timezone.now())
        monkeypatch.setattr(personal, "sweep", dies)
        with pytest.raises(ConnectionError):
            leaving.carry_out_due()
        assert Client().post(link).status_code == 404

    def test_of_whom_somebody_let_in_again_nothing_is_done(self, maren: Member) -> None:
        asked = leaving.ask(maren, Choice.REMOVE)
        Leaving.objects.update(due_at=timezone.now())
        Member.objects.update(is_active=True)
        assert not leaving.carry_out_due()
        assert leaving.stay(asked)
        assert not leaving._carry_out(asked, time.monotonic() + 60)  # the job had read it a moment before
        assert Member.objects.get(pk=maren.pk).is_active

    def test_waits_14_days_from_when_it_was_first_asked_for(self, maren: Member) -> None:
        asked = leaving.ask(maren, Choice.REMOVE)
        again = leaving.ask(maren, Choice.KEEP)
        assert (again.due_at, again.choice, len(mail.outbox)) == (asked.due_at, Choice.REMOVE, 1)
        assert not leaving.carry_out_due()
        Leaving.objects.update(due_at=timezone.now() + timedelta(seconds=5))
        assert not leaving.carry_out_due()
        assert timedelta(days=14) == UNDO and Member.objects.filter(pk=maren.pk).exists()

    @pytest.mark.parametrize("token", ["x", "W10:1:x", "", "a" * 300])
    def test_a_made_up_link_leads_nowhere(self, token: str) -> None:
        assert Client().get(f"/leaving/{token}/").status_code == 404

    def test_of_a_farewell_taken_back_the_link_is_dead_also_for_the_next(self, maren: Member) -> None:
        first = leaving.ask(maren, Choice.REMOVE)
        Leaving.objects.update(asked_at=timezone.now() - timedelta(days=1))
        assert Client().get(first.link).status_code == 404

    def test_is_not_for_who_serves_here(self, visitor: Visitor, maren: Member) -> None:
        Member.objects.update(is_staff=True, is_superuser=True)
        visitor.sign_in()
        assert "You serve here" in visitor.get(LEAVE).text
        answer = self.leave(visitor, choice="keep")
        assert answer.status_code == 422 and not Leaving.objects.exists()

    @pytest.mark.parametrize("power", ["is_staff", "is_superuser"])
    def test_is_not_for_whom_one_of_these_powers_is_left(self, maren: Member, power: str) -> None:
        Member.objects.update(**{power: True})
        with pytest.raises(leaving.MustHandOver):
            leaving.ask(maren, Choice.KEEP)
        assert Member.objects.get(pk=maren.pk).is_active and not Leaving.objects.exists()

    def test_without_a_choice_or_a_password_to_give_asks_for_what_is_missing(
        self, visitor: Visitor, maren: Member
    ) -> None:
        visitor.force_login(Member.objects.create_user("bare_one", "b@example.org"))
        assert self.leave(visitor, choice="keep").status_code == 422
        assert self.leave(visitor, choice="keep", name="maren").status_code == 422
        assert self.leave(visitor, name="bare_one").status_code == 422
        assert self.leave(visitor, choice="keep", name="Bare_one").status_code == 302
        assert Leaving.objects.get().member.username == "bare_one"
