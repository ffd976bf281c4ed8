"""Handing messages to push services."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from common.fetching import network
from common.fetching.errors import NotAllowed, Unreachable
from common.fetching.hosts import retry_after

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


def hand_over(url: str, body: bytes, headers: Mapping[str, str], way: network.Network | None = None) -> Receipt:
    """Give a message to the push service at ``url``. It is sent on nowhere.

    Raises ``NotAllowed`` for an address that is no push service's, ``Unreachable`` where there is no answer.
    """
    if not is_push_address(url):
        raise NotAllowed("this is no address of a push service")
    way = way or network.Network(may_be=is_push_service)
    way.deadline = time.monotonic() + network.TOTAL_SECONDS
    with network.client_over(way) as client:
        try:
            with client.stream("POST", url, content=body, headers=dict(headers)) as response:
                return Receipt(response.status_code, retry_after(response.headers.get("retry-after", "")))
        except (NotAllowed, httpx2.TransportError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise Unreachable("The push service", "The push service could not be reached.") from error
