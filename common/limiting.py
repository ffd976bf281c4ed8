"""Counting what is done, for floors below the one that has the limits: that one says with ``know`` how it counts."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class Refusal(Exception):
    """A limit is used up, or a text holds too much; the text is a sentence. ``status`` is that of the answer."""

    status = 429

    def told_by(self, answer: HttpResponse) -> HttpResponse:
        """The same answer, with what a program needs to know."""
        return answer


Counter = Callable[[HttpRequest, str], None]
OfWords = Callable[[HttpRequest, str, str], None]
_counter: list[tuple[Counter, OfWords]] = []


def know(counter: Counter, of_words: OfWords) -> None:
    """Called by an app's ``ready``; the last to call is asked."""
    _counter[:] = [(counter, of_words)]


def count(request: HttpRequest, action: str) -> None:
    """Count one ``action`` of ``settings.LIMITS``. Raises what is answered with 429 where the limit is used up."""
    for counter, _ in _counter:
        counter(request, action)


def count_words(request: HttpRequest, html: str, before: str) -> None:
    """Count the links and pictures of rendered words that were not there ``before``. Raises ``Refusal``."""
    for _, of_words in _counter:
        of_words(request, html, before)
