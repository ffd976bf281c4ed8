"""Markdown as members write it, to HTML that any page may carry.

CommonMark with tables, strikethrough, task lists, alerts and footnotes. Raw HTML is text. What comes out is made
here (markdown-it parses, our rules write) and then passes an allow-list (nh3), so that two walls must fall before
anything of a member's could run.

What a body may not do: name a heading above h3 (h1 and h2 are the page's), load anything but a picture that its author
put on this site (any other image becomes a link), style, name or frame anything, link to anything but ``http:``,
``https:``, ``mailto:`` and a path of this site.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

from common import calling, hashtags, naming, picturing, quotes
from common.text import clean_text, cut_at_word, first_sentences

RENDERER_VERSION = 4  # stored beside rendered HTML; raise it when the same source gives other HTML

OUTPUT_LIMIT = 400_000  # characters of HTML
NESTING_LIMIT = 20  # quotes and lists in one another: a list counts two
BRACKETS_LIMIT = 4_000  # "[" in one source: each may open a link, and looking for its end costs what follows it
CELLS_LIMIT = 20_000  # cells of all tables in one source
GIST_READS = 4_000  # characters of the source that are read for its gist, more only if they say nothing
HIGHLIGHT_LIMIT = 10_000  # characters of code that get colours, in one document
ADDRESS_LIMIT = 2_000  # characters of a link's address
LABEL_LIMIT = 80  # characters of a table's spoken name
WORKS_LIMIT = 200  # links to works in one document; what it names beyond that stays as typed

REL = "nofollow ugc noopener"

Env = dict[str, Any]
Attributes = dict[str, str | int | float]


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
        tokens = _parse(source, env)
        html = _parser().renderer.render(tokens, _parser().options, env)
    except (TooMuch, RecursionError):
        return as_typed(source)
    if len(html) <= OUTPUT_LIMIT:
        safe = _sanitizer.clean(html)
        if len(safe) <= OUTPUT_LIMIT:  # rel is added here, so it may have grown
            return safe
    return as_typed(source)


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
        return first_sentences(_own_words(_parse(source, {})))
    except (TooMuch, RecursionError):
        return first_sentences(source)


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


class TooMuch(Exception):
    """The source would nest too deep or give too much HTML."""


# ── Parsing ──────────────────────────────────────────────────────────────────────────────────────


@cache
def _parser() -> MarkdownIt:
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


def _parse(source: str, env: Env) -> list[Token]:
    """The block tokens of ``source``, dressed as this site wants them. Raises ``TooMuch``."""
    if source.count("[") > BRACKETS_LIMIT or _cells(source) > CELLS_LIMIT:
        raise TooMuch
    tokens = _parser().parse(source, env)
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
            token.children = _dress_inline(token.children, env)
            if env.get("works_left"):
                token.children = _with_works(token.children, env)
            if env.get("members") and not in_quotes and "@" in token.content:
                callers.append(token)
            if env.get("tags") and "#" in token.content:
                namers.append(token)
            if in_quotes:
                _mark_quoted(token.children)
        in_quotes += (token.type == "blockquote_open") - (token.type == "blockquote_close")
    if callers:
        _link_called(callers)
    if namers:
        _link_tags(namers)
    return tokens


def _link_called(callers: Sequence[Token]) -> None:
    """Link the members that these inline tokens call."""
    known = calling.known(name for text in _all_own_texts(callers) for name in calling.names_in(text.content))

    def link(match: re.Match[str]) -> Attributes | None:
        called = known.get(match["name"].lower())
        return {"href": called.address, "class": "mention", "data-member": called.pk} if called else None

    if known:
        _link_in_texts(callers, calling.CALL, link)


def _link_tags(namers: Sequence[Token]) -> None:
    """Link the tags that these inline tokens name."""
    known = hashtags.known(slug for text in _all_own_texts(namers) for slug in hashtags.slugs_in(text.content))

    def link(match: re.Match[str]) -> Attributes | None:
        address = known.get(hashtags.slug_of(match))
        return {"href": address, "class": "hashtag"} if address else None

    if known:
        _link_in_texts(namers, hashtags.NAMED, link)


def _mark_quoted(children: Iterable[Token]) -> None:
    """Say on each link which post or comment it leads to."""
    for token in children:
        if token.type == "link_open" and (key := quotes.key_of(str(token.attrs.get("href", "")))):
            token.attrSet("data-quoted", key)


def _all_own_texts(inlines: Iterable[Token]) -> Iterator[Token]:
    return (each for token in inlines for each in _own_texts(token.children or ()))


def _link_in_texts(
    inlines: Iterable[Token], pattern: re.Pattern[str], link: Callable[[re.Match[str]], Attributes | None]
) -> None:
    """Make a link of each match in running text for which ``link`` gives one."""
    for token in inlines:
        own = set(map(id, _own_texts(token.children or ())))
        token.children = [
            part
            for child in token.children or ()
            for part in (_linked(child, pattern, link) if id(child) in own else [child])
        ]


def _own_texts(children: Iterable[Token]) -> Iterator[Token]:
    """The running text among inline tokens: neither code, nor within a link, nor struck out."""
    within = 0
    for token in children:
        if token.type in ("link_open", "link_close", "s_open", "s_close"):
            within += token.nesting
        elif token.type == "text" and not within:
            yield token


def _linked(
    text: Token, pattern: re.Pattern[str], link: Callable[[re.Match[str]], Attributes | None]
) -> Iterator[Token]:
    at = 0
    for match in pattern.finditer(text.content):
        attributes = link(match)
        if attributes is None:
            continue
        yield Token("text", "", 0, content=text.content[at : match.start()])
        yield Token("link_open", "a", 1, attrs=attributes, info="named")
        yield Token("text", "", 0, content=match[0])
        yield Token("link_close", "a", -1, info="named")
        at = match.end()
    yield Token("text", "", 0, content=text.content[at:])


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


def _dress_inline(children: Iterable[Token], env: Env) -> list[Token]:
    """Links with an address we follow, without their address otherwise; images that are no pictures of the author's as
    links with their description."""
    dressed: list[Token] = []
    linked: list[bool] = []  # for each link that is open here: whether it stays one
    for token in children:
        if token.type == "link_open":
            linked.append(is_followed(str(token.attrs.get("href", ""))))
            if linked[-1]:
                dressed.append(token)
        elif token.type == "link_close":
            if linked.pop():
                dressed.append(token)
        elif token.type == "image":
            dressed.extend(_image(token, env, inside_link=any(linked)))
        else:
            dressed.append(token)
    return dressed


def _image(image: Token, env: Env, *, inside_link: bool) -> list[Token]:
    """A picture, with a link to its own page where none is around it; or a link; or the description."""
    named = picturing.ADDRESS.fullmatch(str(image.attrs.get("src", "")))
    if not named:
        return _image_as_link(image, inside_link=inside_link)
    words = _words(image.children or ()).strip()
    picture = env.get("pictures", {}).get(named["name"])
    shown = Token("picture", "img", 0, content=words, meta={"picture": picture})
    if inside_link or picture is None or picture.gone:
        return [shown]
    attributes: dict[str, str | int | float] = {"href": f"/pictures/{picture.name}/", "class": "picture"}
    if image.attrs.get("title"):
        attributes["title"] = str(image.attrs["title"])
    if not words:
        attributes["aria-label"] = "A picture without a description"
    return [
        Token("link_open", "a", 1, attrs=attributes, info="image"),
        shown,
        Token("link_close", "a", -1, info="image"),
    ]


def _image_as_link(image: Token, *, inside_link: bool) -> list[Token]:
    words = Token("text", "", 0, content=_words(image.children or ()).strip() or "image")
    address = str(image.attrs.get("src", ""))
    if inside_link or not is_followed(address):
        return [words]
    attributes: dict[str, str | int | float] = {"href": address, "class": "image-link"}
    if image.attrs.get("title"):
        attributes["title"] = str(image.attrs["title"])
    opened = Token("link_open", "a", 1, attrs=attributes, info="image")
    return [opened, words, Token("link_close", "a", -1, info="image")]


def _with_works(children: Sequence[Token], env: Env) -> list[Token]:
    """The tokens with every work they name linked: identifiers in running text, and links that lead to one."""
    out: list[Token] = []
    run: list[Token] = []  # text that goes on over line ends, as "PMID:" and its number may
    linked = struck = 0
    for index, token in enumerate(children):
        if token.type in ("text", "softbreak") and not linked and not struck:
            run.append(token)
            continue
        out += _linked_works(run, env)
        run = []
        if token.type in ("s_open", "s_close"):
            struck += token.nesting
        elif token.type in ("link_open", "link_close"):
            linked += token.nesting
            if token.nesting == 1 and not struck:
                _mark_link(token, children[index + 1 :], env)
        out.append(token)
    return out + _linked_works(run, env)


def _mark_link(opened: Token, following: Sequence[Token], env: Env) -> None:
    """Say on a link which work it leads to, and whether the author gave it words of their own."""
    key = naming.at_address(str(opened.attrs.get("href", ""))) if opened.info != "image" else ""
    if not key or env["works_left"] < 1:
        return
    env["works_left"] -= 1
    bare = opened.info == "auto"
    if not bare:
        end = next(index for index, token in enumerate(following) if token.type == "link_close")
        words = _words(following[:end]).strip()
        bare = any((each.start, each.end, each.key) == (0, len(words), key) for each in naming.in_text(words))
    opened.attrSet("class", "work" if bare else "work work--worded")
    opened.attrSet("data-work", key)


def _linked_works(run: Sequence[Token], env: Env) -> list[Token]:
    text = "".join("\n" if token.type == "softbreak" else token.content for token in run)
    waiting = list(naming.in_text(text)[: env["works_left"]]) if text else []
    if not waiting:
        return list(run)
    env["works_left"] -= len(waiting)
    out: list[Token] = []
    within: naming.Named | None = None
    place = 0
    for token in run:
        end = place + (1 if token.type == "softbreak" else len(token.content))
        at = place
        while at < end:
            stop = min(within.end if within else waiting[0].start if waiting else end, end)
            if stop > at:
                whole = token.type == "softbreak"
                out.append(token if whole else Token("text", "", 0, content=token.content[at - place : stop - place]))
                at = stop
            if within and at == within.end:
                out.append(Token("link_close", "a", -1, info="work"))
                within = None
            elif not within and waiting and waiting[0].start == at < end:
                within = waiting.pop(0)
                attributes: dict[str, str | int | float] = {
                    "href": within.address, "class": "work", "data-work": within.key,
                }  # fmt: skip
                out.append(Token("link_open", "a", 1, attrs=attributes, info="work"))
        place = end
    return out


FOLLOWED = re.compile(
    r"""https?://[^/?#@\\\s]+(?:[/?#]\S*)?   # a host, and no "name@" before it that could pass for one
      | mailto:[^\s@]+@\S+
      | /(?![/\\])\S*                        # a path of this site; "//host" would leave it
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_followed(address: str) -> bool:
    """Whether a link in a member's text may lead to this address.

    Yes for ``http://host``, ``https://host``, ``mailto:`` and a path of this site ("/posts/12/"). No for every other
    scheme, for "//host", for paths relative to the page (the same body stands on several), for a bare "#place", and
    for "https://name@host", which is mostly there to mislead.
    """
    return len(address) <= ADDRESS_LIMIT and FOLLOWED.fullmatch(address) is not None


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


def _table_open(tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    """A table scrolls in a box of its own, which the keyboard reaches and a screen reader names by its columns."""
    env["tables"] = env.get("tables", 0) + 1
    columns = []
    for token in tokens[index + 1 :]:
        if token.type == "thead_close":
            break
        if token.type == "inline" and token.content.strip():
            columns.append(_words(token.children or ()).strip())
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


# ── The allow-list ───────────────────────────────────────────────────────────────────────────────

FOOTNOTE_ID = re.compile(r"fn(?:ref)?(?:-[A-Za-z0-9-]+)?-\d+(?:-\d+)?")


def _allowed_value(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "id":
        return value if FOOTNOTE_ID.fullmatch(value) else None
    if attribute == "href":
        return value if is_followed(value) or (value.startswith("#") and FOOTNOTE_ID.fullmatch(value[1:])) else None
    if tag == "img" and attribute == "src":
        return value if picturing.ADDRESS.fullmatch(value) else None
    if attribute == "srcset":
        return value if picturing.SRCSET.fullmatch(value) else None
    if attribute in ("width", "height"):
        return value if value.isascii() and value.isdecimal() else None
    if attribute == "data-picture":
        return value if picturing.NAMED.fullmatch(value) else None
    if attribute == "data-work":
        return value if naming.KEY.fullmatch(value) else None
    if attribute == "data-quoted":
        return value if quotes.KEY.fullmatch(value) else None
    if attribute == "data-member":
        return value if value.isascii() and value.isdecimal() else None
    return value


_sanitizer = nh3.Cleaner(
    tags={
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "div",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "input",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    },
    clean_content_tags={"script", "style", "template", "title", "iframe", "svg", "math"},
    attributes={
        "a": {"href", "title", "id", "aria-label", "data-work", "data-member", "data-quoted"},
        "li": {"id"},
        "ol": {"start"},
        "input": {"checked", "disabled", "aria-label"},
        "img": {"src", "srcset", "alt", "width", "height"},
        "span": {"data-picture"},
        "div": {"aria-label"},
    },
    attribute_filter=_allowed_value,
    tag_attribute_values={
        "div": {"role": {"group"}, "tabindex": {"0"}},
        "pre": {"tabindex": {"0"}},
        "img": {"loading": {"lazy"}, "decoding": {"async"}, "sizes": {picturing.SIZES}},
        "th": {"scope": {"col"}},
        "input": {"type": {"checkbox"}},
    },
    set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
    allowed_classes={
        "a": {"image-link", "picture", "footnote-back", "work", "work--worded", "mention", "hashtag"},
        "code": {"highlight"},
        "div": {"table-scroll", "footnotes", "markdown-alert"}
        | {f"markdown-alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution")},
        "li": {"task-list-item"},
        "p": {"markdown-alert-title"},
        "span": set(filter(None, STANDARD_TYPES.values())) | {"picture-gone"},
        "sup": {"footnote-ref"},
        "td": {"align-left", "align-center", "align-right"},
        "th": {"align-left", "align-center", "align-right"},
        "ul": {"contains-task-list"},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel=REL,
)


# ── A source in its own words ────────────────────────────────────────────────────────────────────

OTHERS_WORDS = {
    "heading_open": "heading_close",
    "blockquote_open": "blockquote_close",
    "alert_open": "alert_close",
    "table_open": "table_close",
    "footnote_block_open": "footnote_block_close",
}


def _own_words(tokens: Iterable[Token]) -> str:
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
            text += " " if text.endswith(":") else "\n\n" if lists == 1 else ""
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
            text = text.rstrip(" ;") + ("" if lists else "\n\n")
        elif token.type == "inline":
            words = " ".join(_words(token.children or (), own=True).split())
            if lists and words:
                text += f"{words} " if words[-1] in ".!?:;,…" else f"{words}; "
            elif words:
                text += words if words.endswith(":") else f"{words}\n\n"
    return text.strip(" ;\n")


def _words(children: Iterable[Token], *, own: bool = False) -> str:
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
            out.append(_words(token.children or ()))
        elif token.type == "picture" and not own:
            out.append(token.content)
    return "".join(out)
