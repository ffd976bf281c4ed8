"""What every page of a member may tell about their notifications."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notices.telling import unread_count


def inbox(request: HttpRequest) -> dict[str, Any]:
    """``unread_notifications``, asked of the database only where a page shows it; guests have none."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread_notifications": SimpleLazyObject(lambda: unread_count(user))}
