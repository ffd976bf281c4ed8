"""Where a request comes from, as far as it can be believed."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - an address nobody has, not one to listen on


def client_ip(request: HttpRequest) -> str:
    """The address of the client, as text of a valid IPv4 or IPv6 address.

    ``X-Forwarded-For`` is believed only for as many entries, counted from the right, as ``TRUSTED_PROXY_COUNT`` says
    stand before us: whatever is further left was written by the client. A request that doesn't carry that many counts
    for the address it connects from, and one without any address (a local socket) for ``0.0.0.0``, so that all such
    requests share one limit.
    """
    count = settings.TRUSTED_PROXY_COUNT
    forwarded = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",")]
    if count and len(forwarded) >= count and (address := _parsed(forwarded[-count])):
        return address
    return _parsed(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


def _parsed(text: str) -> str:
    """The address in ``text``, without the port or brackets some proxies add; "" where there is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
