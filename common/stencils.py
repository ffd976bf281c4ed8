"""Partials that stand on a page hundreds of times: drawn once with gaps, and filled in for each thing.

Under every comment stand the same buttons in the same words; from one to the next only a number, a score and a name
differ. Such a partial is drawn for a *stand-in*: a frozen dataclass of all that decides what it looks like, which gives
the template gaps where things of the same look differ. What is drawn holds nothing of any thing or visitor: it is true
for as long as the program runs, and there is nothing in it that could leak.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

MOST = 1_000  # drawings of each process: looks times languages
NUMBER = 7_070_707_070_707_070_707  # the gap for an id, since addresses are made of nothing but a number; no row has it
GAP = re.compile("\ue000([a-z_]+)\ue001")


class StandIn(Hashable, Protocol):
    """All that decides what a partial looks like: equal to those that look the same."""

    template: ClassVar[str]

    def context(self) -> dict[str, Any]:
        """What the partial needs, with gaps."""
        ...


def gap(name: str) -> SafeString:
    """A place in the drawing that ``filled`` fills with the value of this name."""
    return mark_safe(f"\ue000{name}\ue001")  # noqa: S308 - our own words


def filled(stand_in: StandIn, pk: int, **values: Any) -> SafeString:
    """The partial of a thing: ``pk`` where the drawing says ``NUMBER``, ``values`` in its gaps, escaped."""
    draw = _draw.__wrapped__ if settings.DEBUG else _draw  # who changes a template sees it at once
    return format_html(draw(stand_in, get_language()), pk=pk, **values)


@lru_cache(maxsize=MOST)
def _draw(stand_in: StandIn, language: str) -> str:
    """The partial in the language that is on now, as ``format_html`` takes it."""
    drawn = render_to_string(stand_in.template, stand_in.context()).replace("{", "{{").replace("}", "}}")
    return GAP.sub(r"{\1}", drawn.replace(str(NUMBER), "{pk}"))
