"""Pages read by the rules of Zotero's connector: which of its readers takes a page, and what it makes of it.

The rules, as its translators "COinS" and "Embedded Metadata" and its utilities have them: a page with COinS spans is a
list, whatever its head says; a repeated tag is joined by commas, but for authors; an author is split at semicolons, and
a single one with two words on each side of a comma is taken for two; a name with a comma is split there, any other at
its last space; in an OpenURL a plus is a space.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import html5lib

Item = dict[str, Any]
XHTML = "{http://www.w3.org/1999/xhtml}"


def read(html: str) -> Item | list[Item]:
    """The one item of a page, or the items of a list."""
    document = html5lib.parse(html)
    spans = [
        each for each in document.iter(f"{XHTML}span") if "Z3988" in each.get("class", "").split() and each.get("title")
    ]
    if spans:
        return [context_object(span.get("title")) for span in spans]
    return embedded(document)


def clean_author(name: str, by_comma: bool) -> tuple[str, str]:
    """(last, first)"""
    name = re.sub(r"^[\s\u00a0.,/\[\]:]+|[\s\u00a0.,/\[\]:]+$", "", name)
    name = re.sub(r"  +", " ", name)
    if by_comma:
        parts = re.split(r", ?", name)
        return (parts[0], parts[1]) if len(parts) > 1 else (name, "")
    first, _, last = name.rpartition(" ")
    return last, first


def embedded(document) -> Item:
    head = document.find(f"{XHTML}head")
    metas = [(each.get("name"), each.get("content")) for each in head.findall(f"{XHTML}meta") if each.get("name")]

    def joined(name: str) -> str:
        return " ".join(", ".join(content for key, content in metas if key.endswith(name)).split())

    people = [content for key, content in metas if key == "citation_author"]
    creators = []
    for person in people:
        names = re.split(r"\s*;\s*", person)
        if len(names) == 1:  # its older releases did so for every author, the newer ones for a single author
            halves = re.split(r"\s*,\s*", names[0])
            if len(people) == 1 and len(halves) > 1 and " " in halves[0] and " " in halves[1]:
                names = halves
        creators += [clean_author(name, "," in name) for name in names if re.search(r"[^\s,-.;]", name)]
    first, last = joined("citation_firstpage"), joined("citation_lastpage")
    return {
        "title": joined("citation_title"),
        "creators": creators,
        "date": joined("citation_publication_date"),
        "publicationTitle": joined("citation_journal_title"),
        "journalAbbreviation": joined("citation_journal_abbrev"),
        "volume": joined("citation_volume"),
        "issue": joined("citation_issue"),
        "pages": f"{first}-{last}" if last else first,
        "DOI": joined("citation_doi"),
        "PMID": joined("citation_pmid"),
        "ISSN": joined("citation_issn"),
        "language": joined("citation_language"),
        "url": joined("citation_abstract_html_url"),
    }


def context_object(text: str) -> Item:
    item: Item = {"creators": [], "pages": ""}
    names = {
        "rft.atitle": "title", "rft.jtitle": "publicationTitle", "rft.stitle": "journalAbbreviation", "rft.date": "date",
        "rft.volume": "volume", "rft.issue": "issue", "rft.issn": "ISSN", "rft_val_fmt": "format",
    }  # fmt: skip
    for part in text.split("&"):
        key, _, value = part.partition("=")
        value = unquote(re.sub(r"\+|%2[bB]", " ", value), errors="strict")
        if key == "rft_id" and value.startswith("info:doi"):
            item["DOI"] = value[9:]
        elif key == "rft_id" and value.startswith("info:pmid"):
            item["PMID"] = value[10:]
        elif key == "rft_id" and value.startswith("http"):
            item["url"] = value
        elif key == "rft.au":
            item["creators"].append(clean_author(value, "," in value))
        elif key == "rft.spage":
            item["pages"] = value
        elif key == "rft.epage":
            item["pages"] += f"-{value}"
        elif key in names:
            item[names[key]] = value
    return item
