"""Asking the sources of studies, at the pace that each wants."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from common.fetching import network
from common.fetching.errors import NotAllowed, NotFetched, Unreachable
from common.fetching.hosts import HOSTS, retry_after
from common.models import Pace

logger = logging.getLogger(__name__)

TRIES = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds between tries; a host that wants longer is left alone
REDIRECTS = 3
JSON_LIMIT, XML_LIMIT = 4_000_000, 20_000_000  # bytes of one answer

Pause = Callable[[float], None]


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


class Client:
    """Asks hosts one request after the other, at their pace. Use it as a context; not from two threads at once.

    ``pause`` is called wherever there is waiting to do, with the seconds; whatever it raises ends the asking.
    """

    def __init__(self, pause: Pause = time.sleep) -> None:
        self.pause = pause
        self.network = network.Network()
        self.client = network.client_over(self.network)

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
            self.network.deadline = time.monotonic() + network.TOTAL_SECONDS
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


class _Later(Exception):
    """Another try may succeed, ``seconds`` from now where the host named a time."""

    def __init__(self, sentence: str, seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.seconds = sentence, seconds


def _span(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
