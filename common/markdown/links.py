"""Where a member's text may lead: links that we follow, pictures, and other images as links."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdown_it.token import Token

from common import picturing
from common.markdown.tokens import Attributes, Env, words_of

ADDRESS_LIMIT = 2_000  # characters of a link's address

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


def dress_links(children: Iterable[Token], env: Env) -> list[Token]:
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
    words = words_of(image.children or ()).strip()
    picture = env.get("pictures", {}).get(named["name"])
    shown = Token("picture", "img", 0, content=words, meta={"picture": picture})
    if inside_link or picture is None or picture.gone:
        return [shown]
    attributes: Attributes = {"href": f"/pictures/{picture.name}/", "class": "picture"}
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
    words = Token("text", "", 0, content=words_of(image.children or ()).strip() or "image")
    address = str(image.attrs.get("src", ""))
    if inside_link or not is_followed(address):
        return [words]
    attributes: Attributes = {"href": address, "class": "image-link"}
    if image.attrs.get("title"):
        attributes["title"] = str(image.attrs["title"])
    opened = Token("link_open", "a", 1, attrs=attributes, info="image")
    return [opened, words, Token("link_close", "a", -1, info="image")]
