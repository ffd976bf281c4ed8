"""What a member's text names, as links: members, tags, works, and what a quote is from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from markdown_it.token import Token

from common import calling, hashtags, naming, quotes
from common.markdown.tokens import Attributes, Env, own_texts, words_of


def link_called(callers: Sequence[Token]) -> None:
    """Link the members that these inline tokens call."""
    known = calling.known(name for text in _all_own_texts(callers) for name in calling.names_in(text.content))

    def link(match: re.Match[str]) -> Attributes | None:
        called = known.get(match["name"].lower())
        return {"href": called.address, "class": "mention", "data-member": called.pk} if called else None

    if known:
        _link_in_texts(callers, calling.CALL, link)


def link_tags(namers: Sequence[Token]) -> None:
    """Link the tags that these inline tokens name."""
    known = hashtags.known(slug for text in _all_own_texts(namers) for slug in hashtags.slugs_in(text.content))

    def link(match: re.Match[str]) -> Attributes | None:
        address = known.get(hashtags.slug_of(match))
        return {"href": address, "class": "hashtag"} if address else None

    if known:
        _link_in_texts(namers, hashtags.NAMED, link)


def mark_quoted(children: Iterable[Token]) -> None:
    """Say on each link which post or comment it leads to."""
    for token in children:
        if token.type == "link_open" and (key := quotes.key_of(str(token.attrs.get("href", "")))):
            token.attrSet("data-quoted", key)


def _all_own_texts(inlines: Iterable[Token]) -> Iterator[Token]:
    return (each for token in inlines for each in own_texts(token.children or ()))


def _link_in_texts(
    inlines: Iterable[Token], pattern: re.Pattern[str], link: Callable[[re.Match[str]], Attributes | None]
) -> None:
    """Make a link of each match in running text for which ``link`` gives one."""
    for token in inlines:
        own = set(map(id, own_texts(token.children or ())))
        token.children = [
            part
            for child in token.children or ()
            for part in (_linked(child, pattern, link) if id(child) in own else [child])
        ]


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


def with_works(children: Sequence[Token], env: Env) -> list[Token]:
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
        words = words_of(following[:end]).strip()
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
                attributes: Attributes = {
                    "href": within.address, "class": "work", "data-work": within.key,
                }  # fmt: skip
                out.append(Token("link_open", "a", 1, attrs=attributes, info="work"))
        place = end
    return out
