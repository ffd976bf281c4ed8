"""What of a page could do something to its reader, found in the document that a browser makes of it.

The parser is html5lib, which follows the rules that browsers follow. Nothing here leans on the site's content security
policy: a page must be harmless without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

# Stands in every text that ``spoiling`` makes, as an element and as an attribute: where either is met, words came alive.
MARK = "x-live"
NEVER = set(
    "style iframe frame frameset object embed applet base portal marquee audio video foreignobject animate set".split()
)
ADDRESSES = {"href", "src", "action", "formaction", "poster", "data", "background", "cite", "ping", "xlink:href"}
SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
NOT_READ = dict.fromkeys(range(0x21))  # what a browser takes out of an address before it looks for a scheme
OF_DATA = ("application/json", "application/ld+json")


def live(html: str, nonce: str = "") -> list[str]:
    """What may not stand in ``html``, a page or a piece of one; scripts of ours carry ``nonce`` or lie in /static/."""
    found: list[str] = []
    for element in html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False).iter():
        if isinstance(element.tag, str):
            found += _of_element(element, nonce)
    return found


def _of_element(element: Element, nonce: str) -> Iterator[str]:
    tag = element.tag.rpartition("}")[2].lower()
    names = {name.rpartition("}")[2].lower(): value for name, value in element.attrib.items()}
    if tag in NEVER or MARK in tag:
        yield f"<{tag}>"
    if tag == "script":
        yield from _of_script(element, names, nonce)
    if tag == "link" and "stylesheet" in names.get("rel", "") and not names.get("href", "").startswith("/static/"):
        yield f"a style sheet of {names.get('href')}"
    for name, value in names.items():
        if name.startswith(("on", "hx-on")) or name in ("style", "srcdoc", "http-equiv") or MARK in name:
            yield f"<{tag} {name}>"
        if name in ("id", "name", "for", "form", "class", "target") and (MARK in value or "<" in value):
            yield f"<{tag} {name}={value[:60]}>"
        if name in ADDRESSES and not _is_harmless(tag, value):
            yield f"<{tag} {name}={value[:60]}>"
        if (
            name.startswith("hx-")
            and name[3:] in ("get", "post", "put", "patch", "delete")
            and not value.startswith("/")
        ):
            yield f"<{tag} {name}={value[:60]}>"


def _of_script(element: Element, names: dict[str, str], nonce: str) -> Iterator[str]:
    if names.get("type") in OF_DATA:
        try:
            json.loads(element.text or "")
        except ValueError as wrong:
            yield f"data that is no JSON: {wrong}"
    elif "src" in names:
        if not re.match(r"/(static|admin/jsi18n)/", names["src"]):
            yield f"a script of {names['src'][:60]}"
    elif not nonce or names.get("nonce") != nonce:
        yield f"a script that is not ours: {(element.text or '')[:60]}"


def _is_harmless(tag: str, address: str) -> bool:
    """Whether the address leads to this site, or a link to a page or a mail address elsewhere."""
    read = address.translate(NOT_READ)
    if read.startswith(("//", "\\", "/\\")):
        return False
    scheme = SCHEME.match(read)
    if scheme is None:
        return True
    if tag == "a":
        return scheme[1].lower() in ("http", "https", "mailto")
    return tag == "link" and scheme[1].lower() in ("http", "https")
