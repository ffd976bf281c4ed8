"""Tokens into HTML, where ours is other than markdown-it's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from common import picturing
from common.markdown.tokens import Env, words_of
from common.text import cut_at_word

LABEL_LIMIT = 80  # characters of a table's spoken name


def _table_open(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    """A table scrolls in a box of its own, which the keyboard reaches and a screen reader names by its columns."""
    env["tables"] = env.get("tables", 0) + 1
    columns = []
    for token in tokens[index + 1 :]:
        if token.type == "thead_close":
            break
        if token.type == "inline" and token.content.strip():
            columns.append(words_of(token.children or ()).strip())
    name = cut_at_word(
        ": ".join(filter(None, (f"Table {env['tables']}", ", ".join(filter(None, columns))))), LABEL_LIMIT
    )
    return f'<div class="table-scroll" tabindex="0" role="group" aria-label="{escape(name)}"><table>\n'


def _table_close(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    return "</table></div>\n"


def _list_item_open(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    token = tokens[index]
    if "checked" not in token.meta:
        return "<li>"
    state = 'aria-label="Done" checked' if token.meta["checked"] else 'aria-label="Not done"'
    return f'<li class="task-list-item"><input type="checkbox" disabled {state}> '


def _picture(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    picture, words = tokens[index].meta["picture"], escape(tokens[index].content)
    if picture is None:
        return words or "picture"
    if picture.gone:
        return f'<span class="picture-gone" data-picture="{picture.name}">A picture that was taken away: {words}</span>'
    wide = f"/pictures/{picture.name}.webp"
    sizes = (
        f' srcset="/pictures/{picture.name}-small.webp {picture.small_width}w, {wide} {picture.width}w"'
        f' sizes="{picturing.SIZES}"'
        if picture.small_width
        else ""
    )
    return (
        f'<img src="{wide}"{sizes} alt="{words}" width="{picture.width}" height="{picture.height}"'
        ' loading="lazy" decoding="async">'
    )


def _fence(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    code = tokens[index].content
    language = tokens[index].info.split(maxsplit=1)[0].lower() if tokens[index].info.strip() else ""
    lexer = _lexer(LANGUAGES.get(language, ""))
    left = env.get("highlight_left", 0)
    if lexer is None or len(code) > left:
        return _code_block(tokens, index, options, env)
    env["highlight_left"] = left - len(code)
    # Code wider than the page scrolls, so the keyboard must reach it.
    return f'<pre tabindex="0"><code class="highlight">{highlight(code, lexer, _formatter)}</code></pre>\n'


def _code_block(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'


def _footnote(env: Env, kind: str, meta: dict[str, Any]) -> str:
    place = "-".join(filter(None, (kind, env.get("doc", ""), str(meta["id"] + 1))))
    again = meta.get("subId", 0) if kind == "fnref" else 0
    return f"{place}-{again + 1}" if again else place


def _footnote_ref(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    meta = tokens[index].meta
    number = meta["id"] + 1
    return (
        f'<sup class="footnote-ref"><a href="#{_footnote(env, "fn", meta)}" id="{_footnote(env, "fnref", meta)}"'
        f' aria-label="Footnote {number}">{number}</a></sup>'
    )


def _footnote_open(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    return f'<li id="{_footnote(env, "fn", tokens[index].meta)}">'


def _footnote_anchor(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    meta = tokens[index].meta
    name = f"Back to footnote {meta['id'] + 1} in the text" + (f", {meta['subId'] + 1}" if meta.get("subId") else "")
    return f' <a class="footnote-back" href="#{_footnote(env, "fnref", meta)}" aria-label="{name}">↩</a>'


def _constant(html: str) -> Callable[..., str]:
    return lambda renderer, tokens, index, options, env: html


def _rule(write: Callable[[Sequence[Token], int, Any, Env], str]) -> Callable[..., str]:
    """A renderer rule of markdown-it, which is bound to a renderer that we do not need."""
    return lambda renderer, tokens, index, options, env: write(tokens, index, options, env)


def _escaped(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    return escape(tokens[index].content)


RULES = {
    "escaped": _rule(_escaped),
    "table_open": _rule(_table_open),
    "table_close": _rule(_table_close),
    "list_item_open": _rule(_list_item_open),
    "picture": _rule(_picture),
    "fence": _rule(_fence),
    "code_block": _rule(_code_block),
    "footnote_ref": _rule(_footnote_ref),
    "footnote_open": _rule(_footnote_open),
    "footnote_anchor": _rule(_footnote_anchor),
    "footnote_block_open": _constant('<div class="footnotes"><ol>\n'),
    "footnote_block_close": _constant("</ol></div>\n"),
    "footnote_close": _constant("</li>\n"),
}

# The languages of people who work with data and pages; each one's lexer is tried against hostile code in the tests.
LANGUAGES = {
    "bash": "bash", "c": "c", "cpp": "cpp", "css": "css", "diff": "diff", "html": "html", "ini": "ini", "java": "java",
    "javascript": "javascript", "js": "javascript", "json": "json", "julia": "julia", "matlab": "matlab",
    "py": "python", "python": "python", "r": "r", "sh": "bash", "shell": "bash", "sql": "sql", "stata": "stata",
    "toml": "toml", "xml": "xml", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip
_formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


@lru_cache(maxsize=32)
def _lexer(name: str) -> Lexer | None:
    return get_lexer_by_name(name, stripnl=False) if name else None
