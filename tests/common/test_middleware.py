"""What a request must be to come in, and what every answer carries. No test here has a database."""

import json
import logging
import re

import psycopg
import psycopg_pool
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import resolve_url
from django.test import Client, RequestFactory
from django.urls import include, path

from common import middleware
from common.errors import error_page
from common.logs import LineFormatter, request_id, without_secrets
from common.middleware import is_database_away, readable

# ── A small site to try it on ────────────────────────────────────────────────────────────────────

RAISED: dict[str, Exception] = {}


def echo(request):
    return HttpResponse(f"{request.method} {request.GET.get('q', '')} {request.POST.get('text', '')}")


def fail(request):
    raise RAISED["error"]


def log_id(request):
    return HttpResponse(request_id.get())


def with_form(request):
    return HttpResponse(get_token(request))


def with_session(request):
    request.session["seen"] = 1
    return HttpResponse("noted")


def to_sign_in(request):
    return HttpResponseRedirect(f"{resolve_url('account_login')}?next={request.path}&theme=x")


def elsewhere(request):
    return HttpResponseRedirect("/echo/")


urlpatterns = [
    path("echo/", echo),
    path("fail/", fail),
    path("id/", log_id),
    path("form/", with_form),
    path("session/", with_session),
    path("vote/", to_sign_in),
    path("elsewhere/", elsewhere),
    path("accounts/", include("allauth.account.urls")),
]


@pytest.fixture(autouse=True)
def small_site(settings):
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


HTMX = {"HX-Request": "true"}

# ── Headers ──────────────────────────────────────────────────────────────────────────────────────


class TestHeaders:
    @pytest.mark.parametrize("address", ["/echo/", "/nowhere/", "/fail/", "/echo/?q=%00"])
    def test_are_on_every_answer(self, visitor, address):
        RAISED["error"] = RuntimeError("x")
        response = visitor.get(address)
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"

    def test_name_each_request_and_never_by_what_it_brings(self, visitor):
        first = visitor.get("/id/", headers={"X-Request-ID": "mine-mine-mine"})
        second = visitor.get("/id/")
        assert re.fullmatch(r"[0-9a-f]{16}", first.headers["X-Request-ID"])
        assert first.headers["X-Request-ID"] == first.content.decode() != second.headers["X-Request-ID"]
        assert request_id.get() == ""


# ── What may come in ─────────────────────────────────────────────────────────────────────────────


def said(response):
    return re.search(r"<p>([A-Z][^<]*\.|[A-Z][^<]*\?)</p>", response.content.decode())


class TestAnAddress:
    @pytest.mark.parametrize(
        ("address", "status"),
        [
            ("/echo/?q=%E2%82%AC", 200),
            ("/echo/?q=%", 200),
            ("/echo/?q=%zz&&=;", 200),
            ("/echo/%00", 400),
            ("/echo/%FF/", 400),
            ("/echo/%ED%A0%80/", 400),
            ("/echo/?q=%00", 400),
            ("/echo/?q=%FF", 400),
            ("/echo/?%C0%80=1", 400),
            ("/echo/?q=%ED%A0%80", 400),
            ("/" + "a" * 1990 + "/", 404),
            ("/" + "a" * 2000, 414),
            ("/echo/?q=" + "a" * 7990, 200),
            ("/echo/?q=" + "a" * 8000, 414),
            ("/echo/?" + "&".join(["a=1"] * 200), 200),
            ("/echo/?" + "&".join(["a=1"] * 201), 400),
        ],
    )
    def test_is_text_of_bounded_length(self, visitor, address, status):
        response = visitor.get(address)
        assert response.status_code == status
        if status in (400, 414):
            assert said(response) and response.headers["X-Request-ID"] in response.content.decode()


class TestAVerb:
    @pytest.mark.parametrize("verb", ["TRACE", "CONNECT", "PROPFIND", "FOO", "GETT", "", "get\x00"])
    def test_that_we_do_not_know_is_refused(self, visitor, verb):
        response = visitor.generic(verb, "/echo/")
        assert response.status_code == 405
        assert "GET" in response.headers["Allow"] and "TRACE" not in response.headers["Allow"]

    @pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"])
    def test_that_we_know_comes_through(self, visitor, verb):
        assert visitor.generic(verb, "/echo/").status_code == 200


class TestTheHeadersOfARequest:
    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("text/plain; charset=utf-8", 200),
            ("text/plain; charset=UTF-8", 200),
            ('text/plain; charset="us-ascii"', 200),
            ("text/plain", 200),
            ("text/plain; charset=utf-7", 415),
            ("text/plain; charset=utf-16", 415),
            ("text/plain; charset=latin-1", 415),
            ("text/plain; charset=hex", 415),
            ("text/plain; charset=unknown", 415),
            ("text/plain; charset=", 415),
            ("text/plain; Charset=utf-7", 415),
            ("application/x-www-form-urlencoded; charset=utf-7", 415),
        ],
    )
    def test_say_utf_8_or_nothing(self, visitor, kind, status):
        for verb in ("GET", "POST"):
            assert visitor.generic(verb, "/echo/", b"a=1", content_type=kind).status_code == status

    @pytest.mark.parametrize(
        ("length", "status"),
        [
            ("3000000", 200),
            ("3000001", 413),
            ("9" * 30, 413),
            ("9" * 5000, 413),
            ("-1", 400),
            ("1e3", 400),
            ("x", 400),
            ("٣", 400),
        ],
    )
    def test_say_a_bounded_length(self, visitor, length, status):
        assert visitor.generic("PUT", "/echo/", CONTENT_LENGTH=length).status_code == status

    def test_say_a_length_when_sent_in_chunks(self, visitor):
        response = visitor.generic("POST", "/echo/", headers={"Transfer-Encoding": "chunked"})
        assert response.status_code == 411 and said(response)

    def test_bring_no_nul_in_a_cookie(self, visitor):
        for cookie in (r'sessionid="aaaaaaaa\000bbbbbbb"', r'csrftoken="\000"'):
            assert visitor.get("/echo/", headers={"Cookie": cookie}).status_code == 400
        assert visitor.get("/echo/", headers={"Cookie": 'a="b"; c=%00; d'}).status_code == 200


class TestAForm:
    def post(self, visitor, body, kind="application/x-www-form-urlencoded"):
        return visitor.post("/echo/", body, content_type=kind)

    def test_comes_through_as_typed(self, visitor):
        assert self.post(visitor, b"text=%F0%9F%94%AC+x").content.decode() == "POST  🔬 x"
        assert self.post(visitor, "text=\ufffd".encode()).status_code == 200

    @pytest.mark.parametrize("body", [b"text=%00", b"te%00xt=1", b"text=%FF", b"text=\xff", b"text=%ED%A0%80"])
    def test_is_text(self, visitor, body):
        response = self.post(visitor, body)
        assert response.status_code == 400 and said(response)

    def test_has_no_nul_in_its_parts(self, visitor):
        body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\na\x00b\r\n--b--\r\n'
        assert self.post(visitor, body, "multipart/form-data; boundary=b").status_code == 400

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"x", "multipart/form-data"),
            (b"x", "multipart/form-data; boundary="),
            (b"x", "multipart/form-data; boundary=" + "b" * 300),
            (b"x", "multipart/form-data; boundary=é"),
            (b"--b\r\n" + b"X: " + b"y" * 20_000, "multipart/form-data; boundary=b"),
            (
                b'--b\r\nContent-Disposition: form-data; name="a"\r\n'
                b"Content-Transfer-Encoding: base64\r\n\r\n@@@\r\n--b--\r\n",
                "multipart/form-data; boundary=b",
            ),
            (
                b'--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n\r\ncut off',
                "multipart/form-data; boundary=b",
            ),
            (b"--b\r\n\r\n\r\n--b--", "multipart/form-data; boundary=b"),
        ],
    )
    def test_that_is_broken_never_breaks_us(self, visitor, body, kind):
        response = self.post(visitor, body, kind)
        assert response.status_code == 200 or "The form arrived broken." in response.content.decode()

    def test_has_at_most_200_fields(self, visitor):
        assert self.post(visitor, b"&".join([b"a=1"] * 200)).status_code == 200
        assert self.post(visitor, b"&".join([b"a=1"] * 201)).status_code == 400
        assert self.post(visitor, b"&".join([b"a=1"] * 200_000)).status_code == 400

    def test_is_not_too_long(self, visitor):
        assert self.post(visitor, b"text=" + b"a" * 2_700_000).status_code == 413
        assert self.post(visitor, b"text=" + b"a" * 3_100_000).status_code == 413


class TestAContentTypeThatDjangoCannotRead:
    @pytest.mark.parametrize(
        "kind", ["text/plain; charset*=bogus''x", "a/b; charset=\x00", "a/b; charset=\u00e9\ud800"]
    )
    def test_is_refused_and_not_a_bare_500(self, kind):
        seen = {}

        def application(environ, start_response):
            from django.core.handlers.wsgi import WSGIRequest

            seen["request"] = WSGIRequest(environ)
            return []

        environ = RequestFactory()._base_environ(CONTENT_TYPE=kind)
        readable(application)(environ, lambda *arguments: None)
        with pytest.raises(middleware.Refused) as refused:
            middleware.check_headers(seen["request"])
        assert refused.value.status == 415


# ── The database is away ─────────────────────────────────────────────────────────────────────────


def wrapped(error, outer):
    outer.__cause__ = error
    return outer


AWAY = [
    OperationalError("connection refused"),
    InterfaceError("connection already closed"),
    psycopg.OperationalError("server closed the connection"),
    psycopg_pool.PoolTimeout("couldn't get a connection after 5.00 sec"),
    psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
    psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
    psycopg.errors.DeadlockDetected("deadlock detected"),
    psycopg.errors.DiskFull("could not extend file"),
    psycopg.errors.AdminShutdown("terminating connection"),
    psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
    wrapped(psycopg.OperationalError("gone"), RuntimeError("the queue did not take it")),
]


class TestWhenTheDatabaseIsAway:
    @pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
    def test_a_view_answers_503_and_when_to_come_again(self, visitor, error):
        RAISED["error"] = error
        response = visitor.get("/fail/")
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert response.headers["Cache-Control"] == "no-store"
        assert said(response) and str(error) not in response.content.decode()

    def test_a_middleware_that_fails_answers_503_too(self, visitor, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.common.test_middleware.failing_middleware"]
        RAISED["error"] = OperationalError("gone")
        response = visitor.get("/echo/")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")

    @pytest.mark.parametrize("error", [ProgrammingError("no such table"), ValueError("x")])
    def test_another_error_stays_one(self, visitor, error):
        RAISED["error"] = error
        assert visitor.get("/fail/").status_code == 500
        assert not is_database_away(error)

    def test_a_refusal_stays_one(self, visitor):
        RAISED["error"] = PermissionDenied()
        assert visitor.get("/fail/").status_code == 403

    def test_a_refused_request_and_an_error_page_need_no_database(self, visitor):
        for address in ("/echo/?q=%00", "/nowhere/", "/echo/"):  # pytest-django forbids the database here
            visitor.get(address)


class TestWhatIsGoneMeanwhile:
    def test_is_a_conflict_and_not_an_error(self, visitor):
        RAISED["error"] = wrapped(psycopg.errors.ForeignKeyViolation("insert or update"), IntegrityError("x"))
        response = visitor.post("/fail/")
        assert response.status_code == 409
        assert "nothing was changed" in said(response)[1] and "insert" not in response.content.decode()

    @pytest.mark.parametrize("error", [psycopg.errors.UniqueViolation("x"), psycopg.errors.NotNullViolation("x")])
    def test_another_broken_promise_stays_an_error(self, visitor, error):
        RAISED["error"] = wrapped(error, IntegrityError("x"))
        assert visitor.post("/fail/").status_code == 500

    def test_reading_never_writes_so_there_it_stays_an_error(self, visitor):
        RAISED["error"] = wrapped(psycopg.errors.ForeignKeyViolation("x"), IntegrityError("x"))
        assert visitor.get("/fail/").status_code == 500


def failing_middleware(get_response):
    def answer(request):
        raise RAISED["error"]

    return answer


# ── What may be kept ─────────────────────────────────────────────────────────────────────────────


class TestCaching:
    def test_leaves_a_guests_answer_as_it_is(self, visitor):
        response = visitor.get("/echo/")
        assert "Cache-Control" not in response.headers and "Set-Cookie" not in response.headers
        assert not response.cookies

    def test_forbids_it_where_a_session_comes_in(self, visitor, settings):
        visitor.cookies[settings.SESSION_COOKIE_NAME] = "abcdefgh"
        assert visitor.get("/echo/").headers["Cache-Control"] == "private, no-store"
        assert visitor.get("/nowhere/").headers["Cache-Control"] == "private, no-store"

    def test_forbids_it_where_a_session_begins_or_a_token_goes_out(self, visitor):
        assert visitor.get("/session/").headers["Cache-Control"] == "private, no-store"
        assert Client().get("/form/").headers["Cache-Control"] == "private, no-store"


# ── To the sign-in page ──────────────────────────────────────────────────────────────────────────


class TestGoingToTheSignInPage:
    def test_htmx_loads_it_as_a_page_and_comes_back_to_where_the_button_was(self, visitor):
        response = visitor.post("/vote/", headers={**HTMX, "HX-Current-URL": "http://testserver/posts/1/a/?after=x"})
        assert response.status_code == 204 and response.content == b""
        assert response.headers["HX-Redirect"] == "/accounts/login/?theme=x&next=%2Fposts%2F1%2Fa%2F%3Fafter%3Dx"
        assert "Location" not in response.headers

    def test_a_pressed_button_without_javascript_comes_back_to_its_page(self, visitor):
        response = visitor.post("/vote/", headers={"Referer": "http://testserver/posts/1/a/"})
        assert response.headers["Location"] == "/accounts/login/?theme=x&next=%2Fposts%2F1%2Fa%2F"

    @pytest.mark.parametrize(
        "page", ["https://evil.example/x", "//evil.example/", "javascript:alert(1)", "http://[", ""]
    )
    def test_never_comes_back_to_another_site(self, visitor, page):
        response = visitor.post("/vote/", headers={**HTMX, "HX-Current-URL": page})
        assert response.headers["HX-Redirect"] == "/accounts/login/?next=/vote/&theme=x"

    def test_a_visited_address_comes_back_to_itself(self, visitor):
        response = visitor.get("/vote/", headers={"Referer": "http://testserver/other/"})
        assert response.headers["Location"] == "/accounts/login/?next=/vote/&theme=x"

    def test_other_redirects_stay_what_they_are(self, visitor):
        response = visitor.get("/elsewhere/", headers=HTMX)
        assert (response.status_code, response.headers["Location"]) == (302, "/echo/")


# ── Error pages ──────────────────────────────────────────────────────────────────────────────────


class TestAnErrorPage:
    def test_says_what_happened_and_how_to_name_it(self):
        request = RequestFactory().get("/")
        request.id = "0123456789abcdef"
        response = error_page(request, 409, "Somebody <else> was faster.", {"X-Extra": "1"})
        html = response.content.decode()
        assert response.status_code == 409 and response.headers["X-Extra"] == "1"
        assert "Somebody &lt;else&gt; was faster." in html and "0123456789abcdef" in html
        assert "<script" not in html and "style=" not in html

    def test_is_said_without_looks_where_the_template_fails(self, monkeypatch):
        monkeypatch.setattr("common.errors.TEMPLATE", "errors/missing.html")
        response = error_page(RequestFactory().get("/"), 503, "Come <back>.")
        assert response.status_code == 503
        assert response.content.startswith(b"<!doctype html>") and b"Come &lt;back&gt;." in response.content

    @pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 411, 413, 414, 415, 418, 422, 429, 500, 503])
    def test_has_a_title_for_every_status(self, status):
        assert "<h1>" in error_page(RequestFactory().get("/"), status, "Sentence.").content.decode()


# ── Log lines ────────────────────────────────────────────────────────────────────────────────────


def line_of(message, *arguments, **attributes):
    record = logging.LogRecord(
        "a.logger", logging.WARNING, "f.py", 1, message, arguments, attributes.pop("exc_info", None)
    )
    record.__dict__.update(attributes)
    return LineFormatter().format(record)


class TestALogLine:
    def test_is_one_json_object(self):
        line = json.loads(line_of("Not Found: %s", "/a", status_code=404))
        assert line.pop("time").endswith("Z")
        assert line == {"level": "warning", "logger": "a.logger", "message": "Not Found: /a", "status": 404}

    def test_stays_one_line_of_plain_characters_whatever_came_in(self):
        text = '\r\n\x1b[31mred\x07\x7f\x85\u2028\u2029\u202ee\ud800 {"level": "fake"}\0'
        line = line_of("path %s", text)
        assert line.isascii() and line.isprintable()
        assert json.loads(line)["message"] == f"path {text}"

    def test_knows_the_request(self):
        known = request_id.set("abc")
        try:
            assert json.loads(line_of("x"))["request_id"] == "abc"
        finally:
            request_id.reset(known)
        request = RequestFactory().get("/")
        assert "request_id" not in json.loads(line_of("x", request=request))
        request.id = "def"
        assert json.loads(line_of("x", request=request))["request_id"] == "def"
        assert "request_id" not in json.loads(line_of("x"))

    def test_holds_an_exception_as_one_text(self):
        try:
            raise ValueError("broken\npassword=hunter2")
        except ValueError as error:
            line = line_of("x", exc_info=(type(error), error, error.__traceback__))
        said = json.loads(line)["exception"]
        assert said.startswith("Traceback") and "ValueError: broken" in said and "hunter2" not in said
        assert "\n" not in line

    def test_of_a_message_that_does_not_fit_its_parts_is_still_written(self):
        assert "1 %d" in json.loads(line_of("1 %d", "x"))["message"]

    def test_is_bounded(self):
        assert len(line_of("x" * 1_000_000)) < 10_000

    @pytest.mark.parametrize(
        "text",
        [
            "password=HIDE",
            "new_password1: HIDE",
            '{"password": "HIDE a b", "x": 1}',
            "{'token': 'HIDE'}",
            "reset_token=HIDE&x=1",
            "csrfmiddlewaretoken=HIDE",
            "sessionid=HIDE; x",
            "Authorization: Bearer HIDE",
            "Authorization: Basic HIDE",
            "Cookie: a=HIDE; sessionid=HIDE",
            "Set-Cookie: x=HIDE; Path=/",
            "GET /search/?q=HIDE&sort=new",
            "Not Found: /leaving/HIDE/",
            "/accounts/x/?code=HIDE",
            "postgresql://site:HIDE@db/name",
            "SECRET_KEY = HIDE",
            "api_key='HIDE'",
        ],
    )
    def test_has_no_secret(self, text):
        assert "HIDE" not in without_secrets(text)

    def test_keeps_what_is_no_secret(self):
        for text in ("status code=404 for /posts/1/", "a token bucket", "password too short", "three cookies"):
            assert without_secrets(text) == text
