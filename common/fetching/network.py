"""The wall: connections to addresses that were looked at, and none that takes longer than it may."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2
import httpx2

from common.fetching.errors import NotAllowed
from common.fetching.hosts import HOSTS, user_agent

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 8.0, 10.0  # one try, from connecting to the last byte

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

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
                return Stream(self, stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                fault = error
        raise fault

    def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore2.NetworkStream:
        raise NotAllowed("no socket of this machine is asked")


class Stream(httpcore2.NetworkStream):
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
        return Stream(self.network, secured)

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


def client_over(network: Network) -> httpx2.Client:
    """A client that asks through this network alone, goes nowhere else, and says who asks."""
    return httpx2.Client(
        transport=transport_over(network),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
    )
