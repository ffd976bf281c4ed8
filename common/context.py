"""What every template may know about the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """``site_name``; ``is_local`` where mail lands on a page of ours instead of in a mailbox; ``has_orcid``."""
    return {"site_name": settings.SITE_NAME, "is_local": settings.LOCAL, "has_orcid": bool(settings.ORCID_CLIENT_ID)}
