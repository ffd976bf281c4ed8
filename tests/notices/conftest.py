"""What the tests of notices share: an outbox whose mails land in a folder."""

from __future__ import annotations

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
