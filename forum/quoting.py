"""Quoting what one answers: the words as Markdown, with whose they are and where they stand."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from common import quotes
from forum.models import Comment


def quote_of(thing: Any) -> str:
    """The words of a post or comment, with its ``text``, as a quote to answer below; bounded by ``QUOTE_LIMIT``."""
    return quotes.quote(thing.text.body, str(thing.byline) or "Somebody", source_of(thing))


def source_of(thing: Any) -> str:
    """The address that a quote links to: without the words of a title, which may change."""
    return reverse("forum:comment" if isinstance(thing, Comment) else "forum:post_short", args=[thing.pk])


def after(begun: str, thing: Any) -> str:
    """A quote of the thing below what somebody has begun to write; once, however often it is asked for."""
    quoted = quote_of(thing)
    if quoted.strip() in begun:
        return begun
    return f"{begun.rstrip()}\n\n{quoted}" if begun.strip() else quoted
