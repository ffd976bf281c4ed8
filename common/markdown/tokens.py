"""Inline tokens of markdown-it, and the words in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from markdown_it.token import Token

Env = dict[str, Any]
Attributes = dict[str, str | int | float]


def words_of(children: Iterable[Token], *, own: bool = False) -> str:
    """The text of inline tokens. ``own``: without bare addresses, image descriptions and what is struck out."""
    out: list[str] = []
    skipping = 0
    for token in children:
        hidden = token.type in ("s_open", "s_close") or (
            token.type.startswith("link_") and token.info in ("auto", "image")
        )
        if own and hidden:
            skipping += token.nesting
        elif skipping:
            continue
        elif token.type in ("text", "code_inline", "escaped"):
            out.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            out.append(" ")
        elif token.type == "image" and not own:
            out.append(words_of(token.children or ()))
        elif token.type == "picture" and not own:
            out.append(token.content)
    return "".join(out)


def own_texts(children: Iterable[Token]) -> Iterator[Token]:
    """The running text among inline tokens: neither code, nor within a link, nor struck out."""
    within = 0
    for token in children:
        if token.type in ("link_open", "link_close", "s_open", "s_close"):
            within += token.nesting
        elif token.type == "text" and not within:
            yield token
