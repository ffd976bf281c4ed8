"""A source into HTML that any page may carry."""

from __future__ import annotations

import re
from html import escape

from common import picturing
from common.markdown.allowed import sanitizer
from common.markdown.parsing import OUTPUT_LIMIT, TooMuch, parse, parser
from common.markdown.tokens import Env
from common.text import clean_text, cut_at_word

RENDERER_VERSION = 4  # stored beside rendered HTML; raise it when the same source gives other HTML
HIGHLIGHT_LIMIT = 10_000  # characters of code that get colours, in one document
WORKS_LIMIT = 200  # links to works in one document; what it names beyond that stays as typed


def render(
    source: str,
    *,
    doc_id: str = "",
    works: bool = False,
    members: bool = False,
    tags: bool = False,
    pictures_of: picturing.Writer | None = None,
) -> str:
    """The HTML of a Markdown source, safe to put into a page as it is.

    With ``works``, identifiers of works and links to them become links that say which work is meant
    (``common.naming``); not in code, and not in what is struck out. With ``members``, the first few "@name" of members
    become links to them (``common.calling``), outside code, quotes and links; only a text that calls somebody is looked
    up, once. With ``tags``, "#tag" becomes a link to a tag that there is (``common.hashtags``), outside code and links;
    "\\@" and "\\#" stay as typed. A link in a quote to a post or comment says to which (``common.quotes``).
    ``pictures_of`` is the writer whose pictures (``common.picturing``) are shown where the text names them; all other
    images become links.

    ``doc_id`` tells one body from another on the same page ("c12" for comment 12): footnotes are the only things that
    get ids, and theirs contain it. Never raises; the HTML is at most ``OUTPUT_LIMIT`` characters long. A source that
    would give more, or that nests deeper than ``NESTING_LIMIT``, is shown as typed, in paragraphs of plain text.
    """
    source = clean_text(source)
    env: Env = {"doc": re.sub(r"[^A-Za-z0-9]+", "-", doc_id)[:40], "highlight_left": HIGHLIGHT_LIMIT}
    env["works_left"] = WORKS_LIMIT if works else 0
    env["members"], env["tags"] = members, tags
    try:
        if pictures_of is not None:
            env["pictures"] = picturing.known(picturing.names_in_source(source), pictures_of)
        tokens = parse(source, env)
        html = parser().renderer.render(tokens, parser().options, env)
    except (TooMuch, RecursionError):
        return as_typed(source)
    if len(html) <= OUTPUT_LIMIT:
        safe = sanitizer.clean(html)
        if len(safe) <= OUTPUT_LIMIT:  # rel is added here, so it may have grown
            return safe
    return as_typed(source)


def as_typed(source: str) -> str:
    """The source as escaped paragraphs, its line breaks kept; cut with "…" where it would pass ``OUTPUT_LIMIT``."""
    blocks = (block.strip("\n") for block in re.split(r"\n[^\S\n]*\n", source))
    html = "\n".join(
        f"<p>{escape(block, quote=False)}</p>".replace("\n", "<br>\n") for block in blocks if block.strip()
    )
    if len(html) <= OUTPUT_LIMIT:
        return html
    # One character of source is at most five of HTML ("&amp;"), a newline five, a block eight more.
    return f"<p>{escape(cut_at_word(' '.join(source.split()), OUTPUT_LIMIT // 5 - 10), quote=False)}…</p>"
