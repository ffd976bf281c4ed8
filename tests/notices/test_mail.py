"""Mail: queued with what it tells of, sent by a job, tried again with patience."""

from __future__ import annotations

import json
import smtplib
import socket
import stat
import time
from email import message_from_bytes
from pathlib import Path
from unittest import mock

import pytest
from django.core.mail import BadHeaderError, EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from django.db import connection, transaction
from procrastinate.contrib.django import app

from notices import jobs
from notices.models import Mail
from tests.notices.conftest import MailServer, run

pytestmark = pytest.mark.django_db


def write(subject: str = "Your code", to: str = "maren@example.org", **more) -> None:
    send_mail(subject, "The code is 7.", "Studyhall <desk@studyhall.example>", [to], **more)


def waiting_jobs() -> list[dict]:
    """The arguments of the jobs that send mail."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'notices.send_mail' AND status = 'todo' ORDER BY id"
        )
        return [json.loads(row[0]) for row in cursor.fetchall()]


class TestQueue:
    def test_takes_each_message_and_one_job_for_it(self, folder: Path):
        before = len(waiting_jobs())
        write("one")
        write("two")
        assert [mail.content["subject"] for mail in Mail.objects.order_by("pk")] == ["one", "two"]
        assert len(waiting_jobs()) - before == 2
        assert not folder.exists()

    def test_sends_nothing_when_the_request_is_rolled_back(self, folder: Path):
        before = len(waiting_jobs())
        with transaction.atomic():
            write()
            transaction.set_rollback(True)
        assert not Mail.objects.exists()
        assert len(waiting_jobs()) == before

    def test_keeps_no_row_without_its_job(self, folder: Path):
        with mock.patch("notices.mail.defer", side_effect=RuntimeError), pytest.raises(RuntimeError):
            write()
        assert not Mail.objects.exists()

    def test_puts_no_text_and_no_address_into_the_job_because_jobs_are_logged(self, folder: Path):
        write()
        assert waiting_jobs()[-1] == {"mail_id": Mail.objects.get().pk}

    def test_leaves_out_a_message_to_nobody(self, folder: Path):
        assert get_connection().send_messages([EmailMessage("subject", "text", to=[])]) == 0
        assert not Mail.objects.exists()

    def test_does_not_wait_for_a_mail_server(self, folder: Path, settings):
        settings.MAIL_TRANSPORT, settings.EMAIL_HOST = "smtp", "192.0.2.1"
        with (
            mock.patch("socket.getaddrinfo", side_effect=AssertionError),
            mock.patch("socket.getfqdn", side_effect=AssertionError),
        ):
            write()
        assert Mail.objects.exists()

    @pytest.mark.parametrize("odd", ["hello\nBcc: evil@example.org", "hello\r\nBcc: evil@example.org", "hello\rX: y"])
    def test_refuses_a_line_break_in_a_header(self, folder: Path, odd: str):
        for message in (
            EmailMessage(odd, "text", to=["maren@example.org"]),
            EmailMessage("subject", "text", to=[f"{odd}@example.org"]),
            EmailMessage("subject", "text", from_email=odd, to=["maren@example.org"]),
            EmailMessage("subject", "text", to=["maren@example.org"], headers={"X-Name": odd}),
        ):
            with pytest.raises((BadHeaderError, ValueError)):
                message.send()
        assert not Mail.objects.exists()

    def test_refuses_a_file_because_it_would_lose_it(self, folder: Path):
        message = EmailMessage("subject", "text", to=["maren@example.org"])
        message.attach("figure.txt", "text", "text/plain")
        with pytest.raises(ValueError, match="a file belongs on a page"):
            message.send()


class TestJob:
    def test_writes_the_message_to_a_file_only_its_owner_reads(self, folder: Path):
        write("Prüfung 密", html_message="<p>The code is <b>7</b>.</p>")
        run(Mail.objects.get().pk)
        [file] = folder.iterdir()
        assert file.suffix == ".eml"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        message = message_from_bytes(file.read_bytes())
        assert (message["To"], message["From"]) == ("maren@example.org", "Studyhall <desk@studyhall.example>")
        assert [part.get_content_type() for part in message.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]

    def test_forgets_the_mail_when_it_is_sent(self, folder: Path):
        write()
        run(Mail.objects.get().pk)
        assert not Mail.objects.exists()

    def test_sends_once_however_often_it_runs(self, folder: Path):
        write()
        pk = Mail.objects.get().pk
        run(pk)
        run(pk)
        assert len(list(folder.iterdir())) == 1

    def test_sends_everything_the_message_had(self, folder: Path):
        message = EmailMultiAlternatives(
            "subject",
            "text",
            "desk@studyhall.example",
            ["a@example.org", "Ann <b@example.org>"],
            cc=["c@example.org"],
            bcc=["d@example.org"],
            reply_to=["e@example.org"],
            headers={"List-Unsubscribe": "<https://studyhall.example/x>"},
        )
        message.send()
        kept = Mail.objects.get().as_message()
        assert kept.recipients() == ["a@example.org", "Ann <b@example.org>", "c@example.org", "d@example.org"]
        headers = kept.message()
        assert headers["Reply-To"] == "e@example.org"
        assert headers["List-Unsubscribe"] == "<https://studyhall.example/x>"
        assert "Bcc" not in headers

    def test_is_the_same_message_at_each_try(self, folder: Path):
        write()
        first, second = (Mail.objects.get().as_message().message() for _ in range(2))
        assert first["Message-ID"] == second["Message-ID"]
        assert first["Message-ID"].endswith("@studyhall.example>")
        assert first["Date"] == second["Date"]

    def test_keeps_the_mail_when_the_server_is_away(self, folder: Path, settings):
        settings.MAIL_TRANSPORT = "smtp"
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            settings.EMAIL_HOST, settings.EMAIL_PORT = closed.getsockname()
        write()
        with pytest.raises(ConnectionRefusedError):
            run(Mail.objects.get().pk)
        assert Mail.objects.exists()

    def test_does_not_hang_on_a_server_that_never_answers(self, folder: Path, settings):
        settings.MAIL_TRANSPORT, settings.EMAIL_TIMEOUT = "smtp", 0.3
        with socket.create_server(("127.0.0.1", 0)) as tarpit:
            settings.EMAIL_HOST, settings.EMAIL_PORT = tarpit.getsockname()
            write()
            started = time.monotonic()
            with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
                run(Mail.objects.get().pk)
        assert time.monotonic() - started < 30  # not the system's own patience, which is minutes
        assert Mail.objects.exists()

    def test_gives_up_after_its_last_try_and_keeps_no_text(self, folder: Path, caplog):
        write()
        with mock.patch.object(Mail, "send", side_effect=TimeoutError), pytest.raises(TimeoutError):
            run(Mail.objects.get().pk, tries_before=jobs.PATIENCE.TRIES - 1)
        assert not Mail.objects.exists()
        assert "Gave up mail" in caplog.text
        assert "maren" not in caplog.text


class TestSmtp:
    def test_hands_the_message_to_the_mail_server(self, mail_server: MailServer):
        EmailMessage(
            "Prüfung",
            "Your code:\n\n.dots stay",
            "Studyhall <desk@studyhall.example>",
            ["maren@example.org"],
            bcc=["log@example.org"],
        ).send()
        run(Mail.objects.get().pk)
        [(sender, recipients, text)] = mail_server.received
        assert sender == "desk@studyhall.example"
        assert recipients == ["maren@example.org", "log@example.org"]
        message = message_from_bytes(text)
        assert message["Message-ID"].endswith("@studyhall.example>")
        assert b"log@example.org" not in text
        assert not Mail.objects.exists()

    def test_gives_up_at_once_on_a_mailbox_that_does_not_exist(self, mail_server: MailServer):
        mail_server.refuse = b"550 no such mailbox"
        write()
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            run(Mail.objects.get().pk)
        assert not Mail.objects.exists()

    def test_keeps_the_mail_for_a_mailbox_that_is_full(self, mail_server: MailServer):
        mail_server.refuse = b"452 mailbox full"
        write()
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            run(Mail.objects.get().pk)
        assert Mail.objects.exists()


class TestPatience:
    def waits(self, error: Exception, tries: range) -> list[int | None]:
        return [jobs.PATIENCE.wait_after(error, number) for number in tries]

    def test_waits_twice_as_long_each_time_and_an_hour_at_most(self):
        assert self.waits(OSError(), range(1, 10)) == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]

    def test_lasts_about_a_day(self):
        waits = [wait for wait in self.waits(OSError(), range(1, 40)) if wait]
        assert 20 * 3600 < sum(waits) < 26 * 3600

    @pytest.mark.parametrize(
        "error",
        [
            smtplib.SMTPDataError(554, b"spam"),
            smtplib.SMTPSenderRefused(550, b"no", "desk@studyhall.example"),
            smtplib.SMTPRecipientsRefused({"maren@example.org": (550, b"no such user")}),
        ],
    )
    def test_ends_at_once_when_the_server_refuses_for_good(self, error: Exception):
        assert jobs.PATIENCE.wait_after(error, 1) is None

    @pytest.mark.parametrize(
        "error",
        [
            smtplib.SMTPDataError(451, b"later"),
            smtplib.SMTPRecipientsRefused({"maren@example.org": (450, b"greylisted")}),
            smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"no"), "b@example.org": (450, b"later")}),
            smtplib.SMTPServerDisconnected(),
            smtplib.SMTPAuthenticationError(535, b"our own mistake"),
            TimeoutError(),
        ],
    )
    def test_goes_on_when_it_may_work_later(self, error: Exception):
        assert jobs.PATIENCE.wait_after(error, 1) == 30


@pytest.mark.django_db(transaction=True)
class TestWorker:
    def work(self) -> None:
        """Let a real worker do all that waits now."""
        with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
            worker_app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    def test_sends_what_was_committed(self, folder: Path):
        write("by the worker")
        self.work()
        [file] = folder.iterdir()
        assert message_from_bytes(file.read_bytes())["Subject"] == "by the worker"
        assert not Mail.objects.exists()

    def test_tries_again_later_what_failed(self, folder: Path):
        with mock.patch.object(Mail, "send", side_effect=OSError("away")):
            write()
            self.work()
        pk = Mail.objects.get().pk
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT status, attempts, scheduled_at - now() FROM procrastinate_jobs "
                "WHERE args ->> 'mail_id' = %s ORDER BY id DESC LIMIT 1",
                [str(pk)],
            )
            status, attempts, wait = cursor.fetchone()
        assert (status, attempts) == ("todo", 1)
        assert 20 < wait.total_seconds() <= 30
