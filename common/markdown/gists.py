"""What a source says itself, in a sentence or two."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdown_it.token import Token

from common.markdown.parsing import TooMuch, parse
from common.markdown.tokens import words_of
from common.text import clean_text, first_sentences

GIST_READS = 4_000  # characters of the source that are read for its gist, more only if they say nothing


def gist(source: str) -> str:
    """The first one or two sentences of what a Markdown source says itself.

    Plain text of at most 280 characters: headings, quotes, alerts, code blocks, tables, images, footnotes, struck-out
    words and bare addresses are left out. "" when nothing else is there.
    """
    source = clean_text(source)
    if len(source) > GIST_READS:
        head, tail = source[:GIST_READS], source[GIST_READS:]
        head = head.rpartition("\n\n")[0] or head.rpartition("\n")[0]
        # Links may be defined anywhere; without its definition one would show its brackets.
        found = _gist("\n\n".join([head, *DEFINITION.findall(tail)[:100]])) if head else ""
        if found:
            return found
    return _gist(source)


DEFINITION = re.compile(r"^ {0,3}\[[^\]\n^][^\]\n]{0,200}\]:[^\n]{0,2000}$", re.MULTILINE)


def _gist(source: str) -> str:
    try:
        return first_sentences(own_words(parse(source, {})))
    except (TooMuch, RecursionError):
        return first_sentences(source)


OTHERS_WORDS = {
    "heading_open": "heading_close",
    "blockquote_open": "blockquote_close",
    "alert_open": "alert_close",
    "table_open": "table_close",
    "footnote_block_open": "footnote_block_close",
}


def own_words(tokens: Iterable[Token]) -> str:
    """The running text of a document, a blank line between paragraphs; the items of a list in one line."""
    text, until, depth, lists = "", "", 0, 0
    for token in tokens:
        if until:
            depth += (OTHERS_WORDS.get(token.type) == until) - (token.type == until)
            until = until if depth else ""
        elif token.type in OTHERS_WORDS:
            until, depth = OTHERS_WORDS[token.type], 1
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
            text += "" if text.endswith(": ") else "\n\n" if lists == 1 else ""
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
            text = text.rstrip(" ;") + ("" if lists else "\n\n")
        elif token.type == "inline":
            words = " ".join(words_of(token.children or (), own=True).split())
            if lists and words:
                text += f"{words} " if words[-1] in ".!?:;,…" else f"{words}; "
            elif words:
                text += f"{words} " if words.endswith(":") else f"{words}\n\n"
    return text.strip(" ;\n")
