"""The one door before everything that members do: who is barred from it is told so there, whatever view stands behind.

``settings.DOORS`` says of every address what it is. Upper floors may say with ``keep_by`` how what was typed is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

OPEN, WRITE = "open", "write"

# Takes a request that was refused, the name of its address and what its pattern caught; gives the page where the words
# are now, "" where they are not kept.
Keeper = Callable[[HttpRequest, str, dict[str, Any]], str]
_keepers: dict[str, Keeper] = {}


@cache
def _table() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    names: dict[str, str] = {}
    families: list[tuple[str, str]] = []
    for kind, routes in settings.DOORS.items():
        for route in routes.split():
            if route.endswith("*"):
                families.append((route[:-1], kind))
            else:
                names[route] = kind
    return names, tuple(families)


def classified(route: str) -> str | None:
    """The kind of this address, None where nobody has said."""
    names, families = _table()
    if route in names:
        return names[route]
    return next((kind for prefix, kind in families if route.startswith(prefix)), None)


def kind_of(request: HttpRequest) -> str:
    """What this request does, as far as bans go: ``OPEN`` for what no ban touches."""
    match = request.resolver_match
    route = match.view_name if match else ""
    reads = request.method in ("GET", "HEAD", "OPTIONS")
    if reads and route not in settings.DOORS_WITH_FORMS.split():
        return OPEN
    return classified(route) or WRITE


def keep_by(name: str, keeper: Keeper) -> None:
    """Called by an app's ``ready``."""
    _keepers[name] = keeper


def keep(request: HttpRequest) -> str:
    """Keep what was typed, as far as somebody can; gives the page where it is now."""
    match = request.resolver_match
    if match is None or request.method != "POST":
        return ""
    kept = (keeper(request, match.view_name, match.kwargs) for keeper in _keepers.values())
    return next(filter(None, kept), "")


SHORT = 40  # what is no longer than this is no text: numbers, choices, marks
HIDDEN = frozenset({"csrfmiddlewaretoken", "token", "form", "draft"})


def typed(request: HttpRequest) -> list[str]:
    """The texts that came with a form, for the page that refuses it: nobody loses what they wrote."""
    if request.method != "POST":
        return []
    fields = ((name, value) for name, values in request.POST.lists() for value in values)
    return [value for name, value in fields if name not in HIDDEN and (len(value) > SHORT or name in ("body", "title"))]
