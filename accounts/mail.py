"""Mail about one's own account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext

from accounts.language import spoken_to
from accounts.models import Member


def send(member: Member, template: str, subject: str, **context: Any) -> None:
    """Put ``accounts/mail/<template>.txt`` into the outbox, to the member's main address; nothing without one.

    Written in the member's language, whoever caused it; ``subject`` is marked by ``gettext_noop``.
    """
    if not member.email:
        return
    facts: dict[str, Any] = {"member": member, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    with spoken_to(member):
        body = render_to_string(f"accounts/mail/{template}.txt", facts | context)
        said = gettext(subject)
    EmailMessage(subject=f"[{settings.SITE_NAME}] {said}", body=body, to=[member.email]).send()
