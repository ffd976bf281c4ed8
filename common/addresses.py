"""Addresses as others see them: whole, and of the one name this site is known by."""

from __future__ import annotations

from django.conf import settings


def absolute(path: str) -> str:
    """The whole address of a path of ours. Built from ``SITE_URL``, never from what a request says its host is."""
    return f"{settings.SITE_URL}{path}"
