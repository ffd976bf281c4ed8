"""RIS, one field a line: no line of a record's text can be taken for a field of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

END = "\r\n"  # what the format's specification asks for


def entry(item: dict[str, Any]) -> str:
    """One CSL-JSON item as a RIS record, from ``TY`` to ``ER``."""
    return "".join(f"{tag}  - {value}{END}" for tag, value in _fields(item)) + f"ER  - {END}{END}"


def _fields(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "TY", "JOUR" if "container-title" in item else "GEN"
    date = (item.get("issued") or {"date-parts": [[]]})["date-parts"][0]
    first, last = pages(item.get("page", ""))
    values: list[tuple[str, Any]] = [
        ("TI", item["title"]),
        *(("AU", _name(name)) for name in item.get("author", ())),
        ("T2", item.get("container-title")),
        ("J2", item.get("container-title-short")),
        ("PY", date and f"{date[0]:04d}"),
        # Year, month, day and more between slashes; what is not known stays empty.
        ("DA", len(date) > 1 and "/".join([f"{part:02d}" for part in date] + [""] * (4 - len(date)))),
        ("VL", item.get("volume")),
        ("IS", item.get("issue")),
        ("SP", first),
        ("EP", last),
        ("SN", item.get("ISSN")),
        ("DO", item.get("DOI")),
        ("AN", item.get("PMID")),
        ("C2", item.get("PMCID")),
        ("UR", item.get("URL")),
        # Says whose number AN is. DP and DB would say it too, and that the keywords are NLM's, which they are not.
        ("UR", item.get("PMID") and f"https://pubmed.ncbi.nlm.nih.gov/{item['PMID']}/"),
        ("LA", item.get("language")),
        *(("KW", word) for word in item.get("keyword", "").split(", ")),
        ("N1", item.get("note")),
        ("AB", item.get("abstract")),
    ]
    for tag, value in values:
        if text := _one_line(value or ""):
            yield tag, text


def pages(text: str) -> tuple[str, str]:
    """First and last page of "101-109"; anything that is no simple range is all first page."""
    found = re.fullmatch(r"\s*([\w.]+)\s*[-–‐]\s*([\w.]+)\s*", text)
    return (found[1], found[2]) if found else (text.strip(), "")


def _name(name: dict[str, str]) -> str:
    if "literal" in name:
        return name["literal"].replace(", ", " – ").replace(",", " ")  # a comma would make a person of a group
    family = f"{name.get('non-dropping-particle', '')} {name.get('family', '')}".strip().replace(",", " ")
    return ", ".join(filter(None, (family, name.get("given", "").replace(",", " "), name.get("suffix", ""))))


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in str(text)).split())
