"""Signing in by ORCID: what of it is kept (the iD alone), and which hosts are asked.

The asking is allauth's, past ``common.fetching``: the session that it is given here reaches the two hosts of ORCID
over https and nothing else, follows no redirect, and gives up after allauth's five seconds.
"""

from __future__ import annotations

from typing import Any

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from requests.adapters import BaseAdapter, HTTPAdapter

HOSTS = ("orcid.org", "pub.orcid.org")


class NoWay(BaseAdapter):
    """Where no request may go."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        raise requests.ConnectionError("Only ORCID may be asked.")

    def close(self) -> None:
        """There is nothing to close."""


class OrcidSession(requests.Session):
    """Reaches ``HOSTS`` over https alone, through no proxy of the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env, self.max_redirects = False, 0
        self.adapters.clear()
        self.mount("http://", NoWay())
        self.mount("https://", NoWay())
        for host in HOSTS:
            self.mount(f"https://{host}/", HTTPAdapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"allow_redirects": False, "timeout": kwargs.get("timeout") or 5}
        return super().request(*args, **kwargs)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Keeps of an ORCID record nothing but the iD: no name, no address, no works."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "connected_other": _("This ORCID iD is connected to another account here."),
    }

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """A member without name and address: both are asked for, by the rules of every sign-up.

        An address that ORCID tells is believed by nobody here: it would open the account of whoever has it.
        """
        sociallogin.account.extra_data = {}
        sociallogin.email_addresses = []
        return super().populate_user(request, sociallogin, {})

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """Only what the environment names: keys never stand in the database."""
        found = super().list_apps(None, provider=provider, client_id=client_id)
        return [app for app in found if app.pk is None and app.client_id]

    def get_requests_session(self) -> requests.Session:
        return OrcidSession()


def is_on() -> bool:
    return bool(settings.ORCID_CLIENT_ID and settings.ORCID_CLIENT_SECRET)
