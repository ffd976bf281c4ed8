"""How long a sign-in lasts."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from accounts.language import language_of

STARTED, SEEN = "signed_in_at", "seen_at"  # in the session: seconds since 1970
BY_ITSELF = "X-By-Itself"  # what an open page asks again and again; nobody need be there to read the answer
ENGLISH_ONLY = re.compile(
    r"^/admin/|\.[a-z]+$"
)  # the desk, and every file that programs read: feeds, citations, pictures
NOTED = 20  # times in an idle period that a visit is written down: a session row is not written at every request


def begin(sender: type, request: HttpRequest | None, **facts: Any) -> None:
    """Note when a sign-in began. Connected to ``user_logged_in`` by ``accounts.apps``."""
    if request is not None and hasattr(request, "session"):
        request.session[STARTED] = request.session[SEEN] = int(time.time())


def coarsen(sender: type, instance: UserSession, **facts: Any) -> None:
    """Keep of a session's address only its network: enough to tell home from abroad, too little to find a person.

    Connected to ``pre_save`` by ``accounts.apps``.
    """
    address = ipaddress.ip_address(instance.ip)
    instance.ip = str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False).network_address)


class TimeZoneMiddleware:
    """Tells moments in the member's own time zone. Stands behind ``SessionAgeMiddleware``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = None
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            with suppress(ZoneInfoNotFoundError, ValueError):  # one that this machine does not know any more
                zone = ZoneInfo(request.user.time_zone) if request.user.time_zone else None
        with timezone.override(zone):
            return self.get_response(request)


class LanguageMiddleware:
    """Answers members in the language they chose. Stands behind ``SessionAgeMiddleware``.

    Guests are answered in the site's own whatever they send, so that what is kept for one guest is right for all; so
    are feeds and files, which programs read, and the desk (docs/architecture.md).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        speaks = request.speaks = not ENGLISH_ONLY.search(request.path_info)  # type: ignore[attr-defined]
        is_member = settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
        language = language_of(request.user) if is_member and speaks else settings.LANGUAGE_CODE
        with translation.override(language):
            return self.get_response(request)


def speak(sender: type, request: HttpRequest | None, user: Any, **facts: Any) -> None:
    """Greet in their own language who signs in. Connected to ``user_logged_in`` by ``accounts.apps``."""
    if getattr(request, "speaks", False):
        translation.activate(language_of(user))  # until LanguageMiddleware puts back what was before


class SessionAgeMiddleware:
    """Ends a session that was idle or open for longer than ``settings.SESSION_AGES`` allows its member.

    Staff has shorter ages than members. Guests, who have no session, cost nothing here. Stands behind
    ``AuthenticationMiddleware``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        ages = settings.SESSION_AGES["staff" if request.user.is_staff else "member"]
        session, now = request.session, int(time.time())
        started, seen = session.get(STARTED, now), session.get(SEEN, now)
        if now - started > ages["longest"] or now - seen > ages["idle"]:
            logout(request)
        elif STARTED not in session or (now - seen > ages["idle"] // NOTED and BY_ITSELF not in request.headers):
            session[STARTED], session[SEEN] = started, now
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())
