"""Mail about one's own account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.models import Member


def send(member: Member, template: str, subject: str, **context: Any) -> None:
    """Put ``accounts/mail/<template>.txt`` into the outbox, to the member's main address; nothing without one."""
    if not member.email:
        return
    facts = {"member": member, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    body = render_to_string(f"accounts/mail/{template}.txt", facts | context)
    EmailMessage(subject=f"[{settings.SITE_NAME}] {subject}", body=body, to=[member.email]).send()
