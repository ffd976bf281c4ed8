"""Libraries of EndNote: its XML, and the JSON that RefLib makes of such a library.

EndNote keeps the same fields in its XML as in the RIS that it writes, so they are read as those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from studies.importing import ris
from studies.importing.guarded import Stream, records
from studies.importing.json_values import text_of, texts_of
from studies.importing.prose import raised
from studies.importing.record import Refusal, StudyRecord

WANTED = frozenset({"record"})
DROPPED = frozenset({"database", "source-app", "foreign-keys", "auth-address", "research-notes"})

# Where a tag of RIS stands in the XML, the better place first; every line of every element found is a value.
PLACES = {
    "AU": ("contributors/authors/author",),
    "TI": ("titles/title",),
    "JF": ("periodical/full-title",),
    "T2": ("titles/secondary-title", "alt-periodical/full-title"),
    "JA": ("periodical/abbr-1", "periodical/abbr-2", "alt-periodical/abbr-1"),
    "PY": ("dates/year",),
    "DA": ("dates/pub-dates/date",),
    "ET": ("edition",),
    "VL": ("volume",),
    "IS": ("number",),
    "SP": ("pages",),
    "SN": ("isbn", "issn"),
    "AN": ("accession-num",),
    "AB": ("abstract",),
    "N1": ("notes",),
    "DO": ("electronic-resource-num",),
    "UR": ("urls/related-urls/url", "urls/web-urls/url", "urls/pdf-urls/url"),
    "DP": ("remote-database-provider",),
    "DB": ("remote-database-name",),
    "LA": ("language",),
    "KW": ("keywords/keyword",),
} | {f"C{number}": (f"custom{number}",) for number in range(1, 8)}
NAMES_IN_REFLIB = {
    "AU": "authors", "TI": "title", "T2": "journal", "PY": "year", "DA": "date", "VL": "volume", "IS": "number",
    "SP": "pages", "SN": "isbn", "AN": "accessionNum", "AB": "abstract", "N1": "notes", "DO": "doi", "UR": "urls",
    "LA": "language", "KW": "keywords", "DB": "databaseName", "DP": "databaseProvider",
} | {f"C{number}": f"custom{number}" for number in range(1, 8)}  # fmt: skip
TYPES_IN_REFLIB = {"journalArticle": "Journal Article", "electronicArticle": "Electronic Article", "thesis": "Thesis"}


def read_endnote(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The records of an EndNote XML file, in order. Never raises for what it reads."""
    yield from records(stream, place, wanted=WANTED, dropped=DROPPED, make=_record)


def _record(element: etree._Element, place: str) -> StudyRecord:
    kind = element.find("ref-type")
    tags: dict[str, list[str]] = {"TY": ["" if kind is None else kind.get("name", "")]}
    for tag, places in PLACES.items():
        for path in places:
            if found := [line for each in element.iterfind(path) for line in _text(each).splitlines() if line.strip()]:
                tags[tag] = [*tags.get(tag, ()), *found] if tag == "UR" else found
                if tag != "UR":
                    break
    return ris.record_of(tags, place)


def _text(element: etree._Element) -> str:
    """An element's text, numbers that its styles raise kept high."""
    pieces = [element.text or ""]
    for child in element:
        text = "".join(child.itertext())
        pieces.append(raised(text) if "superscript" in child.get("face", "") else text)
        pieces.append(child.tail or "")
    return "".join(pieces)


def is_of_reflib(item: dict[str, Any]) -> bool:
    """Whether a JSON object is a record as RefLib writes it."""
    authors = item.get("authors")
    return "title" in item and (
        "recNumber" in item or (isinstance(authors, list) and bool(authors) and isinstance(authors[0], str))
    )


def record_of(item: dict[str, Any], place: str) -> StudyRecord:
    """The record of one of RefLib's objects. Raises ``NotAStudy``."""
    tags = {
        tag: [line for text in texts_of(item.get(name)) for line in text.splitlines()]
        for tag, name in NAMES_IN_REFLIB.items()
    }
    kind = text_of(item.get("type"))
    return ris.record_of(tags | {"TY": [TYPES_IN_REFLIB.get(kind, kind)]}, place)
