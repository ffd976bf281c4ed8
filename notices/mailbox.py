"""The mails that the ``files`` transport wrote, read back for the demo's mail page."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

MOST = 50  # mails shown
# As allauth prints its codes (four capitals or digits, a dash, four more), alone on a line of the mail.
CODE = re.compile(r"^[ \t]*([A-Z0-9]{4}-[A-Z0-9]{4})[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class LandedMail:
    """A mail as its reader sees it; ``code`` is "" where the mail carries none."""

    to: str
    subject: str
    sent_at: datetime | None
    text: str

    @property
    def code(self) -> str:
        found = CODE.search(self.text)
        return found[1] if found else ""


def landed(to: str = "") -> list[LandedMail]:
    """The newest mails of ``settings.EMAIL_FILE_PATH``, newest first; those to one address where ``to`` is given."""
    files = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.eml"), reverse=True)
    mails = (_read(file) for file in files[: MOST * 4 if to else MOST])
    return [mail for mail in mails if to.lower() in mail.to.lower()][:MOST]


def _read(file: Path) -> LandedMail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    date = message["Date"].datetime if message["Date"] else None
    if date and date.tzinfo is None:
        date = date.replace(tzinfo=UTC)  # "-0000": UTC, from a place that isn't told (RFC 5322, 3.3)
    return LandedMail(
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        sent_at=date,
        text=body.get_content() if body else "",
    )
