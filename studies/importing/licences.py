"""Creative Commons licences, told from their addresses and names."""

from __future__ import annotations

import re

from studies.importing.record import web_address

ADDRESS = re.compile(
    r"creativecommons\.org/(?:licenses/(by(?:-nc)?(?:-sa|-nd)?)|publicdomain/(zero|mark))(?:/(\d\.\d))?", re.IGNORECASE
)
NAME = re.compile(
    r"Creative Commons Attribution((?:[\s/-]*(?:Non-?\s?Commercial|Share-?\s?Alike|No-?\s?Deriv\w*))*)"
    r"(?:\s*\(CC[^)]*\))?(?:\s+(\d\.\d))?",
    re.IGNORECASE,
)
SHORT = re.compile(r"cc-?(by(?:-nc)?(?:-sa|-nd)?|0|-zero)(?:-(\d\.\d))?", re.IGNORECASE)


def from_address(text: str) -> tuple[str, str]:
    """("CC BY 4.0", its address) of the first licence address in a text; ("", "") where there is none."""
    found = ADDRESS.search(text)
    return (_words(found), web_address(f"https://{found[0].lower().rstrip('/')}/")) if found else ("", "")


def from_name(text: str) -> str:
    """ "CC BY-NC 3.0" from "Creative Commons Attribution-NonCommercial 3.0 licence"; "" where none is named."""
    found = NAME.search(text)
    if not found:
        return ""
    more = found[1].lower()
    parts = [short for word, short in (("commercial", "-NC"), ("alike", "-SA"), ("deriv", "-ND")) if word in more]
    return f"CC BY{''.join(parts)}" + (f" {found[2]}" if found[2] else "")


def from_short(text: str) -> str:
    """ "CC BY-NC" from "cc-by-nc", as databases shorten it; "" for all else, "other-oa" and the like."""
    found = SHORT.fullmatch(text.strip())
    if not found:
        return ""
    version = f" {found[2]}" if found[2] else ""
    return ("CC0" if found[1] in ("0", "-zero") else f"CC {found[1].upper()}") + version


def _words(found: re.Match[str]) -> str:
    version = f" {found[3]}" if found[3] else ""
    if found[1]:
        return f"CC {found[1].upper()}{version}"
    return "CC0" + version if found[2].lower() == "zero" else "Public domain"
