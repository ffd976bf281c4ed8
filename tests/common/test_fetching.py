"""The door to other hosts: who is asked, at which address, how often, for how long, and what is made of the answer."""

from __future__ import annotations

import ast
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpcore2
import httpx2
import pytest
from django.conf import settings as site

from common import fetching
from common.fetching import asking, network
from common.models import Pace
from tests.test_floors import HEIGHT, ROOT

pytestmark = pytest.mark.django_db

CROSSREF, NCBI, OPENALEX = "api.crossref.org", "eutils.ncbi.nlm.nih.gov", "api.openalex.org"
PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
NOT_PUBLIC = {
    "loopback": "127.0.0.1", "loopback elsewhere": "127.8.9.10", "this host": "0.0.0.0", "private ten": "10.1.2.3",
    "private 172": "172.16.0.1", "private 192": "192.168.1.1", "link-local": "169.254.169.254", "CGNAT": "100.64.0.1",
    "CGNAT's end": "100.127.255.254", "multicast": "224.0.0.1", "broadcast": "255.255.255.255", "reserved": "240.0.0.1",
    "documentation": "192.0.2.1", "benchmarks": "198.18.0.1", "assignments": "192.0.0.8", "6to4 relay": "192.88.99.1",
    "loopback 6": "::1", "unspecified 6": "::", "link-local 6": "fe80::1", "with a zone": "fe80::1%eth0",
    "unique local": "fd00::1", "site-local": "fec0::1", "multicast 6": "ff02::1", "mapped loopback": "::ffff:127.0.0.1",
    "mapped public": "::ffff:8.8.8.8", "compatible": "::127.0.0.1", "NAT64": "64:ff9b::7f00:1",
    "NAT64 of a public one": "64:ff9b::808:808", "local NAT64": "64:ff9b:1::1", "6to4": "2002:7f00:1::1",
    "6to4 of a public one": "2002:808:808::1", "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "documentation 6": "2001:db8::1", "newer documentation": "3fff::1", "discard": "100::1", "ORCHID": "2001:20::1",
    "no address": "localhost",
}  # fmt: skip


class Sockets(httpcore2.NetworkBackend):
    """Stands where sockets would be: remembers who was called, and says what it was given to say."""

    def __init__(self, says: list[bytes] | None = None, refuse: tuple[str, ...] = ()) -> None:
        self.called: list[str] = []
        self.named: list[str | None] = []
        self.sent = b""
        self.says, self.refuse = says or [], refuse

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.called.append(host)
        if host in self.refuse:
            raise httpcore2.ConnectError("refused")
        return Stream(self)


class Stream(httpcore2.NetworkStream):
    def __init__(self, sockets: Sockets) -> None:
        self.sockets = sockets

    def read(self, max_bytes, timeout=None):
        return self.sockets.says.pop(0) if self.sockets.says else b""

    def write(self, buffer, timeout=None):
        self.sockets.sent += buffer

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        assert ssl_context.check_hostname
        self.sockets.named.append(server_hostname)
        return self

    def close(self):
        pass

    def get_extra_info(self, info):
        return None


OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"ok": "yes"}'


@pytest.fixture
def answers(monkeypatch):
    """Gives a function that puts answers in the place of the network; each is a response, or what raises one."""
    asked: list[httpx2.Request] = []

    def answer(*given):
        queue = list(given)

        def handler(request: httpx2.Request) -> httpx2.Response:
            asked.append(request)
            now = queue.pop(0) if len(queue) > 1 else queue[0]
            if isinstance(now, Exception):
                raise now
            return now(request) if callable(now) else now

        monkeypatch.setattr(network, "transport_over", lambda network: httpx2.MockTransport(handler))
        return asked

    return answer


def through(sockets: Sockets, *addresses: str):
    """A client whose names lead to these addresses and whose sockets are stubs."""
    client = fetching.Client(pause=lambda seconds: None)
    client.network.resolve, client.network.sockets = (lambda name: list(addresses)), sockets
    return client


def asked(waits: list[float] | None = None, host: str = CROSSREF, **options):
    """Ask, with waiting only written down."""
    with fetching.Client(pause=(waits if waits is not None else []).append) as client:
        return client.get(host, "/works/10.1/x", **options)


class TestWhereItGoes:
    @pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC.keys())
    def test_never_to_an_address_that_is_not_public(self, address) -> None:
        sockets = Sockets([OK])
        with through(sockets, address) as client, pytest.raises(fetching.NotFetched, match="no public address"):
            client.get(CROSSREF, "/works")
        assert sockets.called == []

    def test_never_to_a_name_of_which_one_address_is_not_public(self) -> None:
        sockets = Sockets([OK])
        with through(sockets, PUBLIC, "10.0.0.1") as client, pytest.raises(fetching.NotFetched):
            client.get(CROSSREF, "/works")
        assert sockets.called == []

    def test_to_the_address_that_was_looked_at_though_the_name_answers_otherwise_a_moment_later(self) -> None:
        sockets = Sockets([OK])
        turns = [[PUBLIC], ["127.0.0.1"]]
        with through(sockets) as client:
            client.network.resolve = lambda name: turns.pop(0)
            assert client.get(CROSSREF, "/works").json() == {"ok": "yes"}
        assert sockets.called == [PUBLIC] and turns == [["127.0.0.1"]]

    def test_with_the_name_in_the_certificate_s_place_and_in_the_request(self) -> None:
        sockets = Sockets([OK])
        with through(sockets, PUBLIC) as client:
            client.get(CROSSREF, "/works/10.1%2Fx")
        assert sockets.named == [CROSSREF]
        assert sockets.sent.startswith(b"GET /works/10.1%2Fx HTTP/1.1\r\n")
        assert f"Host: {CROSSREF}\r\n".encode() in sockets.sent

    def test_to_the_next_address_where_one_is_dead(self) -> None:
        sockets = Sockets([OK], refuse=(PUBLIC_6,))
        with through(sockets, PUBLIC_6, PUBLIC) as client:
            assert client.get(CROSSREF, "/works").found
        assert sockets.called == [PUBLIC_6, PUBLIC]

    @pytest.mark.parametrize("host", ["localhost", "example.org", "api.crossref.org.evil.example", "127.0.0.1", ""])
    def test_to_no_other_host(self, host) -> None:
        with fetching.Client() as client, pytest.raises(fetching.NotAllowed):
            client.get(host, "/")
        with pytest.raises(fetching.NotAllowed):
            network.vetted(host, lambda name: [PUBLIC])

    def test_to_no_other_port_and_no_socket_of_the_machine(self) -> None:
        way = network.Network(lambda name: [PUBLIC], Sockets())
        with pytest.raises(fetching.NotAllowed):
            way.connect_tcp(CROSSREF, 80)
        with pytest.raises(fetching.NotAllowed):
            way.connect_unix_socket("/run/x")

    def test_a_name_nobody_knows_is_no_network(self) -> None:
        def unknown(name):
            raise OSError("Name or service not known")

        with through(Sockets()) as client:
            client.network.resolve = unknown
            with pytest.raises(fetching.Unreachable, match="may have no network"):
                client.get(CROSSREF, "/works")

    @pytest.mark.parametrize(
        "target",
        ["https://evil.example/", "http://api.crossref.org/works", "https://api.crossref.org:8443/", "//127.0.0.1/",
         "https://u:p@api.crossref.org/", "file:///etc/passwd", "https://api.crossref.org@evil.example/"],
    )  # fmt: skip
    def test_a_redirect_off_the_list_is_not_followed(self, answers, target) -> None:
        requests = answers(httpx2.Response(302, headers={"Location": target}))
        with pytest.raises(fetching.NotFetched):
            asked()
        assert len(requests) == 1

    def test_a_redirect_inside_the_list_is_followed(self, answers) -> None:
        requests = answers(
            httpx2.Response(301, headers={"Location": "/works/10.1/y"}), httpx2.Response(200, json={"a": 1})
        )
        assert asked().json() == {"a": 1}
        assert [str(request.url) for request in requests][1] == f"https://{CROSSREF}/works/10.1/y"

    def test_round_and_round_is_not_followed_for_ever(self, answers) -> None:
        requests = answers(httpx2.Response(302, headers={"Location": "/works/10.1/x"}))
        with pytest.raises(fetching.NotFetched, match="sent us on"):
            asked()
        assert len(requests) == asking.REDIRECTS + 1

    def test_no_proxy_of_the_environment_is_used(self, monkeypatch) -> None:
        for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        sockets = Sockets([OK])
        with through(sockets, PUBLIC) as client:
            assert client.get(CROSSREF, "/works").found
        assert sockets.called == [PUBLIC]


class TestWhatItSays:
    def test_who_asks(self, answers, settings) -> None:
        settings.CONTACT_EMAIL = "keeper@hall.example"
        requests = answers(httpx2.Response(200, json={}))
        asked()
        assert "mailto:keeper@hall.example" in requests[0].headers["User-Agent"]
        assert requests[0].headers["Accept-Encoding"] == "identity"

    def test_nothing_of_a_contact_where_none_is_set(self, answers, settings) -> None:
        settings.CONTACT_EMAIL = ""
        requests = answers(httpx2.Response(200, json={}))
        asked()
        assert "mailto" not in requests[0].headers["User-Agent"]


class TestTryingAgain:
    def test_after_trouble_with_longer_and_longer_waits(self, answers) -> None:
        answers(httpx2.Response(500), httpx2.Response(503), httpx2.ReadTimeout("slow"), httpx2.Response(200, json=1))
        waits: list[float] = []
        assert asked(waits).json() == 1
        assert [wait for wait in waits if wait >= 1] == [1, 2, 4]

    def test_as_late_as_the_host_asks_and_all_workers_wait(self, answers) -> None:
        answers(httpx2.Response(429, headers={"Retry-After": "7"}), httpx2.Response(200, json=1))
        waits: list[float] = []
        asked(waits)
        assert waits[0] == 7
        assert 5 < Pace.take_turn(CROSSREF, 1) < 8

    def test_not_where_the_host_wants_an_hour(self, answers) -> None:
        requests = answers(httpx2.Response(429, headers={"Retry-After": "3600"}))
        with pytest.raises(fetching.Unreachable, match="left alone for 60 minutes"):
            asked()
        assert len(requests) == 1

    def test_ends_with_a_sentence(self, answers) -> None:
        requests = answers(httpx2.ConnectError("no route"))
        with pytest.raises(fetching.Unreachable, match="Crossref could not be reached"):
            asked()
        assert len(requests) == fetching.TRIES

    def test_never_a_question_that_was_not_understood(self, answers) -> None:
        for status in (400, 401, 403, 418):
            requests = answers(httpx2.Response(status))
            before = len(requests)
            with pytest.raises(fetching.NotFetched):
                asked()
            assert len(requests) == before + 1

    def test_ends_where_the_pause_says_so(self, answers) -> None:
        class Cancelled(Exception):
            pass

        def pause(seconds):
            raise Cancelled

        answers(httpx2.Response(500))
        with fetching.Client(pause) as client, pytest.raises(Cancelled):
            client.get(CROSSREF, "/works")

    def test_retry_after_is_a_number_or_a_date_or_nothing(self) -> None:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
        assert 25 < fetching.retry_after(later) <= 30
        assert fetching.retry_after("12") == 12
        assert fetching.retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
        for odd in ("", "soon", "-5", "1.5", "٣", "9" * 400 + "x"):
            assert fetching.retry_after(odd) is None
        assert fetching.retry_after("9" * 400) > 1e8


class TestWhatComesBack:
    def test_not_found_is_an_answer(self, answers) -> None:
        answers(httpx2.Response(404, text="Resource not found."))
        assert not asked().found

    def test_a_page_instead_of_json_is_refused_with_a_sentence(self, answers) -> None:
        answers(httpx2.Response(200, html="<html>We are moving house</html>"))
        with pytest.raises(fetching.NotFetched, match="not JSON"):
            asked().json()

    @pytest.mark.parametrize("body", [b"[" * 100_000, b"", b"\xff\xfe", b'{"a": '])
    def test_broken_json_is_refused_with_a_sentence(self, answers, body) -> None:
        answers(httpx2.Response(200, content=body))
        with pytest.raises(fetching.NotFetched, match="not JSON"):
            asked().json()

    def test_too_much_is_refused_before_it_is_all_read(self, answers) -> None:
        parts = []

        def endless():
            while True:
                parts.append(1)
                yield b"x" * 10_000

        answers(lambda request: httpx2.Response(200, content=endless()))
        with pytest.raises(fetching.NotFetched, match="more than 4 MB"):
            asked()
        assert len(parts) < 420

    def test_what_was_packed_unasked_is_refused(self, answers) -> None:
        answers(lambda request: httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=Bytes(b"\x1f\x8b")))
        with pytest.raises(fetching.NotFetched, match="packed"):
            asked()

    def test_a_drip_ends_when_the_time_is_over(self, monkeypatch) -> None:
        clock = [0.0]
        monkeypatch.setattr(time, "monotonic", lambda: clock[0])
        sockets = Sockets()

        class Dripping(Stream):
            def read(self, max_bytes, timeout=None):
                clock[0] += 3
                return b"HTTP/1.1 200 OK\r\n" if clock[0] < 4 else b"X"

        sockets.connect_tcp = lambda *arguments, **options: Dripping(sockets)
        with through(sockets, PUBLIC) as client, pytest.raises(fetching.Unreachable, match="in time"):
            client.get(CROSSREF, "/works")
        assert clock[0] < fetching.TRIES * (network.TOTAL_SECONDS + 6)

    def test_an_answer_that_breaks_off_is_asked_for_again(self) -> None:
        half = OK[:-5]
        sockets = Sockets([half, b"", OK])
        with through(sockets, PUBLIC) as client:
            assert client.get(CROSSREF, "/works").json() == {"ok": "yes"}
        assert len(sockets.called) == 2


class Bytes(httpx2.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self):
        yield self.content


class TestPace:
    def test_turns_are_as_far_apart_as_the_host_wants(self) -> None:
        waits = [Pace.take_turn(NCBI, 1000) for _ in range(3)]
        assert waits[0] == 0 and 900 < waits[1] <= 1000 and 1900 < waits[2] <= 2000

    def test_hosts_do_not_wait_for_each_other(self) -> None:
        Pace.take_turn(NCBI, 60)
        assert Pace.take_turn(OPENALEX, 60) == 0

    def test_time_that_went_by_is_not_saved_up(self) -> None:
        Pace.take_turn(NCBI, 0.001)
        time.sleep(0.01)
        assert Pace.take_turn(NCBI, 500) == 0
        assert Pace.take_turn(NCBI, 500) > 400

    @pytest.mark.parametrize(
        ("key", "most"), [("", 3), ("a-key", 10)], ids=["three a second without a key", "ten with one"]
    )
    def test_ncbi_is_asked(self, settings, key, most) -> None:
        settings.NCBI_API_KEY = key
        assert most - 1.1 < fetching.HOSTS[NCBI].rate() < most

    def test_a_turn_is_waited_for_before_asking(self, answers) -> None:
        answers(httpx2.Response(200, json={}))
        Pace.hold(CROSSREF, 30)
        waits: list[float] = []
        asked(waits)
        assert len(waits) == 1 and 29 < waits[0] <= 30


# The endpoint that may draft summaries is one address, which the environment names and nobody who visits;
# allauth asks ORCID, and nobody else, by a session that reaches no other host.
DOORS = {f"common/fetching/{room}.py" for room in ("network", "asking", "pushing", "service")}
DOORS |= {"studies/drafting/endpoint.py", "accounts/orcid.py"}
# Its sockets are this machine's own: the embedded database's, and the port that bin/demo may serve on.
OWN_SOCKETS = {"common/embedded_system.py"}
CLIENTS = {
    "aiohttp", "ftplib", "habanero", "http.client", "httpcore", "httpcore2", "httplib2", "httpx", "httpx2", "poplib",
    "pyalex", "pycurl", "requests", "socket", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc.client",
}  # fmt: skip


def modules_imported(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names | {name.split(".")[0] for name in names}


def test_no_other_module_has_a_door_of_its_own() -> None:
    for app in HEIGHT:
        for path in (ROOT / app).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            found = modules_imported(path) & CLIENTS
            if name in OWN_SOCKETS:
                found -= {"socket"}
            assert name in DOORS or not found, f"{name} asks other hosts by {found}; common.fetching is the only door"


def test_the_hosts_are_named_in_the_code_and_few() -> None:
    assert set(fetching.HOSTS) == {NCBI, CROSSREF, OPENALEX}
    assert not {site.CONTACT_EMAIL, site.NCBI_API_KEY, site.OPENALEX_API_KEY} - {""}
