"""A study as a line of a reference list, in the styles that readers are asked for."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nh3
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from django.utils.safestring import SafeString, mark_safe

FOLDER = Path(__file__).parent / "styles"
MARKUP = {"i", "b", "sup", "sub"}
# What no style is about, and what would name this site as a source: readers cite the work.
LEFT_OUT = frozenset({"abstract", "keyword", "status", "note", "URL", "language", "custom"})
# The library escapes some texts and not others, so what is markup in HTML passes it as letters nobody uses.
PASSING = {"<": "\ue000", ">": "\ue001", "&": "\ue002", '"': "\ue003"}
HIDE = str.maketrans({**PASSING, **dict.fromkeys(PASSING.values(), "")})
SHOW = str.maketrans({hidden: html.escape(plain) for plain, hidden in PASSING.items()})
LABEL = re.compile(r"\A\s*(?:\[1\]|1\.)\s*")  # the number of a list that has one entry


@dataclass(frozen=True)
class Style:
    """A citation style. ``title_leads``: a work without authors is filed under its title, which is then not repeated.
    ``quotes_hold_stops``: commas and full stops stand inside the quotation marks; ``british``: those are single."""

    name: str
    title_leads: bool = False
    quotes_hold_stops: bool = False
    british: bool = False


STYLES = {
    "apa": Style("APA", title_leads=True),
    "ama": Style("AMA", title_leads=True),
    "vancouver": Style("Vancouver (NLM)"),
    "nature": Style("Nature"),
    "harvard": Style("Harvard", title_leads=True, british=True),
    "ieee": Style("IEEE", quotes_hold_stops=True),
}


def cited(item: dict[str, Any], style: str) -> SafeString:
    """One CSL-JSON item in a style of ``STYLES``, as HTML with no other elements than ``MARKUP``."""
    bibliography = CitationStylesBibliography(_loaded(style), CiteProcJSON([_prepared(item, style)]), formatter.html)
    bibliography.register(Citation([CitationItem("work")]))
    line = LABEL.sub("", "".join(str(part) for part in bibliography.bibliography()[0])).translate(SHOW)
    line = _mended(line, STYLES[style])
    if "note" in item:
        line = f"{line} [{html.escape(item['note'])}]"
    return mark_safe(nh3.clean(line, tags=MARKUP, attributes={}, link_rel=None).strip())  # noqa: S308 - just cleaned


def cited_plain(item: dict[str, Any], style: str) -> str:
    """The same line without italics, as text."""
    return html.unescape(re.sub(r"</?[a-z]+>", "", cited(item, style)))


@cache
def _loaded(style: str) -> CitationStylesStyle:
    loaded = CitationStylesStyle(str(FOLDER / f"{style}.csl"), validate=False)
    # citeproc-py passes over the delimiter of a locale's date; the same as prefixes it heeds.
    for date in loaded.root.iter("{http://purl.org/net/xbiblio/csl}date"):
        for part in list(date)[1:]:
            if date.get("delimiter") and part.get("prefix") is None:
                part.set("prefix", date.get("delimiter"))
    return loaded


def _prepared(item: dict[str, Any], style: str) -> dict[str, Any]:
    facts = {name: _hidden(value) for name, value in item.items() if name not in LEFT_OUT}
    facts |= {"id": "work", "type": "article-journal"}  # other types are told to be preprints
    facts["author"] = [_with_initials_apart(each) for each in facts.get("author", [])]
    if STYLES[style].title_leads and not facts.get("author"):
        facts["author"] = [{"literal": facts.pop("title")}]
    return facts


def _with_initials_apart(name: dict[str, Any]) -> dict[str, Any]:
    """Initials that a record writes together ("MJ", as PubMed does) apart, or a style would take them for one name."""
    given = name.get("given", "")
    are_initials = given.isalpha() and given.isupper() and len(given) in (2, 3)
    if are_initials and not name.get("family", "").isupper():  # else all of it is in capitals, "ANN" too
        return {**name, "given": " ".join(given)}
    return name


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join("".join(each if each.isprintable() else " " for each in value).translate(HIDE).split())
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    if isinstance(value, dict):
        return {name: _hidden(each) for name, each in value.items()}
    return value


def _mended(line: str, style: Style) -> str:
    """What citeproc-py leaves undone: one mark at the end of a sentence, and stops inside quotation marks."""
    line = re.sub(r"\.(</[a-z]+>)\.", r".\1", line)
    line = re.sub(r"([.?!])\.(?!\.)", r"\1", line)
    line = re.sub(r"\ {2,}", " ", line)
    if style.quotes_hold_stops:
        line = re.sub(r"”([.,])", r"\1”", line)
        line = re.sub(r"([.?!]),”", r"\1”", line)
    if style.british and line.count("“") == 1:
        line = line.replace("“", "‘").replace("”", "’")
    return line
