"""Where a request comes from."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from accounts.adapter import AccountAdapter
from accounts.clients import UNKNOWN, client_ip


def request(forwarded: str | None = None, address: str = "192.0.2.7"):
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=address)


class TestClientIp:
    def test_is_the_connection_where_no_proxy_is_trusted(self, settings):
        settings.TRUSTED_PROXY_COUNT = 0
        assert client_ip(request("1.2.3.4")) == "192.0.2.7"

    @pytest.mark.parametrize(
        ("count", "forwarded", "expected"),
        [
            (1, "198.51.100.9", "198.51.100.9"),
            (1, "1.2.3.4, 198.51.100.9", "198.51.100.9"),
            (2, "1.2.3.4, 198.51.100.9, 203.0.113.1", "198.51.100.9"),
            (1, "198.51.100.9:4711", "198.51.100.9"),
            (1, "[2001:db8::1]:4711", "2001:db8::1"),
            (1, "2001:DB8:0::1", "2001:db8::1"),
        ],
    )
    def test_is_what_the_trusted_proxies_saw(self, settings, count: int, forwarded: str, expected: str):
        settings.TRUSTED_PROXY_COUNT = count
        assert client_ip(request(forwarded)) == expected

    @pytest.mark.parametrize("forwarded", [None, "", "nonsense", "1.2.3.4.5", "<script>", "1.2.3.4, "])
    def test_is_the_connection_where_the_header_is_missing_or_broken(self, settings, forwarded: str | None):
        settings.TRUSTED_PROXY_COUNT = 1
        assert client_ip(request(forwarded)) == "192.0.2.7"

    def test_is_the_connection_where_somebody_went_around_the_proxies(self, settings):
        settings.TRUSTED_PROXY_COUNT = 2
        assert client_ip(request("1.2.3.4")) == "192.0.2.7"

    def test_is_one_for_all_who_have_none(self, settings):
        settings.TRUSTED_PROXY_COUNT = 0
        assert client_ip(request(address="")) == UNKNOWN

    def test_is_what_allauth_limits_by(self, settings):
        settings.TRUSTED_PROXY_COUNT = 1
        assert AccountAdapter().get_client_ip(request("1.2.3.4, 198.51.100.9")) == "198.51.100.9"
