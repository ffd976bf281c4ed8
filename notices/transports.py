"""How a mail leaves the site: by SMTP, or as a file of a folder that the demo's mail page shows."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend


class FolderBackend(BaseEmailBackend):
    """Writes each message as one ``.eml`` file of ``settings.EMAIL_FILE_PATH``, readable by its owner only.

    The names sort by time. A file appears whole or not at all.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
            unfinished = folder / f"{name}.part"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(message.message().as_bytes())
            unfinished.rename(folder / f"{name}.eml")
        return len(email_messages)


def transport() -> BaseEmailBackend:
    """The backend that ``settings.MAIL_TRANSPORT`` names. Each step of SMTP waits ``EMAIL_TIMEOUT`` seconds at most."""
    return FolderBackend() if settings.MAIL_TRANSPORT == "files" else SmtpBackend()
