"""Pages that are the same for every guest, kept until anything at all is written.

A page that was made is answered again for as long as the database holds what it held when the page was made. That is
asked of PostgreSQL by one small query: ``pg_current_snapshot()`` names the transactions that are not over and the
number of the next one. Whatever commits something has a number, so it is no longer among those that run, or the next
number is higher: as long as the snapshot is the same, nothing was committed. What a moderator hides is gone at once.

Where many guests read the same page (a link that went round), one query and no template is what each of them costs;
where something is written all the time, pages are made anew and the query was in vain.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Key = tuple[str, str, str, str]

LONGEST = 30.0  # seconds: "2 minutes ago" and what ends by the clock move on without a write
ADDRESS_LIMIT = 300  # characters; longer ones are nobody's link
ONE_AT_MOST = 512 * 1024  # bytes of one page


@dataclass(frozen=True)
class Page:
    """One page as it was answered: its bytes and headers, the snapshot before it was made, and when."""

    body: bytes
    headers: dict[str, str]
    snapshot: str
    made_at: float


class KeptPagesMiddleware:
    """Answers guests with a page that was made before and would be the same now.

    Only what ``settings.KEPT_PAGES`` names, and only for a request that brings no cookie at all: whoever has one may be
    a member, or get a form of their own. ``settings.KEPT_PAGES_MB`` bounds the memory of each worker; 0 keeps nothing.
    Stands outside everything that knows visitors, and inside what sets the headers that all answers have.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.room = settings.KEPT_PAGES_MB * 1024 * 1024
        self.pages: OrderedDict[Key, Page] = OrderedDict()
        self.held = 0  # bytes of them all
        self.lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self.room or not _is_plain(request):
            return self.get_response(request)
        snapshot, key = _snapshot(), _key(request)
        with self.lock:
            page = self.pages.get(key)
            if page:
                self.pages.move_to_end(key)
        if page and page.snapshot == snapshot and time.monotonic() - page.made_at < LONGEST:
            return _conditional(request, HttpResponse(page.body, headers=page.headers))
        response = self.get_response(request)
        if not (isinstance(response, HttpResponse) and _can_be_kept(request, response)):
            return response
        response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response.headers["Cache-Control"] = "no-cache"  # browsers may keep it too, and ask whether it is still so
        patch_vary_headers(response, ["Cookie", "Accept"])
        self._keep(key, Page(response.content, dict(response.headers), snapshot, time.monotonic()))
        return _conditional(request, response)

    def _keep(self, key: Key, page: Page) -> None:
        """Keep the page; those that nobody asked for longest make room."""
        with self.lock:
            if before := self.pages.pop(key, None):
                self.held -= len(before.body)
            self.pages[key] = page
            self.held += len(page.body)
            while self.held > self.room:
                _, oldest = self.pages.popitem(last=False)
                self.held -= len(oldest.body)


def _is_plain(request: HttpRequest) -> bool:
    """Whether this asks for a whole page as anybody without an account would."""
    return (
        request.method in ("GET", "HEAD")
        and not request.META.get("HTTP_COOKIE")
        and not request.META.get("HTTP_HX_REQUEST")
        and not request.META.get("HTTP_AUTHORIZATION")
        and len(request.get_full_path()) <= ADDRESS_LIMIT
    )


def _key(request: HttpRequest) -> Key:
    return (
        "https" if request.is_secure() else "http",
        request.META.get("HTTP_HOST", ""),
        request.get_full_path(),
        request.META.get("HTTP_ACCEPT", ""),
    )


def _snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def _can_be_kept(request: HttpRequest, response: HttpResponse) -> bool:
    match = request.resolver_match
    return (
        request.method == "GET"
        and response.status_code == 200
        and match is not None
        and match.view_name in settings.KEPT_PAGES
        and not response.cookies
        and not hasattr(request, "_csp_nonce")  # django-csp made one for this page: its header is this answer's alone
        and not response.has_header("Cache-Control")
        and len(response.content) <= ONE_AT_MOST
    )


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """The answer, or 304 for a browser that has it already."""
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response
