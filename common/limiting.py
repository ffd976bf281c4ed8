"""Counting what is done, for floors below the one that has the limits: that one says with ``know`` how it counts."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

Counter = Callable[[HttpRequest, str], None]
_counter: list[Counter] = []


def know(counter: Counter) -> None:
    """Called by an app's ``ready``; the last to call is asked."""
    _counter[:] = [counter]


def count(request: HttpRequest, action: str) -> None:
    """Count one ``action`` of ``settings.LIMITS``. Raises what is answered with 429 where the limit is used up."""
    for counter in _counter:
        counter(request, action)
