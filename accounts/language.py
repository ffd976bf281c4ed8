"""In which language a member is spoken to, on pages and in what is written to them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.utils import translation


def language_of(member: Any) -> str:
    """The language this member chose; the site's own where the site no longer has it, and for nobody."""
    chosen = getattr(member, "language", "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def spoken_to(member: Any) -> AbstractContextManager[None]:
    """While it lasts, everything is said in this member's language: mails and notices, whoever caused them."""
    return translation.override(language_of(member))


def as_stored() -> AbstractContextManager[None]:
    """While it lasts, everything is said in the site's own language, as what is stored for all is."""
    return translation.override(settings.LANGUAGE_CODE)
