"""Pictures of our own in a text: how the renderer finds them, and how they are known again in its HTML.

The renderer knows no pictures. The app that has them says with ``know`` which of some names are pictures that the
author of the text may show. Every other image in a text stays a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from common.pictures.keeping import NAME

MOST = 30  # pictures in one text; further ones stay links
NAMED = re.compile(NAME)
SIZES = "(min-width: 46rem) 42rem, 100vw"

# The address of a picture as it stands in a text, and in the HTML that ``common.markdown`` makes of it.
ADDRESS = re.compile(rf"/pictures/(?P<name>{NAME})(?:-small)?\.webp")
SHOWN = re.compile(rf'<img src="/pictures/({NAME})\.webp"|<span class="picture-gone" data-picture="({NAME})"')
SRCSET = re.compile(rf"/pictures/{NAME}-small\.webp \d{{1,5}}w, /pictures/{NAME}\.webp \d{{1,5}}w")


@dataclass(frozen=True)
class Picture:
    """A picture that was found. ``small_width`` is 0 where it has one size; a ``gone`` one is told of, not shown."""

    name: str
    width: int
    height: int
    small_width: int = 0
    gone: bool = False


class Writer(NamedTuple):
    """Whose text it is; ``mask`` is under which pseudonym, if any."""

    member: int
    mask: int | None = None


# Takes names and whose text it is; gives those that are pictures which this text may show.
Lookup = Callable[[list[str], Writer], Mapping[str, Picture]]
_lookup: list[Lookup] = []


def know(lookup: Lookup) -> None:
    """Called by an app's ``ready``; the last to call is asked."""
    _lookup[:] = [lookup]


def known(names: Iterable[str], writer: Writer) -> dict[str, Picture]:
    """Those of the first ``MOST`` different names that this writer's text may show; without one nobody is asked."""
    wanted = list(dict.fromkeys(names))[:MOST]
    return dict(_lookup[0](wanted, writer)) if wanted and _lookup else {}


def names_in_source(source: str) -> list[str]:
    return [match["name"] for match in ADDRESS.finditer(source)] if "/pictures/" in source else []


def names_in(rendered: str) -> list[str]:
    """The pictures that rendered HTML shows or tells of, in order, each once."""
    return list(dict.fromkeys(one or other for one, other in SHOWN.findall(rendered))) if "picture" in rendered else []
