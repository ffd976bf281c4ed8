"""The outbox: mail that waits to be sent."""

from __future__ import annotations

from email.utils import formatdate, make_msgid, parseaddr
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import models

from notices import transports


class Mail(models.Model):
    """One message of the outbox. It stands here only until it is sent: it may hold a code that opens an account.

    Its text is kept here and not in the job that sends it, because jobs and their arguments are logged.
    """

    content = models.JSONField(editable=False)
    queued_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "mail"

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @classmethod
    def of(cls, message: EmailMessage) -> Mail:
        """The row (not yet saved) that keeps ``message``.

        Raises ``ValueError`` for what can't be kept: attachments, or line breaks in a header
        (``django.core.mail.BadHeaderError``).
        """
        if message.attachments:
            raise ValueError("The outbox keeps text and HTML; a file belongs on a page that the mail links to.")
        headers = {name: str(value) for name, value in message.extra_headers.items()}
        # Fixed now, so that a second try is the same message to the mail server and not another one.
        domain = parseaddr(message.from_email)[1].rpartition("@")[2] or "localhost"
        headers.setdefault("Message-ID", make_msgid(domain=domain))
        headers.setdefault("Date", formatdate(usegmt=True))
        mail = cls(
            content={
                "subject": str(message.subject),
                "body": str(message.body),
                "subtype": message.content_subtype,
                "from_email": str(message.from_email),
                "to": list(map(str, message.to)),
                "cc": list(map(str, message.cc)),
                "bcc": list(map(str, message.bcc)),
                "reply_to": list(map(str, message.reply_to)),
                "headers": headers,
                "alternatives": [[str(text), kind] for text, kind in getattr(message, "alternatives", [])],
            }
        )
        mail.as_message().message()  # raises where a header would break
        return mail

    def as_message(self) -> EmailMultiAlternatives:
        """The message that was kept, ready for any of Django's mail backends."""
        kept: dict[str, Any] = dict(self.content)
        subtype = kept.pop("subtype")
        message = EmailMultiAlternatives(**kept)
        message.content_subtype = subtype
        return message

    def send(self) -> None:
        """Hand the message to the transport and forget it. Raises what the transport raises; then it stays."""
        with transports.transport() as connection:
            connection.send_messages([self.as_message()])
        self.delete()
