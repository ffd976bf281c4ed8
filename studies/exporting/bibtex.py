"""BibTeX, written so that nothing in a record can end its entry or its field."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
}  # fmt: skip
# BibTeX counts braces even behind a backslash: where they do not match, they are written by their names.
PAIRED = str.maketrans(ESCAPES)
LONE = str.maketrans({**ESCAPES, "{": r"\ensuremath{\lbrace}", "}": r"\ensuremath{\rbrace}"})
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
# Letters that have no accent to take off, so that keys stay readable.
LATIN = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"})
PLAIN_NAMES = re.compile(r"[^\W\d_][\w '’.\-‐‑]*")  # needs no braces to be read as one name


def entry(item: dict[str, Any]) -> str:
    """One CSL-JSON item as a BibTeX entry with its line break. The key is stable and unique: name, year, our number."""
    date = (item.get("issued") or {"date-parts": [[]]})["date-parts"][0]
    written: dict[str, str] = {
        "author": " and ".join(_name(name) for name in item.get("author", ())),
        "title": _title(item["title"]),
        "journal": _text(item.get("container-title", "")),
        "shortjournal": _text(item.get("container-title-short", "")),
        "year": str(date[0]) if date else "",
        "month": MONTHS[date[1] - 1] if len(date) > 1 else "",
        "day": str(date[2]) if len(date) > 2 else "",
        "volume": _text(item.get("volume", "")),
        "number": _text(item.get("issue", "")),
        "pages": _text(re.sub(r"(?<=\w)\s*[-–‐]\s*(?=\w)", "--", item.get("page", ""))),
        "issn": _text(item.get("ISSN", "")),
        "doi": _address(item.get("DOI", "")),
        "pmid": _text(item.get("PMID", "")),
        "pmcid": _text(item.get("PMCID", "")),
        "url": _address(item.get("URL", "")),
        "language": _text(item.get("language", "")),
        "keywords": _text(item.get("keyword", "")),
        "note": _text(item.get("note", "")),
        "abstract": _text(item.get("abstract", "")),
    }
    kind = "article" if "container-title" in item else "misc"
    lines = [
        f"  {name} = {value if name == 'month' else f'{{{value}}}'},\n" for name, value in written.items() if value
    ]
    return f"@{kind}{{{key(item)},\n{''.join(lines)}}}\n\n"


def key(item: dict[str, Any]) -> str:
    """``berg2011-12``: the first author, the year and the study's number here, in letters every BibTeX takes."""
    first: dict[str, str] = next(iter(item.get("author", ())), {})
    name = re.sub(r"[^A-Za-z0-9]", "", _folded(first.get("family") or first.get("literal") or "")).lower()[:30]
    year = str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""
    return f"{name or 'study'}{year}-{item['id'].rpartition('-')[2]}"


def remark(sentence: str) -> str:
    return f"@comment{{{_text(sentence)}}}\n\n"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKD", text.translate(LATIN))


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in str(text)).split())


def _text(text: str) -> str:
    return _escaped(_one_line(text))


def _escaped(text: str) -> str:
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    return text.translate(PAIRED if depth == 0 else LONE)


def _title(text: str) -> str:
    """A title whose capitals no style may make small: a word with a capital that is not the title's first letter."""
    words = _one_line(text).split(" ")
    if "{" in text or "}" in text:
        return _escaped(" ".join(words))  # braces of ours between those of the title would only confuse
    return " ".join(
        f"{{{_escaped(word)}}}"
        if any(letter.isupper() for letter in (word[1:] if place == 0 else word))
        else _escaped(word)
        for place, word in enumerate(words)
    )


def _name(name: dict[str, str]) -> str:
    if "literal" in name:
        return f"{{{_text(name['literal'])}}}"
    if "given" not in name:
        return f"{{{_text(name['family'])}}}" if " " in name["family"] else _part(name["family"])
    family = f"{name.get('non-dropping-particle', '')} {_part(name['family'])}".strip()
    return ", ".join(filter(None, (family, _part(name.get("suffix", "")), _part(name.get("given", "")))))


def _part(text: str) -> str:
    """A part of a name; in braces where a comma or an "and" in it would be read as the end of the part."""
    text = _one_line(text)
    if not text:
        return ""
    plain = PLAIN_NAMES.fullmatch(text) and " and " not in f" {text.lower()} "
    return _escaped(text) if plain else f"{{{_escaped(text)}}}"


def _address(text: str) -> str:
    """A DOI or an address: read as it stands, so it is not escaped, but can't hold what would end the field."""
    return re.sub(r"[{}\\\s]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), _one_line(text))
