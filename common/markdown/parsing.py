"""A Markdown source into tokens, dressed as this site wants them; what costs too much is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from common.markdown.links import dress_links
from common.markdown.named import link_called, link_tags, mark_quoted, with_works
from common.markdown.tokens import Env
from common.markdown.writing import RULES

OUTPUT_LIMIT = 400_000  # characters of HTML
NESTING_LIMIT = 20  # quotes and lists in one another: a list counts two
BRACKETS_LIMIT = 4_000  # "[" in one source: each may open a link, and looking for its end costs what follows it
CELLS_LIMIT = 20_000  # cells of all tables in one source


class TooMuch(Exception):
    """The source would nest too deep or give too much HTML."""


@cache
def parser() -> MarkdownIt:
    """The one parser; between two texts it keeps nothing, so threads may share it."""
    parser = _make_parser()
    parser.parse("x", {})  # compiles its rules now: two threads that did it at once would find some missing
    return parser


def _make_parser() -> MarkdownIt:
    options = {
        "html": False,
        "linkify": True,
        "typographer": False,
        "tasklists": True,
        "alerts": True,
        "xhtmlOut": False,
        "maxNesting": NESTING_LIMIT,
    }
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough", "linkify"])
    parser.use(footnote_plugin, inline=False)
    # Addresses are only found by their scheme or "www.": a missing space after a full stop ("it worked.my hair")
    # looks like a host name, and a bare e-mail address is better not made easier to collect.
    linkify: Any = parser.linkify
    linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for schema in ("ftp:", "//", "mailto:"):
        linkify.add(schema, None)
    linkify.add("www.", {"validate": WWW, "normalize": _with_scheme})
    # A link is made of every address, and unmade below where we do not follow it: its words stay.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    for name, rule in RULES.items():
        parser.add_render_rule(name, rule)
    parser.core.ruler.before("text_join", "escaped", _keep_escaped)
    return parser


def _keep_escaped(state: Any) -> None:
    """A "\\@" and a "\\#" call nobody and name no tag: they are kept apart from the text around them."""
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "text_special" and child.content in ("@", "#"):
                child.type = "escaped"


WWW = re.compile(
    r"^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?::\d{1,5})?(?:[/?#][^\s<>\"]{0,1900})?(?<![.,:;!?'\"*_~)\]])",
    re.IGNORECASE,
)


def _with_scheme(linkify: Any, match: Any) -> None:
    """Give "www.example.org" an address. linkify-it calls this as a method of its own."""
    match.url = f"https://{match.url}"


def parse(source: str, env: Env) -> list[Token]:
    """The block tokens of ``source``, dressed as this site wants them. Raises ``TooMuch``."""
    if source.count("[") > BRACKETS_LIMIT or _cells(source) > CELLS_LIMIT:
        raise TooMuch
    tokens = parser().parse(source, env)
    size = in_quotes = 0
    callers: list[Token] = []
    namers: list[Token] = []
    for index, token in enumerate(tokens):
        # The parser leaves out what stands deeper, without a word.
        if token.level >= NESTING_LIMIT - 1 and token.type in CONTAINERS:
            raise TooMuch
        size += _size(token) + sum(map(_size, token.children or ()))
        if size > OUTPUT_LIMIT:
            raise TooMuch
        _dress_block(tokens, index)
        if token.children:
            token.children = dress_links(token.children, env)
            if env.get("works_left"):
                token.children = with_works(token.children, env)
            if env.get("members") and not in_quotes and "@" in token.content:
                callers.append(token)
            if env.get("tags") and "#" in token.content:
                namers.append(token)
            if in_quotes:
                mark_quoted(token.children)
        in_quotes += (token.type == "blockquote_open") - (token.type == "blockquote_close")
    if callers:
        link_called(callers)
    if namers:
        link_tags(namers)
    return tokens


def _cells(source: str) -> int:
    """How many cells the tables of a source may have: a short row is filled up to the widest."""
    blocks = (block for block in re.split(r"\n\s*\n", source) if "|" in block)
    return sum((max(line.count("|") for line in block.split("\n")) + 1) * (block.count("\n") + 1) for block in blocks)


CONTAINERS = frozenset({"blockquote_open", "list_item_open", "alert_open"})


def _size(token: Token) -> int:
    """About how many characters of HTML a token gives, not less than half."""
    size = len(token.tag) + sum(len(str(value)) for value in token.attrs.values())
    if token.type in ("text", "code_inline", "code_block", "fence", "escaped"):
        size += len(token.content)
    return size + (100 if token.type.startswith("footnote_") else 5 if token.tag else 0)


def _dress_block(tokens: Sequence[Token], index: int) -> None:
    token = tokens[index]
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    elif token.type in ("th_open", "td_open"):
        align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
        if align:
            token.attrSet("class", f"align-{align}")
        if token.type == "th_open" and not tokens[index + 1].content.strip():
            token.tag = tokens[index + 2].tag = "td"  # a header that says nothing names no column
        elif token.type == "th_open":
            token.attrSet("scope", "col")
