"""What stands around every view for moderation's sake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.middleware import BY_ITSELF
from accounts.models import Member
from common.addresses import page_of
from common.errors import error_page
from moderation import doors, linking, sanctions, trust
from moderation.limits import TooMany
from moderation.models import Sanction
from moderation.models.sanction import Kind

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
        return error_page(request, 429, str(exception), {"Retry-After": str(exception.wait)}, back=page_of(request))


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
        linking.note(request, user)


class VisitMiddleware:
    """Counts the days on which members are here, for their trust: by signing in, or at the first request of a day.

    Guests cost nothing and leave nothing. Whoever signs in is given the cookie of ``moderation.linking``.
    Stands behind ``accounts.middleware.SessionAgeMiddleware``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES and BY_ITSELF not in request.headers
        if has_session and request.user.is_authenticated:
            note_day(request, request.user)
        response = self.get_response(request)
        linking.set_cookie(request, response)
        return response


class DoorMiddleware:
    """Holds ``moderation.doors``: whoever is barred from what the request does gets the reason, and keeps their words.

    Who may not sign in is a guest from their next request on, also in a session that was opened at that very moment.
    Who has a warning to read is led to it before they write. Members under no sanction cost no query here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        if sanctions.that_bars(request.user, Kind.SIGN_IN):
            logout(request)
            return None
        kind = doors.kind_of(request)
        if sanction := sanctions.that_bars(request.user, kind):
            return self._refuse(request, kind, sanction)
        if kind == doors.WRITE and (warning := sanctions.that_bars(request.user, Kind.WARNING)):
            return self._warn(request, warning)
        return None

    def _refuse(self, request: HttpRequest, kind: str, sanction: Sanction) -> HttpResponse:
        context = {
            "sanction": sanction, "said": sanctions.sentence(sanction, kind), "kept": doors.keep(request),
            "typed": doors.typed(request),
        }  # fmt: skip
        answer = render(request, "moderation/barred.html", context, status=403)
        if getattr(request, "htmx", False):
            # htmx shows nothing of a refusal; the page that says why is one of its own.
            answer["HX-Redirect"] = reverse("moderation:standing")
        return answer

    def _warn(self, request: HttpRequest, warning: Sanction) -> HttpResponse:
        kept, back = doors.keep(request), request.get_full_path() if request.method == "GET" else ""
        address = f"{reverse('moderation:warning', args=[warning.pk])}?{urlencode({'next': kept or back or '/'})}"
        if getattr(request, "htmx", False):
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        if request.method in ("GET", "HEAD") or (kept or not doors.typed(request)):
            return redirect(address)
        context = {"warning": warning, "typed": doors.typed(request), "next": "/"}
        return render(request, "moderation/warning.html", context, status=403)
