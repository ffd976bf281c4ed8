"""Mail against a real SMTP server: taken, refused for good, refused for now, hanging, away, with STARTTLS."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.mail import send_mail
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app

from notices import transports
from notices.models import Letter, Mail, RefusedMail
from notices.models.mail import MemberMessage
from notices.telling import tell
from tests.builders import make_member
from tests.notices.test_letters import RETRACTED, make_reader

pytestmark = pytest.mark.django_db(transaction=True)


class Postbox:
    """What the server does with mail: ``answers`` are given to the next recipients, one each; then all are taken."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.answers: list[str] = []
        self.hangs = threading.Event()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.received.append(envelope)
        return "250 taken"


@pytest.fixture
def postbox(settings) -> Iterator[Postbox]:
    with served(Postbox(), settings) as box:
        yield box


class served:
    """A running server as the settings' mail server; as a context it gives its postbox."""

    def __init__(self, box: Postbox, settings, **options: Any) -> None:
        self.box = box
        self.controller = Controller(box, hostname="127.0.0.1", port=0, **options)
        settings.EMAIL_BACKEND = "notices.mail.QueuedBackend"
        settings.MAIL_TRANSPORT, settings.EMAIL_USE_TLS = "smtp", False
        self.settings = settings

    def __enter__(self) -> Postbox:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.controller.port = free.getsockname()[1]
        self.controller.start()
        self.settings.EMAIL_HOST, self.settings.EMAIL_PORT = "127.0.0.1", self.controller.port
        return self.box

    def __exit__(self, *error: object) -> None:
        self.controller.stop()


def work(*, later: bool = False) -> None:
    """Let a real worker do all that waits now; with ``later`` also what waits for its time."""
    if later:
        Letter.objects.update(due_at=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
        worker_app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def jobs() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = 'notices.send_mail' ORDER BY id"
        )
        return cursor.fetchall()


@pytest.fixture(autouse=True)
def no_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def write() -> None:
    send_mail("Your code", "The code is 7.", "Studyhall <desk@studyhall.example>", ["maren@example.org"])


class TestAServer:
    def test_takes_a_mail_at_once_one_time_from_the_telling_to_the_wire(self, postbox: Postbox):
        reader = make_reader()
        with transaction.atomic():
            tell([reader], **RETRACTED)
        for _ in range(2):
            work(later=True)
        [envelope] = postbox.received
        message = message_from_bytes(envelope.content)
        assert envelope.rcpt_tos == [reader.email]
        assert message["Subject"] == "A study is retracted"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
        assert not Mail.objects.exists() and not Letter.objects.exists()

    def test_that_refuses_for_good_is_not_asked_again_and_admins_see_it(self, postbox: Postbox, client: Client):
        reader = make_reader()
        postbox.answers = [f"550 5.1.1 <{reader.email}> no such mailbox"]
        tell([reader], **RETRACTED)
        work(later=True)
        work(later=True)
        assert not postbox.received and not Mail.objects.exists()
        assert [status for status, _ in jobs()] == ["failed"]
        refused = RefusedMail.objects.get()
        assert (refused.member, refused.domain, refused.about, refused.tries) == (reader, "example.org", "standing", 1)
        assert refused.answer == "550 5.1.1 (address) no such mailbox"
        client.force_login(make_member(is_staff=True, is_superuser=True))
        assert "no such mailbox" in client.get("/admin/notices/refusedmail/").content.decode()
        client.force_login(make_member(is_staff=True))
        assert client.get("/admin/notices/refusedmail/").status_code == 403

    def test_that_refuses_for_now_is_asked_again_later_and_takes_it_once(self, postbox: Postbox):
        postbox.answers = ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
        write()
        work()
        work()  # not before its time
        assert jobs() == [("todo", 1)] and not postbox.received
        work(later=True)
        assert jobs() == [("todo", 2)]
        work(later=True)
        assert len(postbox.received) == 1 and not Mail.objects.exists() and not RefusedMail.objects.exists()

    def test_that_hangs_is_left_after_a_while_and_holds_no_page_up(self, settings, client: Client):
        settings.EMAIL_BACKEND = "notices.mail.QueuedBackend"
        settings.MAIL_TRANSPORT, settings.EMAIL_TIMEOUT, settings.EMAIL_USE_TLS = "smtp", 0.3, False
        with socket.create_server(("127.0.0.1", 0)) as tarpit:
            settings.EMAIL_HOST, settings.EMAIL_PORT = tarpit.getsockname()
            client.post("/accounts/password/reset/", {"email": make_reader().email})
            assert Mail.objects.count() == 1
            tarpit.settimeout(0.05)
            with pytest.raises(TimeoutError):
                tarpit.accept()  # the request has not even tried
            began = time.monotonic()
            work()
            assert time.monotonic() - began < 30
        assert jobs() == [("todo", 1)] and Mail.objects.get().handed_at is None

    def test_that_is_away_gets_it_when_it_is_back(self, settings):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            settings.EMAIL_BACKEND = "notices.mail.QueuedBackend"
            settings.MAIL_TRANSPORT, settings.EMAIL_USE_TLS = "smtp", False
            settings.EMAIL_HOST, settings.EMAIL_PORT = closed.getsockname()
            write()
            work()
        assert jobs() == [("todo", 1)]
        with served(Postbox(), settings) as postbox:
            work(later=True)
        assert len(postbox.received) == 1

    def test_that_dies_after_taking_it_may_get_a_code_twice_under_one_id_and_a_notice_never(self, postbox, settings):
        """Between the server's "taken" and our noting it a worker can die. This is which way each of them errs."""
        write()
        reader = make_reader()
        message = MemberMessage("News", "News", to=[reader.email])
        message.member, message.told = reader, {1: []}
        message.send()
        for mail in Mail.objects.order_by("pk"):
            taken = Mail.claim(mail.pk)
            assert taken is not None
            with transports.transport() as wire:
                wire.send_messages([taken.as_message()])  # and here the worker dies
        Mail.objects.update(handed_at=timezone.now() - datetime.timedelta(minutes=11))
        work(later=True)
        ids = [message_from_bytes(each.content)["Message-ID"] for each in postbox.received]
        subjects = sorted(message_from_bytes(each.content)["Subject"] for each in postbox.received)
        assert subjects == ["News", "Your code", "Your code"] and len(set(ids)) == 2
        assert not Mail.objects.exists()

    def test_that_wants_starttls_gets_it_and_one_without_gets_no_mail(self, settings, tmp_path: Path, monkeypatch):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate, key = self_signed(tmp_path)
        context.load_cert_chain(certificate, key)
        with served(Postbox(), settings, tls_context=context, require_starttls=True) as postbox:
            settings.EMAIL_USE_TLS = True
            write()
            work()
            assert not postbox.received  # nobody vouches for its certificate
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            work(later=True)
            assert len(postbox.received) == 1
        with served(Postbox(), settings) as plain:
            settings.EMAIL_USE_TLS = True
            write()
            work()
            assert not plain.received and Mail.objects.count() == 1


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
