"""What every request passes on its way in, and every response on its way out.

None of it asks the database. The order stands in ``settings.MIDDLEWARE``; what each needs of it is told here.
"""

from __future__ import annotations

import codecs
import logging
import re
import secrets
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode, urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext

from common import unsent
from common.addresses import page_of
from common.errors import error_page
from common.logs import request_id
from common.uploads import IntoFolder, LargeUploads, rule_for

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# ── Before Django: a request it could not even build ─────────────────────────────────────────────

UNREADABLE = "application/octet-stream; charset=unreadable"


def readable(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that never fails to build its request.

    Django reads the content type before any middleware runs, and raises for one whose charset has no codec or is
    broken ("charset*=x''y"): the server would answer with a bare 500. Such a type is replaced by one that
    ``InputMiddleware`` refuses.
    """

    def application_with_readable_type(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            _, parameters = parse_header_parameters(environ.get("CONTENT_TYPE") or "")
            if "charset" in parameters:
                codecs.lookup(parameters["charset"])
        except LookupError:
            pass  # Django leaves an unknown charset alone, and InputMiddleware refuses it.
        except Exception:
            environ["CONTENT_TYPE"] = UNREADABLE
        return application(environ, start_response)

    return application_with_readable_type


# ── Headers ──────────────────────────────────────────────────────────────────────────────────────


HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
}


class HeadersMiddleware:
    """Gives each request an id and each response the headers that nobody else sets.

    The id (16 hexadecimal digits, never taken from outside) stands in ``request.id``, in the log lines written
    meanwhile and in ``X-Request-ID``. A header that a view has set stays.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = secrets.token_hex(8)  # type: ignore[attr-defined]
        known = request_id.set(request.id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(known)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response


# ── What may come in ─────────────────────────────────────────────────────────────────────────────

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
PATH_LIMIT = 2_000  # characters, decoded
QUERY_LIMIT = 8_000  # characters, as sent
QUERY_FIELDS_LIMIT = 200
BODY_LIMIT = 3_000_000  # bytes: a picture of 2.5 MB and the form around it

BROKEN_PATH = re.compile(r"\x00|%[89A-Fa-f][0-9A-Fa-f]|[\ud800-\udfff]")  # Django writes bytes that are no UTF-8 as %FF
BROKEN_FORM = (MultiPartParserError, BadRequest, SuspiciousOperation, UnreadablePostError, ValueError)
NOT_TEXT = "The form holds bytes that are not text, such as NUL. Please remove them and send it again."
NEVER_IN_TEXT = re.compile(r"[\x00\ud800-\udfff]")


class Refused(Exception):
    """A request that is not let in: the status to answer, what to do about it, and headers that belong to it."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


class InputMiddleware:
    """Refuses what no page of ours can mean: bytes that are no text, and more of anything than we ever send.

    Stands outside everything that reads the query, a cookie or the body, so that below it a text is a text. Each
    refusal is a 4xx page with a sentence.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            check_method(request)
            check_address(request)
            check_headers(request)
            check_body(request)
        except Refused as refused:
            logger.info("refused with %s: %s", refused.status, refused.sentence, extra={"status_code": refused.status})
            return error_page(request, refused.status, refused.sentence, refused.headers)
        return self.get_response(request)


def check_method(request: HttpRequest) -> None:
    if request.method not in METHODS:
        raise Refused(405, "This site does not know that kind of request.", Allow=", ".join(METHODS))


def check_address(request: HttpRequest) -> None:
    query = request.META.get("QUERY_STRING", "")
    if len(request.path_info) > PATH_LIMIT or len(query) > QUERY_LIMIT:
        raise Refused(414, "The address is longer than any address of this site. Was something pasted into it?")
    if BROKEN_PATH.search(request.path_info):
        raise Refused(400, "The address holds bytes that are not text. Please check it, or start from the first page.")
    if query.count("&") >= QUERY_FIELDS_LIMIT:
        raise Refused(400, f"The address asks for more than {QUERY_FIELDS_LIMIT} things at once.")
    if not _is_text(query):
        raise Refused(400, "What follows the question mark in the address holds bytes that are not text.")


def _is_text(encoded: str | bytes) -> bool:
    """Whether percent-encoded bytes (a query string as WSGI gives it, or a form's body) are UTF-8 without NUL."""
    try:
        raw = encoded if isinstance(encoded, bytes) else encoded.encode("latin-1")
        return "\0" not in unquote_to_bytes(raw).decode()
    except UnicodeError:
        return False


def check_headers(request: HttpRequest) -> None:
    parameters = {name.lower(): value for name, value in (request.content_params or {}).items()}
    if str(parameters.get("charset", "utf-8")).strip().lower() not in CHARSETS:
        raise Refused(415, "This site reads UTF-8 text only. Please send it as UTF-8.")
    length = (request.META.get("CONTENT_LENGTH") or "").strip()
    if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise Refused(411, "Please send the length of what you upload before it.")
    if length and not (length.isascii() and length.isdigit()):
        raise Refused(400, "The length of the request is not a number.")
    if length and (len(length) > 15 or int(length) > BODY_LIMIT):
        check_large_upload(request, int(length[:15]))
    # A quoted cookie may spell a NUL as \000; the session's key would carry it to the database.
    if any(NEVER_IN_TEXT.search(value) for value in request.COOKIES.values()):
        raise Refused(400, "A cookie holds bytes that are not text. Please clear this site's cookies and try again.")


def check_large_upload(request: HttpRequest, length: int) -> None:
    """Let in only what the view of the address takes; ``LargeUploadMiddleware`` asks who sends it."""
    rule = rule_for(request)
    if rule is None:
        raise Refused(
            413, f"That is more than {BODY_LIMIT // 1_000_000} MB. Please send a smaller picture or a shorter text."
        )
    if length > rule.limit:
        raise Refused(413, f"That is more than {rule.limit // 1_000_000} MB. {rule.advice}")
    request.large_uploads = rule  # type: ignore[attr-defined]


def check_body(request: HttpRequest) -> None:
    """Read the form, if one was sent, and refuse one that cannot be read. Other bodies are their view's to read."""
    if request.method != "POST" or getattr(request, "large_uploads", None):
        return
    read_form(request)


def read_form(request: HttpRequest) -> None:
    """Read a form that was posted. Raises ``Refused`` for one that cannot be read or holds what is no text."""
    try:
        texts = [text for name, values in request.POST.lists() for text in (name, *values)]
        if any(NEVER_IN_TEXT.search(text) for text in texts):
            raise Refused(400, NOT_TEXT)
        # Django writes something else for bytes that are no UTF-8: Latin-1 for bare ones, U+FFFD for "%FF".
        if request.content_type == "application/x-www-form-urlencoded":
            request.body.decode()
            if any("\ufffd" in text for text in texts) and not _is_text(request.body):
                raise Refused(400, NOT_TEXT)
    except Refused:
        _forget_form(request)
        raise
    except RequestDataTooBig as error:
        _forget_form(request)
        raise Refused(413, "The text in this form is too long. Please shorten it.") from error
    except (TooManyFieldsSent, TooManyFilesSent) as error:
        _forget_form(request)
        raise Refused(400, "The form has more fields than any form of this site.") from error
    except UnicodeError as error:
        _forget_form(request)
        raise Refused(400, NOT_TEXT) from error
    except BROKEN_FORM as error:
        _forget_form(request)
        raise Refused(400, "The form arrived broken. Please send it again.") from error


def _forget_form(request: HttpRequest) -> None:
    """Leave an empty form: whoever looks at it later must not read, and fail, again."""
    request._mark_post_parse_error()  # type: ignore[attr-defined]


class LargeUploadMiddleware:
    """Reads an upload that is larger than other requests may be, once it is known that its sender may send it.

    Stands before the form token's middleware, which would read it unasked; the session and the member are known by
    the time a view is about to be called.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], arguments: Any, options: Any
    ) -> HttpResponseBase | None:
        rule: LargeUploads | None = getattr(request, "large_uploads", None)
        if rule is None:
            return None
        if (refusal := rule.refusal(request)) is not None:
            _forget_form(request)
            return refusal
        handler = IntoFolder(request, rule.folder())
        try:
            request.upload_handlers = [handler]
            read_form(request)
        except Refused as refused:
            handler.upload_interrupted()
            logger.info("refused with %s: %s", refused.status, refused.sentence, extra={"status_code": refused.status})
            return error_page(request, refused.status, refused.sentence, refused.headers)
        except OSError as error:
            handler.upload_interrupted()
            _forget_form(request)
            logger.error("an upload could not be written: %s", error)
            return error_page(request, 503, "There is no room for this file just now. Please try again later.")
        return None


# ── The database is away ─────────────────────────────────────────────────────────────────────────

RETRY_AFTER = 5  # seconds

# Django's own, and the driver's where it is used without Django (jobs, LISTEN). Time-outs of a statement, of a lock
# and of the pool, deadlocks, a full disk and a server that is starting are all kinds of OperationalError.
AWAY = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)


def is_database_away(error: BaseException | None) -> bool:
    """Whether an error, or one that it was raised from, says that the database cannot do it now but may soon."""
    for _ in range(5):
        if error is None:
            return False
        if isinstance(error, AWAY):
            return True
        error = error.__cause__
    return False


class DatabaseAwayMiddleware:
    """Answers 503 with ``Retry-After`` where the database did not answer, instead of 500.

    Stands outside everything that asks the database. What a view raises comes here at once; what a middleware raises
    has become a 500 by the time it comes past, and is told by Django's signal.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        got_request_exception.connect(_remember_if_away, dispatch_uid="common.middleware.database_away")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code >= 500 and (error := getattr(request, "database_error", None)):
            return database_away(request, error)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return database_away(request, error) if is_database_away(error) else None


def _remember_if_away(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    error = sys.exc_info()[1]
    if request is not None and is_database_away(error):
        request.database_error = error  # type: ignore[attr-defined]


def database_away(request: HttpRequest, error: BaseException) -> HttpResponse:
    logger.error("the database did not answer: %s: %s", type(error).__name__, error, extra={"status_code": 503})
    return error_page(
        request,
        503,
        "The site cannot reach its database just now. Please try again in a few seconds; "
        "if you sent something, go back, and your browser still has what you typed.",
        {"Retry-After": str(RETRY_AFTER)},
    )


# ── What is gone meanwhile ───────────────────────────────────────────────────────────────────────


class GoneMeanwhileMiddleware:
    """Answers 409 where what was sent points at a row that somebody took away in that very moment, instead of 500.

    Every view looks first; between the look and the writing two studies may become one, or a member may leave. The
    foreign key then refuses the row, and the whole transaction with it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.method != "POST" or not isinstance(error.__cause__, psycopg.errors.ForeignKeyViolation):
            return None
        logger.warning("pointed at what is gone: %s", error.__cause__.diag.constraint_name, extra={"status_code": 409})
        return error_page(
            request,
            409,
            gettext(
                "What this is about was moved or taken away a moment ago, and nothing was changed. Go "
                "back and load the page again; your browser still has what you typed."
            ),
        )


# ── What may be kept ─────────────────────────────────────────────────────────────────────────────


class MemberCacheMiddleware:
    """Lets nobody keep what was made for one member.

    A request that brings a session, or whose answer starts one or carries a new form token, is answered with
    ``Cache-Control: private, no-store``. Whether the session is a member's is not asked: that would cost a query, and
    a guest's session is nobody else's either. All other answers stay as they are, and so does one that its view marked
    with ``same_for_all``: a picture that every visitor may see. Stands inside the session's and the
    form token's middleware, which set their cookies later.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_personal(request) and not getattr(response, "same_for_all", False):
            response.headers["Cache-Control"] = "private, no-store"
        return response


def is_personal(request: HttpRequest) -> bool:
    """Whether the answer to this request belongs to one visitor. Asks neither the database nor the session."""
    session = getattr(request, "session", None)
    return (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        or bool(session is not None and session.modified)
        or bool(request.META.get("CSRF_COOKIE_NEEDS_UPDATE"))
    )


# ── To the sign-in page ──────────────────────────────────────────────────────────────────────────


class LoginRedirectMiddleware:
    """Takes a guest to the sign-in page, and after it back to the page they were on.

    htmx follows a redirect by itself and would put the sign-in page where the button was. It does not see the headers
    of a 3xx answer, and puts nothing anywhere for a 204, so the address goes into ``HX-Redirect`` of a 204: the
    browser then loads the whole page. And where a button was pressed, the way back leads to the page it stands on
    (htmx names it, the browser in ``Referer``): the button's own address cannot be visited. Who sent words gets them
    shown instead (``common.unsent``).

    Stands inside ``HtmxMiddleware``.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code not in (302, 303) or not _is_sign_in(response.headers.get("Location", "")):
            return response
        address = response.headers["Location"]
        htmx = bool(getattr(request, "htmx", False))
        if htmx or request.method not in ("GET", "HEAD"):
            address = _leading_back_to(address, page_of(request))
        if unsent.has_words(request):
            return unsent.page(request, sign_in=address)
        if htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        response.headers["Location"] = address
        return response


def _is_sign_in(address: str) -> bool:
    parts = urlsplit(address)
    return not parts.netloc and parts.path == urlsplit(resolve_url(settings.LOGIN_URL)).path


def _leading_back_to(sign_in: str, page: str) -> str:
    """The sign-in address with ``next`` set to ``page``; as it is where no page is known."""
    if not page:
        return sign_in
    parts = urlsplit(sign_in)
    fields = [(name, value) for name, value in parse_qsl(parts.query) if name != "next"]
    return urlunsplit(parts._replace(query=urlencode([*fields, ("next", page)])))
