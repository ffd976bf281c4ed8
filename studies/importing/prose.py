"""The text of XML elements, as plain lines and as paragraphs of Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.entities import html5

from lxml import etree

from studies.importing.record import tidy

Skip = Callable[[etree._Element], bool]

# Notes, formula sources and pictures are no words of the sentence they stand in.
UNSPOKEN = frozenset(
    {"fn", "tex-math", "graphic", "inline-graphic", "object-id", "disp-formula", "inline-supplementary-material"}
)
SPACED = frozenset(
    {"break", "p", "title", "list", "list-item", "sec", "label", "td", "th", "tr", "disp-quote", "AbstractText"}
)
XINCLUDE = "{http://www.w3.org/2001/XInclude}"

SUPERSCRIPTS = str.maketrans("0123456789+-−–n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻ⁿ")
SUPERSCRIPT = re.compile(r"[0-9+\-−–n]{1,6}")


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace; "" for comments, instructions and entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def line(element: etree._Element | None, skip: Skip | None = None) -> str:
    """The element's text as one clean line, markup dropped; "" for None.

    Superscript numbers keep their height (10⁶, m²), since 10 to the 6th must not become 106; all other markup leaves
    its words. ``skip`` says which elements inside to leave out.
    """
    if element is None:
        return ""
    if len(element) == 0:
        return tidy(element.text)
    return tidy("".join(_pieces(element, skip)))


def _pieces(element: etree._Element, skip: Skip | None) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if not isinstance(child.tag, str):
            yield _character(child)
        elif not (local_name(child) in UNSPOKEN or child.tag.startswith(XINCLUDE) or (skip and skip(child))):
            yield from _inline(child, skip)
        yield child.tail or ""


def _inline(child: etree._Element, skip: Skip | None) -> Iterator[str]:
    name = local_name(child)
    if name == "sup":
        yield raised("".join(_pieces(child, skip)))
    elif name in SPACED:
        yield " "
        yield from _pieces(child, skip)
        yield " "
    else:
        yield from _pieces(child, skip)


def _character(node: etree._Element) -> str:
    """What a named character reference of HTML stands for; nothing for comments, instructions and other entities.

    Files name ``&eacute;`` and trust their DTD to explain it. The DTD is never read, so this fixed table does.
    """
    if not isinstance(node, etree._Entity):
        return ""
    return html5.get((node.text or "").lstrip("&"), "")


def raised(text: str) -> str:
    """A superscript as Unicode where it is a number, else its plain letters ("1st")."""
    text = text.strip()
    return text.translate(SUPERSCRIPTS) if SUPERSCRIPT.fullmatch(text) else text


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────

SPECIAL = re.compile(r"([\\`*_\[\]]|~~|<(?=[A-Za-z/!?])|&(?=#?\w+;))")
BLOCK_START = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([#>+=|~:-])")


def escaped(text: str) -> str:
    """Plain text as Markdown that shows exactly that text, in one paragraph."""
    text = SPECIAL.sub(r"\\\1", text)
    return BLOCK_START.sub(lambda match: f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}", text)


def paragraph(text: str, label: str = "") -> str:
    """One paragraph of Markdown from plain text, its section's label in bold before it."""
    label = tidy(label).strip(" :.–—-")
    if not label:
        return escaped(text)
    if label.isupper() and len(label) > 3:
        label = label.capitalize()
    return f"**{escaped(label)}** {escaped(text)}".strip()
