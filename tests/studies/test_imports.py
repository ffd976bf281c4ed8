"""Librarians bring a file in: it is read first, stored when they say so, once, whatever happens meanwhile."""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from studies.importing import running
from studies.importing.running import added, work_on
from studies.jobs.imports import resume_imports, run_import, sweep_imports
from studies.models import ImportLine, ImportRun, Study
from studies.models.import_run import KEPT_FOR, MOST_TRIES, LeaseLost, folder
from tests.builders import make_librarian, make_member, make_moderator, make_study

pytestmark = pytest.mark.django_db

RECORDS = (Path(__file__).parent / "files" / "records.xml").read_bytes()
State = ImportRun.State


def pubmed(*numbers: int, title: str = "A trial of number") -> bytes:
    """A PubMed file of made-up records; a number below zero is a record without a title."""
    articles = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{abs(number) + 70_000_000}</PMID><Article>"
        f"<ArticleTitle>{f'{title} {number}' if number > 0 else ''}</ArticleTitle></Article></MedlineCitation></PubmedArticle>\n"
        for number in numbers
    )
    return f"<?xml version='1.0'?>\n<PubmedArticleSet>\n{articles}</PubmedArticleSet>".encode()


def make_run(content: bytes = RECORDS, title: str = "records.xml", **fields) -> ImportRun:
    name = f"{uuid.uuid4().hex}.import"
    (folder() / name).write_bytes(content)
    run = ImportRun.of_file(
        member=make_librarian(), title=title, file=name, size=len(content), token=fields.pop("token", uuid.uuid4())
    )
    ImportRun.objects.filter(pk=run.pk).update(**fields)
    run.refresh_from_db()
    return run


def work(run: ImportRun) -> ImportRun:
    """Do what the job worker does."""
    run_import(run_id=run.pk)
    run.refresh_from_db()
    return run


def reviewed(*arguments, **fields) -> ImportRun:
    return work(make_run(*arguments, **fields))


def imported(*arguments, **fields) -> ImportRun:
    run = reviewed(*arguments, **fields)
    assert run.start()
    return work(run)


def dies(run: ImportRun) -> None:
    """Let the worker that holds the run have died a while ago."""
    ImportRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


class TestADryRun:
    def test_says_what_would_become_of_the_file_and_stores_nothing(self) -> None:
        run = reviewed(pubmed(1, 2, -3))
        assert run.state == State.REVIEW and run.done == run.total
        assert (run.preview["new"], run.preview["refused"]) == (2, 1)
        assert not Study.objects.exists() and run.report == {}
        refused = run.lines.get(kind="refused")
        assert refused.place.startswith("records.xml, record 3") and "no title" in refused.words
        assert [line.words for line in run.lines.filter(kind="new")] == ["A trial of number 1", "A trial of number 2"]

    def test_tells_what_is_in_the_library_already(self) -> None:
        imported(pubmed(1, 2))
        changed = pubmed(1).replace(b"</PubmedArticleSet>", pubmed(2, 3, title="Other").split(b"Set>\n")[1])
        run = reviewed(changed + b"Set>" if not changed.endswith(b"Set>") else changed)
        assert {name: run.preview[name] for name in ("new", "updated", "unchanged")} == {
            "new": 1,
            "updated": 1,
            "unchanged": 1,
        }
        assert Study.objects.count() == 2

    @pytest.mark.parametrize(
        ("content", "says"),
        [(b"PK\x03\x04rest", "zip"), (b"\x00\x01\x02" * 100, ""), (b" \n ", "empty"), (b"<html></html>", "html"),
         (b"\x1f\x8bnot really", "")],
        ids=["zip", "bytes", "blank", "a page", "damaged packing"],
    )  # fmt: skip
    def test_of_a_file_that_is_no_such_file_says_why(self, content, says) -> None:
        run = reviewed(content)
        assert run.state == State.REVIEW
        assert run.preview["refused"] == 1 and run.preview["new"] == 0
        line = run.lines.get()
        assert says in line.words.lower() and line.place.startswith("records.xml")
        assert run.file not in str(line)

    def test_keeps_a_bounded_number_of_details_and_counts_all(self, monkeypatch) -> None:
        monkeypatch.setattr(running, "MOST_LINES", 3)
        run = reviewed(pubmed(*range(-8, 0)))
        assert run.preview["refused"] == 8 and run.lines.count() == 3
        assert run.told["refused"]["count"] == 8


class TestAnImport:
    def test_stores_what_the_dry_run_showed_and_lets_go_of_the_file(self, django_capture_on_commit_callbacks) -> None:
        run = reviewed(pubmed(1, 2, -3))
        path = run.path
        assert run.start() and path.is_file()
        with django_capture_on_commit_callbacks(execute=True):
            work(run)
        assert run.state == State.DONE and run.done == run.total and run.finished_at
        assert (run.report["new"], run.report["refused"]) == (2, 1) and Study.objects.count() == 2
        assert not path.exists() and run.file == ""
        assert {line.study.title for line in run.lines.filter(kind="new")} == {
            "A trial of number 1",
            "A trial of number 2",
        }

    def test_starts_once_however_often_it_is_pressed(self) -> None:
        run = reviewed(pubmed(1))
        assert [run.start() for _ in range(3)] == [True, False, False]

    def test_is_not_started_before_the_dry_run(self) -> None:
        assert not make_run().start()

    def test_goes_on_where_a_worker_died_and_does_nothing_twice(self, monkeypatch) -> None:
        monkeypatch.setattr(running, "PART", 2)
        run = reviewed(pubmed(1, 2, 3, -4, 5))
        run.start()
        stored = running.store
        parts = []

        def killed(*arguments, **options):
            if len(parts) == 1:
                raise OperationalError("the connection is lost")
            parts.append(1)
            stored(*arguments, **options)

        monkeypatch.setattr(running, "store", killed)
        with pytest.raises(OperationalError):
            run_import(run_id=run.pk)
        run.refresh_from_db()
        assert run.state == State.RUNNING and run.position == 2 and Study.objects.count() == 2
        monkeypatch.setattr(running, "store", stored)
        assert work(run).state == State.RUNNING  # somebody may still be at it
        dies(run)
        assert work(run).state == State.DONE
        assert (run.report["new"], run.report["unchanged"], run.report["refused"]) == (4, 0, 1)
        assert run.lines.filter(kind="refused").count() == 1

    def test_stores_nothing_more_once_another_worker_has_it(self, monkeypatch) -> None:
        run = reviewed(pubmed(1))
        run.start()
        mine = ImportRun.claim(run.pk)
        dies(run)
        other = ImportRun.claim(run.pk)
        assert mine.lease_by != other.lease_by
        with pytest.raises(LeaseLost):
            running.store(mine, [("pubmed", [])], steps=1, done=1)
        work_on(mine, lambda run: None)
        assert not Study.objects.exists()
        run.refresh_from_db()
        assert run.state == State.RUNNING and run.lease_by == other.lease_by

    def test_is_given_up_when_workers_die_over_it_again_and_again(self) -> None:
        run = make_run(tries=MOST_TRIES)
        assert work(run).state == State.FAILED and "broke off" in run.failure

    def test_says_so_when_something_breaks_and_can_be_run_again(self, monkeypatch) -> None:
        run = reviewed(pubmed(1))
        run.start()
        with monkeypatch.context() as patch:
            patch.setattr(running, "import_records", lambda *a, **k: 1 / 0)
            work(run)
        assert run.state == State.FAILED and "ZeroDivisionError" in run.failure and run.path.is_file()
        assert run.run_again() and not run.run_again()
        assert work(run).state == State.DONE and Study.objects.count() == 1

    def test_fails_with_a_sentence_where_the_file_is_gone(self) -> None:
        run = make_run()
        run.path.unlink()
        assert work(run).state == State.FAILED and "upload it again" in run.failure
        assert not run.run_again()


class TestCancelling:
    def test_a_waiting_one_ends_it_and_its_file(self, django_capture_on_commit_callbacks) -> None:
        run = make_run()
        path = run.path
        with django_capture_on_commit_callbacks(execute=True):
            assert run.cancel()
        run.refresh_from_db()
        assert run.state == State.CANCELLED and not path.exists()
        assert work(run).state == State.CANCELLED and not Study.objects.exists()

    def test_a_reviewed_one_ends_it(self) -> None:
        run = reviewed(pubmed(1))
        assert run.cancel()
        assert not run.start()

    def test_a_running_one_stops_it_and_keeps_what_is_stored(self, monkeypatch) -> None:
        monkeypatch.setattr(running, "PART", 1)
        monkeypatch.setattr(running, "BEAT", 0)
        run = reviewed(pubmed(1, 2, 3))
        run.start()
        stored = running.store

        def then_cancel(*arguments, **options):
            stored(*arguments, **options)
            ImportRun.objects.get(pk=run.pk).cancel()

        monkeypatch.setattr(running, "store", then_cancel)
        monkeypatch.setattr(running._Beating, "moved", lambda self, position: None)
        monkeypatch.setattr(running, "parts", _beating_between(running.parts))
        assert work(run).state == State.CANCELLED
        assert Study.objects.count() == 1 and run.report["new"] == 1

    def test_an_ended_one_does_nothing(self) -> None:
        run = imported(pubmed(1))
        assert not run.cancel()
        run.refresh_from_db()
        assert run.state == State.DONE


def _beating_between(parts):
    def between(stream, size):
        for part in parts(stream, size):
            ImportRun.objects.get(state=State.RUNNING).beat()
            yield part

    return between


class TestWorkers:
    def test_at_most_two_imports_work_at_a_time(self) -> None:
        runs = [make_run() for _ in range(3)]
        assert [bool(ImportRun.claim(run.pk)) for run in runs] == [True, True, False]

    def test_what_a_dead_worker_left_is_taken_up_again(self, deferred) -> None:
        left, fresh, done = make_run(), make_run(), imported(pubmed(1))
        ImportRun.claim(left.pk), ImportRun.claim(fresh.pk)
        dies(left)
        deferred.clear()
        resume_imports(timestamp=0)
        assert deferred == [left.pk]
        assert done.pk not in deferred

    def test_the_next_one_starts_when_one_ends(self, deferred) -> None:
        first, second = make_run(), make_run()
        deferred.clear()
        work(first)
        assert deferred == [second.pk]


@pytest.fixture
def deferred(monkeypatch) -> list[int]:
    """The runs whose job was queued."""
    runs: list[int] = []
    monkeypatch.setattr(type(run_import), "defer", lambda self, run_id, **more: runs.append(run_id))
    monkeypatch.setattr("studies.models.import_run.defer", lambda job, run_id: runs.append(run_id))
    return runs


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_moment_claim_a_run_once() -> None:
    run = make_run()
    claimed, start = [], Barrier(6)

    def worker() -> None:
        start.wait()
        try:
            claimed.append(ImportRun.claim(run.pk))
        finally:
            connection.close()

    threads = [Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in claimed if each]) == 1


class TestSweeping:
    def test_lets_go_of_what_nobody_wants(self, django_capture_on_commit_callbacks) -> None:
        old = timezone.now() - KEPT_FOR - timedelta(hours=1)
        forgotten, failed, waiting = reviewed(asked_at=old), make_run(), reviewed()
        ImportRun.objects.filter(pk=forgotten.pk).update(asked_at=old)
        ImportRun.objects.filter(pk=failed.pk).update(state=State.FAILED, finished_at=old)
        orphan, fresh = folder() / "left.part", folder() / "fresh.part"
        orphan.write_bytes(b"x"), fresh.write_bytes(b"x")
        os.utime(orphan, (time.time() - 2 * 86_400,) * 2)
        with django_capture_on_commit_callbacks(execute=True):
            sweep_imports(timestamp=0)
        there = {path.name for path in folder().iterdir()}
        assert waiting.file in there and "fresh.part" in there
        assert not {forgotten.file, failed.file, "left.part"} & there
        forgotten.refresh_from_db()
        assert forgotten.state == State.CANCELLED


# ── The pages ────────────────────────────────────────────────────────────────────────────────────


def post_file(client, content=RECORDS, name="records.xml", token=None, **headers):
    sent = BytesIO(content)
    sent.name = name
    return client.post("/librarians/import/", {"file-token": token or uuid.uuid4(), "file-file": sent}, headers=headers)


@pytest.fixture
def librarian(client):
    client.force_login(make_librarian())
    return client


class TestWhoMay:
    def addresses(self):
        run = make_run()
        at = f"/librarians/imports/{run.pk}/"
        return [
            ("get", "/librarians/import/"), ("post", "/librarians/import/"), ("post", "/librarians/import/identifiers/"),
            ("get", "/librarians/imports/"), ("get", at), ("post", f"{at}start/"), ("post", f"{at}cancel/"),
            ("post", f"{at}again/"),
        ]  # fmt: skip

    def test_not_members_and_moderators(self, client) -> None:
        for member in (make_member(), make_moderator()):
            client.force_login(member)
            for method, address in self.addresses():
                assert getattr(client, method)(address).status_code == 403, address
        assert set(ImportRun.objects.values_list("state", flat=True)) == {State.WAITING}

    def test_not_guests(self, client) -> None:
        for method, address in self.addresses():
            answer = getattr(client, method)(address)
            assert answer.status_code == 302 and "/accounts/login/" in answer["Location"], address
        assert set(ImportRun.objects.values_list("state", flat=True)) == {State.WAITING}

    def test_nothing_changes_by_get(self, librarian) -> None:
        for method, address in self.addresses():
            if method == "post" and address != "/librarians/import/":
                assert librarian.get(address).status_code == 405

    def test_not_without_the_form_s_token(self, client) -> None:
        client.force_login(make_librarian())
        client.handler.enforce_csrf_checks = True
        assert post_file(client).status_code == 403
        assert not ImportRun.objects.exists()


class TestUploading:
    def test_leads_to_the_import_s_page(self, librarian) -> None:
        answer = post_file(librarian)
        run = ImportRun.objects.get()
        assert answer.status_code == 302 and answer["Location"] == run.get_absolute_url()
        assert (run.title, run.total, run.state) == ("records.xml", len(RECORDS), State.WAITING)
        assert run.path.read_bytes() == RECORDS
        assert oct(run.path.stat().st_mode)[-3:] == "600" and run.path.parent == folder()

    def test_twice_by_the_same_form_is_one_import_and_one_file(self, librarian) -> None:
        token = uuid.uuid4()
        there = set(folder().iterdir())
        assert post_file(librarian, token=token)["Location"] == post_file(librarian, token=token)["Location"]
        assert len(set(folder().iterdir()) - there) == 1 and ImportRun.objects.count() == 1

    @pytest.mark.parametrize(
        "name",
        ["../../../etc/passwd", "..\\..\\boot.ini", "a" * 5000 + ".xml", "\u202egpj.exe", "<script>alert(1)</script>.xml",
         "nul\x00l.xml", ".", "..", " ", "; rm -rf ~;.xml", "📄.xml", "CON", "a\r\nSet-Cookie: x=y"],
    )  # fmt: skip
    def test_a_hostile_name_names_nothing_on_the_disk_and_breaks_no_page(self, librarian, name) -> None:
        there = set(folder().iterdir())
        answer = post_file(librarian, name=name or "x")
        new = set(folder().iterdir()) - there
        if answer.status_code != 302:
            assert answer.status_code in (400, 422) and not new
            return
        run = ImportRun.objects.get()
        assert [path.name for path in new] == [run.file] and run.file.removesuffix(".import").isalnum()
        page = librarian.get(run.get_absolute_url())
        assert page.status_code == 200 and b"<script>alert" not in page.content
        assert "/" not in run.title and 0 < len(run.title) <= 200
        assert work(run).state == State.REVIEW

    @pytest.mark.parametrize("content", [b""], ids=["0 bytes"])
    def test_an_empty_file_is_refused_with_a_sentence(self, librarian, content) -> None:
        there = set(folder().iterdir())
        answer = post_file(librarian, content)
        assert answer.status_code == 422 and "empty" in answer.content.decode()
        assert set(folder().iterdir()) == there and not ImportRun.objects.exists()

    def test_no_file_is_refused_with_a_sentence(self, librarian) -> None:
        answer = librarian.post("/librarians/import/", {"file-token": uuid.uuid4()})
        assert answer.status_code == 422 and "Choose a file first" in answer.content.decode()

    def test_a_token_that_is_none_is_refused(self, librarian) -> None:
        assert post_file(librarian, token="x").status_code == 422

    def test_no_more_files_than_the_disk_is_meant_to_hold(self, librarian, monkeypatch) -> None:
        from studies.views import imports

        monkeypatch.setattr(imports, "MOST_OPEN", 1)
        assert post_file(librarian).status_code == 302
        answer = post_file(librarian)
        assert answer.status_code == 422 and "wait already" in answer.content.decode()


class TestThePages:
    def test_the_import_is_started_watched_and_read(self, librarian) -> None:
        run = reviewed(pubmed(1, -2))
        at = run.get_absolute_url()
        page = librarian.get(at).content.decode()
        assert "nothing of it is stored yet" in page and "record 2" in page and "every 1s" not in page
        assert librarian.post(f"{at}start/")["Location"] == at
        assert librarian.post(f"{at}start/")["Location"] == at
        page = librarian.get(at).content.decode()
        assert 'hx-trigger="every 1s"' in page and "Cancel" in page
        polled = librarian.get(at, headers={"HX-Request": "true"})
        assert "HX-Refresh" not in polled and "<html" not in polled.content.decode()
        work(run)
        assert librarian.get(at, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
        page = librarian.get(at + "?show=new").content.decode()
        assert Study.objects.get().get_absolute_url() in page and "every 1s" not in page

    def test_details_come_in_pages(self, librarian) -> None:
        run = reviewed(pubmed(*range(-30, 0)))
        first = librarian.get(run.get_absolute_url()).content.decode()
        assert first.count("has no title") == 25 and "after=" in first
        assert librarian.get(run.get_absolute_url() + "?show=refused&after=nonsense").status_code == 404

    def test_what_is_not_there_is_a_404(self, librarian) -> None:
        for address in ("", "start/", "cancel/", "again/"):
            method = librarian.post if address else librarian.get
            assert method(f"/librarians/imports/999999/{address}").status_code == 404

    def test_the_desk_says_how_many_wait_for_a_yes(self, librarian) -> None:
        reviewed()
        desk = librarian.get("/librarians/").content.decode()
        assert "Imports" in desk and "1 waiting" in desk

    def test_a_failed_one_offers_to_run_again(self, librarian) -> None:
        run = make_run(tries=MOST_TRIES)
        work(run)
        at = run.get_absolute_url()
        assert "Run again" in librarian.get(at).content.decode()
        assert librarian.post(f"{at}again/").status_code == 302
        run.refresh_from_db()
        assert run.state == State.WAITING
        assert work(run).state == State.REVIEW


def test_sums_of_reports_stay_small() -> None:
    total: dict = {}
    for number in range(200):
        total = added(total, {"new": 1, "losses": {f"loss {number}": 2}})
    assert total["new"] == 200 and len(total["losses"]) == running.MOST_LOSSES + 1
    assert sum(total["losses"].values()) == 400


def test_a_study_that_goes_takes_no_report_with_it() -> None:
    run, study = make_run(), make_study()
    ImportLine.objects.create(run=run, kind="new", words="x", study=study)
    study.delete()
    assert run.lines.get().study is None
