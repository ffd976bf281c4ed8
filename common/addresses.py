"""Addresses as others see them: whole, and of the one name this site is known by."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db.models import CheckConstraint, Q
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def absolute(path: str) -> str:
    """The whole address of a path of ours. Built from ``SITE_URL``, never from what a request says its host is."""
    return f"{settings.SITE_URL}{path}"


def page_of(request: HttpRequest) -> str:
    """Path and query of the page on which a button was pressed; "" where it is not known to be one of ours."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return ""
    parts = urlsplit(address)
    return urlunsplit(("", "", parts.path, parts.query, ""))


def is_on_the_web(field: str, name: str) -> CheckConstraint:
    """That an address is http(s) or empty: it will be a link, and other schemes can run what they name."""
    return CheckConstraint(
        condition=Q(**{field: ""}) | Q(**{f"{field}__iregex": "^https?://"}),
        name=name,
        violation_error_message="Write the whole address, with https:// before it.",
    )
