"""A copy of all of one's own data: whole, of nobody else, for its member alone, and gone after a week."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import copying
from accounts.jobs import make_copy
from accounts.models import DataCopy, Member
from accounts.models.data_copy import GIVEN_UP, KEPT, folder
from common import personal
from forum.models import Comment, CommentVote, Post, PostVote
from moderation.models import Report
from notices.models import Follow, Notification
from studies.models import SavedStudy
from tests.accounts.conftest import PASSWORD, Visitor
from tests.builders import make_comment, make_member, make_post
from tests.life import Life, rows_of

pytestmark = pytest.mark.django_db
DATA = "/settings/data/"


def unpack(content: bytes) -> dict[str, list]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {name: json.loads(file.read(name)) for name in file.namelist() if name.endswith(".json")}


def copy_of(member: Member) -> dict[str, list]:
    file = io.BytesIO()
    copying.write(member, file)
    return unpack(file.getvalue())


class TestACopy:
    def test_holds_every_row_of_the_member_and_of_nobody_else(self) -> None:
        life, other = Life("maren_one", "zebrafinch"), Life("olga_two", "cassowary")
        files, member = copy_of(life.member), life.member.pk
        expected = {
            "posts": rows_of(Post, author=member),
            "comments": rows_of(Comment, author=member),
        }
        for name, keys in expected.items():
            assert {row["id"] for row in files[f"{name}.json"]} == keys
        assert {row["thing_id"] for row in files["post-votes.json"]} == set(
            PostVote.objects.filter(member=member).values_list("thing_id", flat=True)
        )
        assert {row["thing_id"] for row in files["comment-votes.json"]} == set(
            CommentVote.objects.filter(member=member).values_list("thing_id", flat=True)
        )
        assert {row["study_id"] for row in files["saved-studies.json"]} == set(
            SavedStudy.objects.filter(member=member).values_list("study_id", flat=True)
        )
        for name, model, way in (
            ("follows", Follow, "member"), ("notifications", Notification, "member"), ("reports", Report, "reporter"),
        ):  # fmt: skip
            assert len(files[f"{name}.json"]) == model.objects.filter(**{way: member}).count() > 0
        for part in personal.parts():
            if part.name:
                assert len(files[f"{part.name}.json"]) == part.rows_of(life.member).count(), part.name
        words = json.dumps(files)
        assert other.mark not in words
        assert other.member.email not in words

    def test_of_a_whole_life_leaves_few_files_empty(self) -> None:
        files = copy_of(Life("maren_one", "zebrafinch").member)
        empty = {name.removesuffix(".json") for name, rows in files.items() if not rows}
        assert not empty & set(
            "profile email-addresses sign-in-methods sessions audit cases reports follows notifications preferences"
            " digest private-feeds posts post-versions post-votes comments comment-versions comment-votes drafts"
            " removals posts-without-your-name comments-without-your-name saved-studies saved-searches reading-lists"
            " reading-list-entries studies-asked-for errors-reported corrections summaries-proposed summary-drafts"
            " summaries-writer summaries-editor library-changes imports".split()
        )

    def test_gives_markdown_as_written_with_its_earlier_versions(self) -> None:
        life = Life("maren_one", "zebrafinch")
        files = copy_of(life.member)
        [post] = [row for row in files["posts.json"] if row["id"] == life.post.pk]
        assert (post["title"], post["text_body"]) == ("Another title, zebrafinch", "Other words, zebrafinch")
        assert post["address"].endswith(life.post.get_absolute_url())
        assert [row["body"] for row in files["post-versions.json"]] == ["A body, zebrafinch"]
        assert [row["body"] for row in files["comment-versions.json"]] == ["A comment, zebrafinch"]
        assert files["saved-studies.json"][0]["note"] == "A note, zebrafinch"
        assert files["drafts.json"][0]["fields"] == {"body": "A draft, zebrafinch"}

    def test_holds_no_secret(self) -> None:
        life = Life("maren_one", "zebrafinch")
        Member.objects.filter(pk=life.member.pk).update(password="hash-of-a-password")
        words = json.dumps(copy_of(life.member))
        for secret in (
            "hash-of-a-password", '"secret"', life.member.feed_key.token,
            life.member.usersession_set.get().session_key,
        ):  # fmt: skip
            assert secret not in words

    def test_explains_each_file(self) -> None:
        file = io.BytesIO()
        copying.write(make_member(), file)
        with zipfile.ZipFile(file) as zipped:
            readme = zipped.read("README.txt").decode()
            names = [name for name in zipped.namelist() if name.endswith(".json")]
        assert len(names) == len(set(names)) and all(f"{name} (" in readme for name in names)

    def test_costs_the_same_queries_for_one_comment_and_for_many(self) -> None:
        member, post = make_member(), make_post()
        make_comment(post, author=member)
        costs = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                copy_of(member)
            costs.append(len(queries))
            for _ in range(30):
                make_comment(post, author=member)
        assert costs[0] == costs[1]


class TestAsking:
    def test_asks_for_the_password_again_and_tells_by_mail(self, visitor: Visitor, maren: Member) -> None:
        visitor.sign_in()
        asked = visitor.post(DATA)
        assert asked.url.startswith("/accounts/reauthenticate/")
        assert not DataCopy.objects.exists()
        visitor.post(asked.url, {"password": PASSWORD})
        copy = DataCopy.objects.get()
        make_copy(copy.pk)
        copy.refresh_from_db()
        assert copy.state == "ready" and copy.path.stat().st_mode & 0o777 == 0o600
        assert f"http://localhost:8000{DATA}" in mail.outbox[-1].body and mail.outbox[-1].to == ["maren@example.org"]
        answer = visitor.get(f"{DATA}{copy.pk}/download/")
        assert answer.streaming and answer["Content-Disposition"].startswith('attachment; filename="maren-')
        assert answer["Cache-Control"] == "private, no-store"
        assert unpack(answer.getvalue())["profile.json"][0]["email"] == "maren@example.org"

    def test_asks_for_the_password_before_the_file_is_given(self, visitor: Visitor, maren: Member) -> None:
        visitor.sign_in()
        copy = made(maren)
        assert visitor.get(f"{DATA}{copy.pk}/download/").url.startswith("/accounts/reauthenticate/")

    def test_makes_one_at_a_time(self, maren: Member) -> None:
        assert DataCopy.ask(maren) == DataCopy.ask(maren)
        assert jobs() == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            DataCopy.objects.create(member=maren)

    def test_again_takes_the_place_of_the_older_one(self, maren: Member) -> None:
        old = made(maren)
        new = made(maren)
        assert not old.path.exists() and new.path.exists()
        assert list(DataCopy.objects.all()) == [new]

    def test_is_done_once_by_two_workers(self, maren: Member) -> None:
        copy = DataCopy.ask(maren)
        assert DataCopy.claim(copy.pk) and not DataCopy.claim(copy.pk)

    def test_is_counted(self, settings, visitor: Visitor, maren: Member) -> None:
        settings.LIMITS_ON = True
        visitor.force_login(Member.objects.create_user("quick", "q@example.org"))
        answers = []
        for _ in range(4):
            answers.append(visitor.post(DATA).status_code)
            DataCopy.objects.update(state="failed")
        assert answers == [302, 302, 302, 429]

    def test_that_fails_says_so_and_leaves_no_file(self, monkeypatch, visitor: Visitor, maren: Member) -> None:
        monkeypatch.setattr(copying, "write", lambda member, file: 1 / 0)
        copy = DataCopy.ask(maren)
        with pytest.raises(ZeroDivisionError):
            make_copy(copy.pk)
        assert not list(folder().glob("*.part"))
        visitor.force_login(maren)
        assert "could not be made" in visitor.get(DATA).text


class TestTheFile:
    def test_is_not_there_for_others(self, maren: Member) -> None:
        copy, stranger = made(maren), Client()
        assert stranger.get(f"{DATA}{copy.pk}/download/").status_code == 302
        for member in (make_member(), make_member(is_staff=True, is_superuser=True)):
            stranger.force_login(member)
            assert stranger.get(f"{DATA}{copy.pk}/download/").status_code == 404

    def test_goes_after_a_week(self, visitor: Visitor, maren: Member) -> None:
        copy = made(maren)
        DataCopy.objects.update(ready_at=timezone.now() - KEPT - timedelta(seconds=1))
        visitor.force_login(maren)
        assert visitor.get(f"{DATA}{copy.pk}/download/").status_code == 404
        copying.sweep()
        assert not copy.path.exists() and not DataCopy.objects.exists()

    def test_stays_before(self, maren: Member) -> None:
        copy = made(maren)
        copying.sweep()
        assert copy.path.exists()

    def test_whose_worker_died_is_given_up(self, maren: Member) -> None:
        copy = DataCopy.ask(maren)
        DataCopy.claim(copy.pk)
        long_ago = timezone.now() - 3 * GIVEN_UP
        DataCopy.objects.update(asked_at=long_ago, started_at=long_ago)
        copying.sweep()
        assert DataCopy.objects.get().state == "failed"


def made(member: Member) -> DataCopy:
    copy = DataCopy.ask(member)
    make_copy(copy.pk)
    copy.refresh_from_db()
    return copy


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'accounts.make_copy'")
        return cursor.fetchone()[0]
