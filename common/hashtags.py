"""Tags named by "#tag" in a text: how the renderer finds them.

A word is a tag when it is the address part of one: "#side-effects" is the tag "side effects". A name that no tag has
stays as typed, and becomes no tag: those are given in a post's own field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

MOST = 20  # different tags linked in one text; further ones stay as typed

# Not within an address (a.org/#top), a numbered thing (PR#12) or another word. A number alone ("#1") is no tag.
NAMED = re.compile(r"(?<![\w#&/@.:+=-])#(?P<slug>(?=[\d_-]*[^\W\d_])\w[\w-]{0,79})(?![\w#@-]|[.:/]\w)")


def slugs_in(text: str) -> Iterator[str]:
    """What may be tags that a running text names, as their addresses would be."""
    return (slug_of(match) for match in NAMED.finditer(text))


def slug_of(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match["slug"]).casefold()


def known(slugs: Iterable[str]) -> dict[str, str]:
    """The addresses of those of the first ``MOST`` different slugs that tags have; a synonym leads to its tag."""
    from common.models import Tag

    wanted = list(dict.fromkeys(slugs))[:MOST]
    if not wanted:
        return {}
    tags = Tag.objects.filter(slug__in=wanted).select_related("synonym_of")
    return {tag.slug: (tag.synonym_of or tag).get_absolute_url() for tag in tags}
