"""What the tests of notices share: an outbox whose mails land in a folder."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from notices import jobs


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    """Mail is queued as on the real site; what a job sends lands in this folder."""
    settings.EMAIL_BACKEND = "notices.mail.QueuedBackend"
    settings.MAIL_TRANSPORT = "files"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return settings.EMAIL_FILE_PATH


def run(mail_id: int, tries_before: int = 0) -> None:
    """Run the job of one mail as a worker does, after so many tries that failed."""
    jobs.send_mail(SimpleNamespace(job=SimpleNamespace(attempts=tries_before)), mail_id=mail_id)


class MailServer(socketserver.TCPServer):
    """As much of SMTP (RFC 5321) as a client needs; ``refuse`` is what it answers to every recipient instead of 250."""

    def __init__(self) -> None:
        self.received: list[tuple[str, list[str], bytes]] = []
        self.refuse = b""
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        sender, recipients = "", list[str]()
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"MAIL":
                sender, recipients = line.decode().split("<")[1].split(">")[0], []
            elif command == b"RCPT":
                if self.server.refuse:
                    self.wfile.write(self.server.refuse + b"\r\n")
                    continue
                recipients.append(line.decode().split("<")[1].split(">")[0])
            elif command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.received.append((sender, recipients, text))
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """A mail server on this machine; mail is queued, and jobs send it there."""
    settings.EMAIL_BACKEND = "notices.mail.QueuedBackend"
    settings.MAIL_TRANSPORT = "smtp"
    with MailServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.EMAIL_USE_TLS = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
