"""Words of others in a text: quoted by a block that links to where they stand, and known again in rendered HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.text import clean_text, cut_at_word

MOST = 10  # things quoted by one text that it is known to quote
QUOTE_LIMIT = 1_500  # characters of what is quoted whole

# A post or a comment of this site, as its address begins.
ADDRESS = re.compile(r"/(?P<kind>post|comment)s/(?P<id>[1-9]\d{0,17})(?=[/?#]|$)", re.ASCII)
# What ``common.markdown`` says on such a link within a quote: "post:12".
KEY = re.compile(r"(?:post|comment):[1-9]\d{0,17}", re.ASCII)
QUOTED = re.compile(r'<a href="[^"]*" data-quoted="(post|comment):(\d+)"')


@dataclass(frozen=True)
class Quoted:
    """What a text quotes: a "post" or a "comment", by its id."""

    kind: str
    pk: int


def key_of(address: str) -> str:
    """How a quoted thing at this address is marked in HTML; "" where none is."""
    match = ADDRESS.match(address)
    return f"{match['kind']}:{match['id']}" if match else ""


def quoted_in(rendered: str) -> list[Quoted]:
    """What rendered HTML quotes, in order, each once, ``MOST`` at most."""
    if "data-quoted" not in rendered:
        return []
    return list(dict.fromkeys(Quoted(kind, int(pk)) for kind, pk in QUOTED.findall(rendered)))[:MOST]


def quote(source: str, who: str, address: str) -> str:
    """Markdown that quotes a Markdown source whole, as far as ``QUOTE_LIMIT``, and says whose words these are, where.

    What the source quotes itself is left out, unless it says nothing else.
    """
    lines = clean_text(source).strip().split("\n")
    own = "\n".join(line for line in lines if not line.lstrip().startswith(">")).strip()
    words = own or "\n".join(lines)
    if len(words) > QUOTE_LIMIT:
        words = f"{cut_at_word(words, QUOTE_LIMIT)}…"
    quoted = "\n".join(f"> {line}".rstrip() for line in re.sub(r"\n{3,}", "\n\n", words).split("\n"))
    return f"> [{who} wrote]({address}):\n>\n{quoted}\n\n"
