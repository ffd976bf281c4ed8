"""The outbox: mail that waits to be sent."""

from __future__ import annotations

from datetime import timedelta
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import models
from django.utils import timezone

from notices import transports


class MemberMessage(EmailMultiAlternatives):
    """A mail to a member of notifications: ``told`` names them by their ids, each with the parts of it that are told.

    ``about`` is the kind of notification, or what else ends such mails. Other mail is sent as Django's own messages.
    """

    member: Any = None
    about = ""
    told: dict[int, list[int]] = {}


class Mail(models.Model):
    """One message of the outbox. It stands here only until it is sent: it may hold a code that opens an account.

    Its text is kept here and not in the job that sends it, because jobs and their arguments are logged. ``handed_at``
    is when a worker took it to hand it over; a worker that failed to takes it back. ``told``: as of a
    ``MemberMessage``, a list of pairs.
    """

    LONGEST_HANDING = timedelta(minutes=10)  # whoever took a mail so long ago is dead

    content = models.JSONField(editable=False)
    queued_at = models.DateTimeField(auto_now_add=True)
    handed_at = models.DateTimeField(null=True, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", editable=False)
    about = models.CharField(max_length=30, blank=True, default="", db_default="", editable=False)
    told = models.JSONField(default=list, db_default=[], editable=False)

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
            member=getattr(message, "member", None),
            about=getattr(message, "about", ""),
            told=[[pk, parts] for pk, parts in getattr(message, "told", {}).items()],
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
            },
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

    @classmethod
    def claim(cls, pk: int) -> Mail | None:
        """Take the mail to hand it over; ``None`` where it is gone, or somebody else is at it.

        Where whoever took it has died, nobody knows whether it was sent. A mail of notifications is then dropped, for
        the site and the digest tell the same: it is never sent twice. Any other (it may hold the code that somebody
        waits for) is sent again, under the same Message-ID.
        """
        now = timezone.now()
        if not cls.objects.filter(pk=pk, handed_at=None).update(handed_at=now):
            left = cls.objects.filter(pk=pk, handed_at__lt=now - cls.LONGEST_HANDING)
            left.exclude(told=[]).delete()
            if not left.update(handed_at=now):
                return None
        return cls.objects.filter(pk=pk).first()

    def release(self) -> None:
        """Give it back: it was not sent, and another try may send it."""
        type(self).objects.filter(pk=self.pk).update(handed_at=None)

    def send(self) -> None:
        """Hand the message to the transport and forget it. Raises what the transport raises; then it stays."""
        with transports.transport() as connection:
            connection.send_messages([self.as_message()])
        self.delete()
