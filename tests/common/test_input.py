"""Whatever is sent to any address of the site, the answer is never our failure.

The addresses are read from the URL configuration and the names of query fields from the views, so that a new page is
tried without being named here.
"""

import json
import re
import sys
from itertools import count, cycle, product
from urllib.parse import quote, unquote

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.utils.html import escape
from django.utils.regex_helper import normalize

from accounts.models import Member
from common.tags import set_tags
from common.text import clean_line, clean_text
from forum.models import Post, PostTag
from tests.builders import make_comment, make_member, make_post, make_study
from tests.shared import shared_file

pytestmark = pytest.mark.django_db

ODD = [
    "\u202e<script>alert(1)</script>",
    "'; SELECT pg_sleep(5); --",
    "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
    "\r\nSet-Cookie: a=b",
    "../../../../etc/passwd",
    "%",
    "\\",
    "::,,;;&&||!!((",
    "NaN",
    "-1",
    "1e309",
    "9" * 19,
    "9" * 1500,
    "٣٤",
    "²",
    "\ufeff\u200b\ufffe\uffff",
    "e\u0301" * 50,
    "𝕄𝕚𝕟𝕠𝕩𝕚𝕕𝕚𝕝",
    "👩\u200d🔬" * 20,
    "ｆｕｌｌ，ｗｉｄｔｈ",
    " ",
    "a" * 1500,
    "()" * 400,
    '"' * 301,
    "a:*b & !c | (d <-> e)",
    "10.1000/" + "x" * 500,
    "eyJrIjpbMV19",
    "W251bGxd",
    "W1tdXQ",
    "AAAA",
    "=",
    "null",
]


BODY = object()


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.fixture
def failures():
    """What broke below an answer, as text."""
    seen = []

    def remember(sender, request=None, **kwargs):
        seen.append(f"{request.method} {request.get_full_path()[:300]}: {sys.exc_info()[1]!r}"[:600])

    got_request_exception.connect(remember)
    yield seen
    got_request_exception.disconnect(remember)


@pytest.fixture
def things(db):
    """One of everything that an address may name."""
    member = make_member("morgan")
    post = make_post(author=member)
    comment = make_comment(post)
    study = make_study("A study", authors=["Sticherling"], tags=["minoxidil"], pmid="123")
    set_tags(post, PostTag, ["minoxidil"])
    return {
        "member": member,
        "pk": [post.pk, comment.pk, study.pk],
        "slug": [post.category.slug, study.slug, study.journal.slug],
        "slugs": ["minoxidil"],
        "name": ["morgan"],
        "value": [study.doi, "123"],
    }


def patterns(resolver=None, before=""):
    """Every address of the site as (its text with "%(name)s" for each part that is given, the names of those)."""
    for entry in (resolver or get_resolver()).url_patterns:
        for text, names in normalize(entry.pattern.regex.pattern):
            if isinstance(entry, URLResolver):
                yield from ((whole, [*names, *more]) for whole, more in patterns(entry, before + text))
            elif isinstance(entry, URLPattern):
                yield before + text, names


def ours():
    """The addresses of our own pages: everything but the desk, which only staff may enter."""
    return [(text, names) for text, names in patterns() if not text.startswith("admin/")]


def parts(text):
    """The names of the parts that are given in an address, in order."""
    return re.findall(r"%\((\w+)\)s", text)


def fill(text, values):
    """The address with its parts given in turn from ``values``."""
    return "/" + text % {name: quote(str(value), safe="") for name, value in zip(parts(text), cycle(values))}


def telling(visitor, things, method="get", wanted=lambda address: True):
    """Of the real addresses of each pattern, one for each way it answers: nine keys of nothing are one 404.

    With how many of that pattern there were, so that values given in turn go on as they would.
    """
    for text, _ in ours():
        given, answers = parts(text), {}
        for values in product(*(things.get(name, ["x"]) for name in given)):
            address = "/" + text % dict(zip(given, (quote(str(value), safe="/") for value in values), strict=True))
            if not wanted(address) or address in answers.values():
                continue
            stay(visitor, things)
            with transaction.atomic():
                answer = getattr(visitor, method)(address)
                transaction.set_rollback(True)
            answers.setdefault((answer.status_code, answer.headers.get("Location", "").partition("?")[0]), address)
            if answer.status_code == 405:  # refused before anything looks at its parts
                break
        yield from answers.values()


def stay(visitor, things):
    """Sign a member in again where the last address signed them out; a guest stays one."""
    if getattr(visitor, "stays", False) and "_auth_user_id" not in visitor.session:
        visitor.force_login(things["member"])


def view_of(address):
    """The view that answers at an address, if any does."""
    try:
        return resolve(unquote(address)).func
    except Resolver404:
        return None


@pytest.fixture
def looked_for(monkeypatch):
    """The names that views have looked for in a query or a form; with BODY where they read what came as no form."""
    seen = set()

    for name in ("__getitem__", "__contains__", "getlist"):
        usual = getattr(QueryDict, name)

        def noting(self, key, *args, _usual=usual, **kwargs):
            seen.add(key)
            return _usual(self, key, *args, **kwargs)

        monkeypatch.setattr(QueryDict, name, noting)
    for name in ("body", "FILES", "read", "readline", "readlines", "__iter__"):
        usual = getattr(WSGIRequest, name)
        read = usual.fget if isinstance(usual, property) else usual

        def reading(self, *args, _read=read, **kwargs):
            if self.resolver_match:  # a page is chosen; before that the house reads every body, all alike
                seen.add(BODY)
            return _read(self, *args, **kwargs)

        monkeypatch.setattr(WSGIRequest, name, property(reading) if isinstance(usual, property) else reading)
    return seen


def query_fields():
    """The names that any view reads from the query."""
    found = set()
    for app in ("accounts", "forum", "studies", "pages", "notices", "api"):
        for file in (settings.BASE_DIR / app).rglob("*.py"):
            found |= set(re.findall(r"""(?:GET|query)(?:\.get|\.getlist)?[\[(]["'](\w+)["']""", file.read_text()))
    return sorted(found)


LISTS = (
    "/",
    "/studies/",
    "/community/",
    "/search/",
    "/tags/",
    "/community/c/{slug}/",
    "/tags/minoxidil/",
    "/members/morgan/",
)


def lists(things):
    return [address.format(slug=things["slug"][0]) for address in LISTS]


def check(response, failures, what):
    assert response.status_code < 500, f"{what[:300]}: {response.status_code} {failures[-1:]}"
    assert "Traceback" not in response.content.decode(errors="replace")[:100_000], what[:300]


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────


def test_the_walk_finds_the_sites_addresses(things):
    texts = {text for text, _ in ours()}
    assert {"", "studies/", "community/", "search/", "posts/%(pk)s/%(slug)s/", "tags/%(slugs)s/"} <= texts
    assert {"q", "after", "sort", "period", "tag", "year"} <= set(query_fields())


def test_every_address_takes_odd_parts(visitor, things, failures):
    """What no pattern takes is answered alike everywhere, so each odd value is tried once so; else at every address."""
    tried, lost, buttons = set(), set(), set()
    for (text, _), odd in product(ours(), [*ODD, "0", "1", "9" * 5000, "\0", "\0" * 5]):
        for values in ([odd], [things["pk"][0], odd]) if "%(" in text else ():
            address = fill(text, values)
            if address in tried:
                continue
            tried.add(address)
            view = view_of(address)
            if view is None:
                if odd in lost:
                    continue
                lost.add(odd)
            elif view in buttons:
                continue
            answer = visitor.get(address)
            check(answer, failures, address)
            if answer.status_code == 405 and view:  # refused before anything looks at its parts
                buttons.add(view)
    assert len(tried) > 500 and len(lost) > 20 and not failures


def test_every_address_takes_bytes_that_are_not_text(visitor, things, failures):
    for text, _ in ours():
        for bytes_ in ("%FF", "%C0%80", "%ED%A0%80", "%00", "%80%81", "%F4%90%80%80"):
            if parts(text):
                address = "/" + text % dict.fromkeys(parts(text), bytes_)
                assert 400 <= visitor.get(address).status_code < 500, address
            assert visitor.get(f"{fill(text, [1])}?q={bytes_}").status_code == 400
    assert not failures


@pytest.mark.parametrize("signed_in", [False, True], ids=["guest", "member"])
def test_every_page_takes_odd_query_fields(visitor, things, failures, looked_for, signed_in):
    """Each with three of the odd values, and with one where it looks for no field."""
    if signed_in:
        visitor.force_login(things["member"])
    fields = query_fields()
    addresses = telling(visitor, things, wanted=lambda address: "logout" not in address)
    for address, number in zip(addresses, count(), strict=False):
        for step in range(3):
            odd = ODD[(number * 3 + step) % len(ODD)]
            looked_for.clear()
            check(visitor.get(address, dict.fromkeys(fields, odd)), failures, f"{address} {odd}")
            if looked_for.isdisjoint(fields):
                break
    assert not failures


def test_every_list_takes_odd_values_in_each_field(visitor, things, failures, looked_for):
    """One field at a time: a list that refuses one would not look at the others. All it never looks for, together."""
    odd, looked_at = cycle(ODD), 0
    for address in lists(things):
        looked_for.clear()
        visitor.get(address)
        fields = set(query_fields())
        while wanted := sorted(fields & looked_for):  # what is there may make it look for more
            fields -= looked_for
            for field, _ in product(wanted, range(5)):
                value = next(odd)
                check(visitor.get(address, {field: value}), failures, f"{address}?{field}={value}")
                looked_at += 1
        for _ in range(5):
            value = next(odd)
            check(visitor.get(address, dict.fromkeys(fields, value)), failures, f"{address} {value}")
    assert looked_at > 100 and not failures


@pytest.mark.parametrize("address", ["/search/", "/studies/"])
def test_any_odd_text_can_be_searched_for(visitor, things, failures, address):
    for value in ODD:
        response = visitor.get(address, {"q": value})
        check(response, failures, f"{address} {value}")
        assert response.status_code == 200
    assert not failures


@pytest.mark.slow
def test_naughty_strings_are_searched_and_asked_for(visitor, things, failures):
    with shared_file("vectors/naughty_strings.jsonl").open(encoding="utf-8") as lines:
        strings = [json.loads(line)["s"] for line in lines]
    searches = cycle(product(("/search/", "/studies/"), ("q",)))
    places = cycle(product(lists(things), query_fields()))
    for number, text in enumerate(strings):
        address, field = next(places if number % 2 else searches)
        check(visitor.get(address, {field: text}), failures, f"{address}?{field}={text}")
    assert not failures


def test_a_search_with_a_script_in_it_shows_it_as_text(visitor, things):
    html = visitor.get("/search/", {"q": "<script>alert('mark')</script>\""}).content.decode()
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html


@pytest.mark.parametrize(
    "address",
    ["/.git/config", "/.env", "/static/../config/settings.py", "/static/%2e%2e/.env", "/manage.py", "/%2e%2e/"],
)
def test_files_of_the_project_are_not_pages(visitor, things, address):
    response = visitor.get(address)
    assert 300 <= response.status_code < 500
    assert b"SECRET_KEY" not in response.content


# ── Forms ────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = [
    (b"", "application/x-www-form-urlencoded"),
    (b"&".join([b"a=1"] * 200_000), "application/x-www-form-urlencoded"),
    (b"body=%00&title=%00", "application/x-www-form-urlencoded"),
    (b"body=\xff\xfe", "application/x-www-form-urlencoded"),
    (b"body=x", "application/x-www-form-urlencoded; charset=utf-7"),
    (b"{", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b"x", "multipart/form-data"),
    (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
    (
        b'--b\r\nContent-Disposition: form-data; name="body"; filename="\0"\r\n\r\nx\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    (b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", "text/xml"),
    (b"x", "text/plain; charset=unknown"),
    (b"x", "é/ü; =;;"),
]


def test_every_address_takes_hostile_bodies(visitor, things, failures, looked_for):
    """What is refused before a page is chosen is refused alike everywhere, so it is tried once.

    Of the rest, which no form is read from, a page that reads the bytes is sent all, and another the empty form and
    one more in turn.
    """
    visitor.stays = True
    kinds, refused, readers, turn = HOSTILE[:1] + HOSTILE[2:], set(), 0, 0
    for address in telling(visitor, things, "post"):
        looked_for.clear()
        let_in = [each for each in kinds if each not in refused]
        first = let_in.pop(0)
        turn = (turn + 1) % len(let_in)
        for number, (body, kind) in enumerate([first, *let_in[turn:], *let_in[:turn]]):
            if number > 1 and refused and BODY not in looked_for:
                break
            stay(visitor, things)
            answer = visitor.generic("POST", address, body, content_type=kind)
            check(answer, failures, f"POST {address} {kind}")
            if answer.wsgi_request.resolver_match is None and view_of(address):
                refused.add((body, kind))
        readers += BODY in looked_for
    assert 4 < len(refused) < len(kinds) - 4 and readers and not failures


@pytest.mark.parametrize("size", [2_700_000, 20_000_000], ids=["2.7 MB", "20 MB"])
def test_a_great_body_is_refused(visitor, things, size):
    for address in ("/community/new/", "/community/preview/", "/search/"):
        body = b"body=" + b"a" * size
        assert visitor.post(address, body, content_type="application/x-www-form-urlencoded").status_code == 413


def test_a_form_of_many_fields_is_refused(visitor, things):
    assert visitor.post("/community/new/", *HOSTILE[1][:1], content_type=HOSTILE[1][1]).status_code == 400
    assert visitor.get("/search/?" + "a=1&" * 1_900).status_code == 400
    assert visitor.get("/search/?" + "a=1&" * 200_000).status_code == 414


def test_every_form_takes_odd_text_in_every_field(visitor, things, failures, looked_for):
    """Each button and form of the community, pressed by a member with odd text in every field it may have."""
    fields = (
        "title",
        "body",
        "tags",
        "category",
        "gist",
        "reason",
        "version",
        "parent",
        "next",
        "q",
        "token",
        "at",
        "after",
    )
    visitor.stays = True
    addresses = telling(visitor, things, "post", lambda address: not address.startswith(("/accounts/", "/settings/")))
    for number, address in enumerate(addresses):
        for step in range(3):
            odd = ODD[(number * 3 + step) % len(ODD)]
            sent: dict[str, object] = dict.fromkeys(fields, odd)
            if step:  # a form that is right but for its texts goes further
                sent |= {"category": things["slug"][0], "version": 1, "token": "", "gist": ""}
            with transaction.atomic():
                stay(visitor, things)
                looked_for.clear()
                check(visitor.post(address, sent), failures, f"POST {address} {odd}")
                transaction.set_rollback(True)  # a deleted post would hide what the next form does
            if looked_for.isdisjoint(fields):
                break
    assert not failures


def test_text_that_is_accepted_comes_back_as_it_was(visitor, things, failures):
    visitor.force_login(things["member"])
    for odd in ODD:
        sent = {
            "category": things["slug"][0],
            "title": f"Q {odd}"[:190],
            "body": f"{odd}\r\n\r\n{odd} end",
            "tags": "",
            "gist": "",
        }
        response = visitor.post("/community/new/", sent)
        check(response, failures, odd)
        assert response.status_code == 302, odd
        post = Post.objects.latest("pk")
        assert post.title == clean_line(sent["title"])
        assert post.text.body == clean_text(sent["body"])
        page = visitor.get(response.headers["Location"])
        assert escape(post.title) in page.content.decode() and page.status_code == 200
        assert escape(post.text.body) in visitor.get(f"/posts/{post.pk}/edit/").content.decode()
    assert not failures


def test_every_form_of_an_account_takes_odd_text_in_every_field(visitor, things, failures, looked_for):
    fields = (
        "login",
        "username",
        "email",
        "password",
        "password1",
        "password2",
        "oldpassword",
        "code",
        "next",
        "action",
        "bio",
        "remember",
    )
    for text, _ in ours():
        if not text.startswith(("accounts/", "settings/")):
            continue
        address = fill(text, ["x"])
        for signed_in in (False, True):
            visitor.logout()
            for odd in ODD[::4]:
                if signed_in and "_auth_user_id" not in visitor.session:
                    visitor.force_login(things["member"])
                elif not signed_in and visitor.cookies:
                    visitor.logout()
                looked_for.clear()
                check(visitor.post(address, dict.fromkeys(fields, odd)), failures, f"POST {address} {odd}")
                if looked_for.isdisjoint(fields):
                    break
    assert not failures


def test_odd_verbs_and_headers_are_answered(visitor, things, failures):
    odd = {
        "Accept": "*/*;q=x, ;;;, text/" + "x" * 1000,
        "Accept-Language": "xx-" + "y" * 3000,
        "Accept-Encoding": ",,,;q=",
        "Cookie": 'sessionid="\\000\\001"; csrftoken=\xff; messages=x; =; ;',
        "If-Modified-Since": "yesterday",
        "If-None-Match": '"' * 99,
        "Referer": "http://[",
        "HX-Request": "true",
        "HX-Current-URL": "http://[::/\x7f",
        "HX-Target": "<script>",
        "Range": "bytes=9999999999999999999999-",
        "X-Forwarded-For": "not an address, 1.2.3.4.5, ::",
        "User-Agent": "\xff" * 5000,
    }
    for address in lists(things):
        for name, value in odd.items():
            check(visitor.get(address, headers={name: value}), failures, f"{address} {name}")
        for verb in ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "FOO"):
            response = visitor.generic(verb, address)
            check(response, failures, f"{verb} {address}")
    assert not failures


@pytest.mark.parametrize("host", ["evil.example", "testserver@evil.example", "[::", "a" * 300, "é", ""])
def test_another_host_is_refused_and_not_repeated(visitor, things, host):
    response = visitor.get("/", headers={"Host": host})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_the_desk_takes_odd_queries_and_ids(visitor, things, failures):
    visitor.force_login(Member.objects.create_superuser("keeper", "keeper@example.org", "plover-anvil-94"))
    for text, _ in patterns():
        if not text.startswith("admin/") or "logout" in text:
            continue
        for odd in ODD[::8]:
            check(
                visitor.get(fill(text, [odd]), {"q": odd, "o": odd, "p": odd, "pk__in": odd, "e": odd}),
                failures,
                f"{text} {odd}",
            )
    assert not failures


def test_all_of_it_left_the_database_usable(visitor, things):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
