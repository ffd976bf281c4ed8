"""Asking a service that the environment names: the operator's choice, and never a visitor's."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
from django.conf import settings

from common.fetching import network
from common.fetching.errors import NotAllowed, NotFetched, Unreachable

logger = logging.getLogger(__name__)

SERVICE_LIMIT = 10_000  # bytes of one answer
THIS_MACHINE = frozenset({"localhost", "127.0.0.1"})


@dataclass(frozen=True)
class Said:
    """What a service answered; the names of ``headers`` are in lower case."""

    body: bytes
    headers: Mapping[str, str]


class _ThisMachine(network.Network):
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
        return network.Stream(self, stream)


def network_to(address: str) -> network.Network:
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
        return network.Network(may_be=host.__eq__)
    if parts.scheme == "http" and port and host in THIS_MACHINE and settings.LOCAL:
        return _ThisMachine(port)
    raise NotAllowed("the address in the settings must begin with https://, without a port")


def ask_service(title: str, address: str, fields: Mapping[str, str], way: network.Network | None = None) -> Said:
    """Send a form to a service at ``address``, once; it is sent on nowhere. Raises ``NotFetched``.

    The host is the operator's choice, and never a visitor's.
    """
    try:
        way = way or network_to(address)
    except NotAllowed as refusal:
        raise NotFetched(title, f"{title} was not asked: {refusal}.") from refusal
    way.deadline = time.monotonic() + network.TOTAL_SECONDS
    with network.client_over(way) as client:
        try:
            with client.stream("POST", address, data=dict(fields)) as response:
                if response.status_code != 200:
                    raise NotFetched(title, f"{title} did not take the question (it says {response.status_code}).")
                body = bytearray()
                for part in response.iter_raw():
                    body += part
                    if len(body) > SERVICE_LIMIT:
                        raise NotFetched(title, f"{title} sent far more than an answer.")
                    way.seconds_left(None)
                return Said(bytes(body), {name.lower(): value for name, value in response.headers.items()})
        except NotAllowed as refusal:
            logger.warning("refused to ask %s: %s", title, refusal)
            raise NotFetched(title, f"{title} was not asked: {refusal}.") from refusal
        except (httpx2.TimeoutException, httpcore2.TimeoutException) as error:
            raise Unreachable(title, f"{title} did not answer in time.") from error
        except (httpx2.TransportError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise Unreachable(title, f"{title} could not be reached, or broke off its answer.") from error
