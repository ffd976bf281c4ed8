"""What stands around every view for moderation's sake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.middleware import BY_ITSELF
from accounts.models import Member
from common.errors import error_page
from moderation import trust
from moderation.limits import TooMany

DAY = "day_here"  # in the session: the last day that was counted


class LimitMiddleware:
    """Answers 429 with the sentence and ``Retry-After`` where a view let ``TooMany`` through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooMany):
            return None
        return error_page(request, 429, str(exception), {"Retry-After": str(exception.wait)})


def note_day(request: HttpRequest, member: Member) -> None:
    """Count this day, in UTC, for the member; a session that has counted it does nothing more."""
    today = timezone.now().astimezone(UTC).date()
    if request.session.get(DAY) != today.isoformat():
        trust.note_visit(member.pk, today)
        request.session[DAY] = today.isoformat()


def signed_in(sender: type, request: HttpRequest | None, user: Member, **facts: Any) -> None:
    """Whoever signs in is here. Connected to ``user_logged_in`` by ``moderation.apps``."""
    if request is not None and hasattr(request, "session"):
        note_day(request, user)


class VisitMiddleware:
    """Counts the days on which members are here, for their trust: by signing in, or at the first request of a day.

    Guests cost nothing and leave nothing. Stands behind ``accounts.middleware.SessionAgeMiddleware``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES and BY_ITSELF not in request.headers
        if has_session and request.user.is_authenticated:
            note_day(request, request.user)
        return self.get_response(request)
