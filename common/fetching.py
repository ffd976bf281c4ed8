"""The only door through which the site asks another host for anything.

Only the hosts below can be asked, and the one service that the environment may name, over https alone; nothing that
anybody types chooses one. The name is resolved here,
every address it has must be a public one, and the connection goes to an address that was looked at: a name that
answers otherwise a moment later changes nothing. The certificate is checked against the name. No proxy of the
environment is used. What an answer may cost, in bytes and in time, is capped; how often a host is asked is kept in the
database (``common.models.Pace``), so that all workers together keep to it.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
from django.conf import settings

from common.models import Pace

logger = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 8.0, 10.0  # one try, from connecting to the last byte
TRIES = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds between tries; a host that wants longer is left alone
REDIRECTS = 3
JSON_LIMIT, XML_LIMIT = 4_000_000, 20_000_000  # bytes of one answer

Pause = Callable[[float], None]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Host:
    """A host that may be asked: what people call it, and how many times a second at most."""

    title: str
    rate: Callable[[], float]


# Rates: NCBI 3/s, 10/s with a key. Crossref 5/s, 10/s for whoever says who asks. OpenAlex 10/s, fewer from nobody.
HOSTS = {
    "eutils.ncbi.nlm.nih.gov": Host("PubMed", lambda: 9 if settings.NCBI_API_KEY else 2.8),
    "api.crossref.org": Host("Crossref", lambda: 9 if settings.CONTACT_EMAIL else 4.5),
    "api.openalex.org": Host("OpenAlex", lambda: 9 if settings.OPENALEX_API_KEY or settings.CONTACT_EMAIL else 1),
}


class NotFetched(Exception):
    """No answer that can be used; the text is a sentence for whoever asked. ``host`` is the title of the host."""

    def __init__(self, host: str, sentence: str) -> None:
        super().__init__(sentence)
        self.host, self.sentence = host, sentence


class Unreachable(NotFetched):
    """The host could not be reached, or did not answer in time: another time it may."""


class NotAllowed(Exception):
    """An address that this door does not open to."""


@dataclass(frozen=True)
class Answer:
    """What a host said. ``found`` is False where it said that there is no such thing (404, 410)."""

    host: str
    found: bool
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ``NotFetched`` where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            title = HOSTS[self.host].title
            raise NotFetched(title, f"{title} answered with something that is not JSON.") from error


# ── Which addresses a name may have ──────────────────────────────────────────────────────────────

# Ranges that Python counts as global, though what answers there may be anyone, a neighbour among them: NAT64, 6to4 and
# its relays, Teredo and the other protocol assignments.
NOT_PUBLIC = [
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32",
                 "2002::/16", "3fff::/20", "fec0::/10", "::/96", "::ffff:0:0/96", "5f00::/16", "100::/64")
]  # fmt: skip
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet, whatever it is wrapped in."""
    if address.version == 6 and address not in GLOBAL_UNICAST:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in NOT_PUBLIC if network.version == address.version)


def addresses_of(name: str) -> list[str]:
    """What the resolver knows of a name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)]


def vetted(
    name: str, resolve: Callable[[str], list[str]], may_be: Callable[[str], bool] = HOSTS.__contains__
) -> list[str]:
    """The addresses of ``name``, each once. Raises ``NotAllowed`` where a single one of them is not public."""
    if not may_be(name):
        raise NotAllowed(f"{name} is no host that this site asks")
    found = list(dict.fromkeys(resolve(name)))
    for text in found:
        try:
            public = is_public(ipaddress.ip_address(text))
        except ValueError:
            public = False  # with a zone ("fe80::1%eth0"), or no address at all
        if not public:
            raise NotAllowed(f"{name} leads to {text}, which is no public address")
    return found


class Network(httpcore2.NetworkBackend):
    """Connects to vetted addresses, and lets nothing take longer than until ``deadline`` (of ``time.monotonic``)."""

    def __init__(
        self,
        resolve: Callable[[str], list[str]] | None = None,
        sockets: httpcore2.NetworkBackend | None = None,
        may_be: Callable[[str], bool] = HOSTS.__contains__,
    ) -> None:
        self.resolve = resolve or addresses_of
        self.may_be = may_be
        self.sockets = sockets or httpcore2.SyncBackend()
        self.deadline = float("inf")

    def seconds_left(self, timeout: float | None) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time for one answer is over")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        if port != 443:
            raise NotAllowed(f"port {port} is not asked")
        try:
            addresses = vetted(host, self.resolve, self.may_be)
        except OSError as error:
            raise httpcore2.ConnectError("its name is not known here") from error
        fault: Exception = httpcore2.ConnectError("its name has no address")
        for address in addresses:
            try:
                stream = self.sockets.connect_tcp(
                    address, port, self.seconds_left(timeout), local_address, socket_options
                )
                return _Stream(self, stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                fault = error
        raise fault

    def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore2.NetworkStream:
        raise NotAllowed("no socket of this machine is asked")


class _Stream(httpcore2.NetworkStream):
    """A connection whose every wait ends at the network's deadline, however slowly the other side drips."""

    def __init__(self, network: Network, stream: httpcore2.NetworkStream) -> None:
        self.network, self.stream = network, stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.network.seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.network.seconds_left(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secured = self.stream.start_tls(ssl_context, server_hostname, self.network.seconds_left(timeout))
        return _Stream(self.network, secured)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def transport_over(network: Network) -> httpx2.BaseTransport:
    """The transport that all requests go through. Tests put recorded answers in its place."""
    transport = httpx2.HTTPTransport(trust_env=False)
    transport.close()
    transport._pool = httpcore2.ConnectionPool(
        ssl_context=httpx2.create_ssl_context(trust_env=False),
        max_connections=2,
        keepalive_expiry=10,
        network_backend=network,
    )
    return transport


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────


class Client:
    """Asks hosts one request after the other, at their pace. Use it as a context; not from two threads at once.

    ``pause`` is called wherever there is waiting to do, with the seconds; whatever it raises ends the asking.
    """

    def __init__(self, pause: Pause = time.sleep) -> None:
        self.pause = pause
        self.network = Network()
        self.client = httpx2.Client(
            transport=transport_over(self.network),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()

    def get(self, host: str, path: str, fields: Mapping[str, str] | None = None, limit: int = JSON_LIMIT) -> Answer:
        """Ask for ``https://<host><path>?<fields>``; ``limit`` bytes of answer at most. Raises ``NotFetched``."""
        return self._asked(host, path, limit, lambda url: self.client.build_request("GET", url, params=fields))

    def post(self, host: str, path: str, fields: Mapping[str, str], limit: int = XML_LIMIT) -> Answer:
        """The same with a form: for questions too long for an address. Nothing is changed by it over there."""
        return self._asked(host, path, limit, lambda url: self.client.build_request("POST", url, data=dict(fields)))

    def _asked(self, host: str, path: str, limit: int, made: Callable[[str], httpx2.Request]) -> Answer:
        if host not in HOSTS:
            raise NotAllowed(f"{host} is no host that this site asks")
        title = HOSTS[host].title
        fault = ""
        for attempt in range(TRIES):
            try:
                return self._once(host, made(f"https://{host}{path}"), limit)
            except _Later as later:
                fault = later.sentence
                wait = later.seconds if later.seconds is not None else FIRST_WAIT * 2**attempt
                logger.info("%s: %s (try %s)", host, fault, attempt + 1)
                if wait > LONGEST_WAIT:
                    raise Unreachable(title, f"{fault} It asks to be left alone for {_span(wait)}.") from later
                if later.seconds is not None:
                    Pace.hold(host, wait)
                if attempt + 1 < TRIES:
                    self.pause(wait)
            except NotAllowed as refusal:
                logger.warning("refused to ask %s: %s", host, refusal)
                raise NotFetched(title, f"{title} was not asked: {refusal}.") from refusal
        raise Unreachable(title, fault)

    def _once(self, host: str, request: httpx2.Request, limit: int) -> Answer:
        title = HOSTS[host].title
        for _ in range(REDIRECTS + 1):
            if (wait := Pace.take_turn(host, 1 / HOSTS[host].rate())) > 0:
                self.pause(wait)
            self.network.deadline = time.monotonic() + TOTAL_SECONDS
            try:
                response = self.client.send(request, stream=True)
                try:
                    if response.is_redirect:
                        request = self._redirected(request, response, title)
                        host = request.url.host
                        continue
                    return self._read(host, title, response, limit)
                finally:
                    response.close()
            except httpx2.TimeoutException as error:
                raise _Later(f"{title} did not answer in time.") from error
            except httpx2.ConnectError as error:
                raise _Later(f"{title} could not be reached: this machine may have no network.") from error
            except (httpx2.TransportError, httpx2.StreamError) as error:
                raise _Later(f"{title} broke off its answer.") from error
            except httpx2.InvalidURL as error:
                raise NotFetched(title, f"{title} sent us on to an address that is none.") from error
        raise NotFetched(title, f"{title} sent us on more than {REDIRECTS} times.")

    def _redirected(self, request: httpx2.Request, response: httpx2.Response, title: str) -> httpx2.Request:
        target = request.url.join(response.headers.get("location", ""))
        elsewhere = target.host not in HOSTS or target.scheme != "https" or target.port not in (None, 443)
        if elsewhere or target.userinfo or request.method != "GET":
            raise NotFetched(title, f"{title} sent us on to another place, where we do not go.")
        return self.client.build_request("GET", target)

    def _read(self, host: str, title: str, response: httpx2.Response, limit: int) -> Answer:
        status = response.status_code
        if status == 429 or status >= 500:
            why = "is asked too often just now" if status == 429 else f"has trouble of its own (it says {status})"
            raise _Later(f"{title} {why}.", retry_after(response.headers.get("retry-after", "")))
        if status in (404, 410):
            return Answer(host, False, b"")
        if status in (401, 403):
            raise NotFetched(title, f"{title} did not let us in (it says {status}): look at its key in the settings.")
        if status != 200:
            raise NotFetched(title, f"{title} did not understand the question (it says {status}).")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise NotFetched(title, f"{title} packed its answer, which was not asked for.")
        body = bytearray()
        for part in response.iter_bytes():  # nothing to unpack: see above
            body += part
            if len(body) > limit:
                raise NotFetched(title, f"{title} sent more than {limit // 1_000_000} MB in one answer.")
            if time.monotonic() > self.network.deadline:
                raise _Later(f"{title} did not answer in time.")
        return Answer(host, True, bytes(body))


# ── Handing messages to push services ────────────────────────────────────────────────────────────

# Chrome and what is made of it, Firefox, Edge, Safari: these names and those under them. A member's browser tells where
# its service takes messages, so the address is anybody's to invent; what is no known service's is never asked.
PUSH_SERVICES = ("fcm.googleapis.com", "push.services.mozilla.com", "notify.windows.com", "push.apple.com")


def is_push_service(name: str) -> bool:
    return any(name == service or name.endswith(f".{service}") for service in PUSH_SERVICES)


def is_push_address(url: str) -> bool:
    """Whether a message may be handed over there: https, on its usual port, to a known push service."""
    try:
        parts = urlsplit(url)
        plain = parts.port in (None, 443) and parts.username is None and parts.password is None and not parts.fragment
    except ValueError:
        return False
    printable = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    return parts.scheme == "https" and plain and printable and is_push_service(parts.hostname or "")


@dataclass(frozen=True)
class Receipt:
    """What a push service answered: a status, and the seconds for which it wants to be left alone, if it named any."""

    status: int
    wait: float | None = None


def hand_over(url: str, body: bytes, headers: Mapping[str, str], network: Network | None = None) -> Receipt:
    """Give a message to the push service at ``url``. It is sent on nowhere.

    Raises ``NotAllowed`` for an address that is no push service's, ``Unreachable`` where there is no answer.
    """
    if not is_push_address(url):
        raise NotAllowed("this is no address of a push service")
    network = network or Network(may_be=is_push_service)
    network.deadline = time.monotonic() + TOTAL_SECONDS
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    with httpx2.Client(
        transport=transport_over(network), trust_env=False, follow_redirects=False, timeout=timeout,
        headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
    ) as client:  # fmt: skip
        try:
            with client.stream("POST", url, content=body, headers=dict(headers)) as response:
                return Receipt(response.status_code, retry_after(response.headers.get("retry-after", "")))
        except (NotAllowed, httpx2.TransportError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise Unreachable("The push service", "The push service could not be reached.") from error


# ── Asking a service that the environment names ──────────────────────────────────────────────────

SERVICE_LIMIT = 10_000  # bytes of one answer
THIS_MACHINE = frozenset({"localhost", "127.0.0.1"})


@dataclass(frozen=True)
class Said:
    """What a service answered; the names of ``headers`` are in lower case."""

    body: bytes
    headers: Mapping[str, str]


class _ThisMachine(Network):
    """One port of this machine, in plain http, for tries and tests; nothing else."""

    def __init__(self, port: int) -> None:
        super().__init__(may_be=THIS_MACHINE.__contains__)
        self.port = port

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        if host not in THIS_MACHINE or port != self.port:
            raise NotAllowed(f"{host} is not asked")
        stream = self.sockets.connect_tcp("127.0.0.1", port, self.seconds_left(timeout), local_address, socket_options)
        return _Stream(self, stream)


def network_to(address: str) -> Network:
    """The way to the one host that an address of the settings names. Raises ``NotAllowed`` for what is none.

    https on its usual port; plain http to this machine alone, and not in production.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise NotAllowed("the address in the settings is none") from error
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise NotAllowed("the address in the settings is none")
    if parts.scheme == "https" and port in (None, 443):
        return Network(may_be=host.__eq__)
    if parts.scheme == "http" and port and host in THIS_MACHINE and settings.LOCAL:
        return _ThisMachine(port)
    raise NotAllowed("the address in the settings must begin with https://, without a port")


def ask_service(title: str, address: str, fields: Mapping[str, str], network: Network | None = None) -> Said:
    """Send a form to a service at ``address``, once; it is sent on nowhere. Raises ``NotFetched``.

    The host is the operator's choice, and never a visitor's.
    """
    try:
        network = network or network_to(address)
    except NotAllowed as refusal:
        raise NotFetched(title, f"{title} was not asked: {refusal}.") from refusal
    network.deadline = time.monotonic() + TOTAL_SECONDS
    with httpx2.Client(
        transport=transport_over(network), trust_env=False, follow_redirects=False,
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
    ) as client:  # fmt: skip
        try:
            with client.stream("POST", address, data=dict(fields)) as response:
                if response.status_code != 200:
                    raise NotFetched(title, f"{title} did not take the question (it says {response.status_code}).")
                body = bytearray()
                for part in response.iter_raw():
                    body += part
                    if len(body) > SERVICE_LIMIT:
                        raise NotFetched(title, f"{title} sent far more than an answer.")
                    network.seconds_left(None)
                return Said(bytes(body), {name.lower(): value for name, value in response.headers.items()})
        except NotAllowed as refusal:
            logger.warning("refused to ask %s: %s", title, refusal)
            raise NotFetched(title, f"{title} was not asked: {refusal}.") from refusal
        except (httpx2.TimeoutException, httpcore2.TimeoutException) as error:
            raise Unreachable(title, f"{title} did not answer in time.") from error
        except (httpx2.TransportError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise Unreachable(title, f"{title} could not be reached, or broke off its answer.") from error


class _Later(Exception):
    """Another try may succeed, ``seconds`` from now where the host named a time."""

    def __init__(self, sentence: str, seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.seconds = sentence, seconds


def user_agent() -> str:
    """Who asks, as the hosts want to be told: the software, the site, and an address for complaints."""
    contact = f"; mailto:{settings.CONTACT_EMAIL}" if settings.CONTACT_EMAIL else ""
    site = urlsplit(settings.SITE_URL).netloc
    return f"Studyhall/0.1 ({site}{contact})"


def retry_after(header: str) -> float | None:
    """Seconds from now that a ``Retry-After`` header names, as a number or as a date; None where it names none."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _span(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
