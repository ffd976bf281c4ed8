"""Mail as the rest of the site sends it: put into the outbox, in the transaction of whoever sends."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from common.deferring import defer
from notices.models import Mail


class QueuedBackend(BaseEmailBackend):
    """The site's ``EMAIL_BACKEND``: no request waits for a mail server, and a request that fails sends nothing.

    Each message becomes a row of the outbox and one job that sends it. Both are written in the caller's transaction,
    so what is rolled back was never sent. Messages without a recipient are left out.
    """

    @transaction.atomic
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue the messages; gives how many. Raises ``ValueError`` for one that can't be kept (``Mail.of``)."""
        mails = [Mail.of(message) for message in email_messages if message.recipients()]
        for mail in mails:
            mail.save()
            defer("notices.send_mail", mail_id=mail.pk)
        return len(mails)
