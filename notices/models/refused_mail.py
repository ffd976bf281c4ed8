"""Mails that were given up: what admins look at when somebody says that nothing arrives."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.db import models

ADDRESS = re.compile(r"\S+@\S+")


class RefusedMail(models.Model):
    """A mail that nobody will send any more, without its text and without the address.

    ``member`` is empty where it went to somebody who is no member (yet); ``domain`` is where it should have gone.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    domain = models.CharField(max_length=255, blank=True)
    about = models.CharField(max_length=100, blank=True, help_text="the kind of notification; empty for other mail")
    answer = models.CharField(max_length=300, help_text="what the mail server said last, without addresses")
    tries = models.PositiveIntegerField()
    given_up_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "refused mail"
        verbose_name_plural = "refused mail"
        ordering = ("-given_up_at", "-pk")
        indexes = (models.Index(fields=["-given_up_at", "-id"], name="refused_newest"),)

    def __str__(self) -> str:
        return f"{self.domain}: {self.answer}"

    @classmethod
    def note(cls, mail: Any, error: BaseException | None, tries: int) -> None:
        """Note that ``mail`` is given up, after so many tries of which the last ended with ``error``."""
        recipients = mail.content["to"]
        cls.objects.create(
            member_id=mail.member_id,
            domain=recipients[0].rpartition("@")[2].strip("> ")[:255] if recipients else "",
            about=mail.about,
            answer=ADDRESS.sub("(address)", _said(error))[:300],
            tries=tries,
        )


def _said(error: BaseException | None) -> str:
    recipients = getattr(error, "recipients", None)
    code, text = next(iter(recipients.values())) if recipients else (
        getattr(error, "smtp_code", ""), getattr(error, "smtp_error", "") or type(error).__name__
    )  # fmt: skip
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return f"{code} {text}".replace("\x00", "").strip()
