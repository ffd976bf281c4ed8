"""Whom the site asks, as whom, and how a host says when to come again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings


@dataclass(frozen=True)
class Host:
    """A host that may be asked: what people call it, and how many times a second at most."""

    title: str
    rate: Callable[[], float]


# Rates: NCBI 3/s, 10/s with a key. Crossref 5/s, 10/s for whoever says who asks. OpenAlex 10/s, fewer from nobody.
HOSTS = {
    "eutils.ncbi.nlm.nih.gov": Host("PubMed", lambda: 9 if settings.NCBI_API_KEY else 2.8),
    "api.crossref.org": Host("Crossref", lambda: 9 if settings.CONTACT_EMAIL else 4.5),
    "api.openalex.org": Host("OpenAlex", lambda: 9 if settings.OPENALEX_API_KEY or settings.CONTACT_EMAIL else 1),
}


def user_agent() -> str:
    """Who asks, as the hosts want to be told: the software, the site, and an address for complaints."""
    contact = f"; mailto:{settings.CONTACT_EMAIL}" if settings.CONTACT_EMAIL else ""
    site = urlsplit(settings.SITE_URL).netloc
    return f"Studyhall/0.1 ({site}{contact})"


def retry_after(header: str) -> float | None:
    """Seconds from now that a ``Retry-After`` header names, as a number or as a date; None where it names none."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
