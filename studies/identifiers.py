"""Identifiers of works, people and journals, each in its one spelling.

Every ``parse_…`` takes text as people and files write it and gives the normalised identifier, or "" where the text
is none. Nothing is looked up: a well-formed identifier may still name nothing.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

DOI_LIMIT = 250  # characters: what the library's columns hold
DOI = re.compile(r"10\.\d{4,9}/\S+")
DOI_PREFIX = re.compile(r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi\s*:?\s*|urn:doi:|info:doi/)+", re.IGNORECASE)
DOI_IN_TEXT = re.compile(r"(?:\bdoi\s*:?\s*|doi\.org/)(10\.\d{4,9}/\S+)", re.IGNORECASE)
# What no registrant puts at the end of a DOI and every sentence does.
TRAILING = ".,;:!?'\"“”‘’«»…"
BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
# Never part of a DOI, though they are no white space: they would let markup or control characters into an address.
NOT_IN_DOI = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029<>\"`\\^{}|]")
# DOIs of the 1990s carry the SICI of their article, angle brackets and all: 10.1002/(SICI)1097-0258…<1661::AID…
SICI = re.compile(
    r"10\.\d{4,9}/(?:\(sici\))?\d{4}-\d{3}[\dx]\([^<>\s]*\)[^<>\s]*<[\w.-]+::?[\w-]+>[\w.;:#-]+", re.IGNORECASE
)

PMID = re.compile(r"[1-9]\d{0,7}")
PMID_PREFIX = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/|(?:pmid|pubmed)\s*:?\s*)",
    re.IGNORECASE,
)
PMID_IN_TEXT = re.compile(r"\bPMID\s*:?\s*([1-9]\d{0,7})\b", re.IGNORECASE)
PMCID = re.compile(r"PMC([1-9]\d{0,11})(?:\.\d+)?", re.IGNORECASE)
PMCID_PREFIX = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:pmc\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pmc)/articles/|pmcid\s*:?\s*)",
    re.IGNORECASE,
)
ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])", re.IGNORECASE)
ORCID_PREFIX = re.compile(r"(?:(?:https?://)?(?:www\.)?orcid\.org/|orcid\s*:?\s*)", re.IGNORECASE)
ISSN = re.compile(r"(\d{4})[-–]?(\d{3}[\dX])", re.IGNORECASE)
ISSN_PREFIX = re.compile(r"(?:https?://portal\.issn\.org/resource/issn/|e?issn\s*:?\s*)", re.IGNORECASE)

# The registers of the WHO's International Clinical Trials Registry Platform, by the shape of their numbers.
REGISTRATION = re.compile(
    r"\b(?:"
    r"NCT\s?0?\d{8}"
    r"|ISRCTN\s?\d{8}"
    r"|(?:EudraCT\s*(?:number|no\.?|nr\.?)?\s*:?\s*)?20\d{2}-\d{6}-\d{2}(?:-\d{2})?"
    r"|UMIN\s?\d{9}"
    r"|JPRN-[A-Z]+\d{6,12}|jRCT[a-z]?\d{9,10}|JapicCTI-\d{6}"
    r"|ACTRN\s?\d{14}p?"
    r"|ChiCTR(?:-[A-Z]{2,5})?-?\d{8,10}"
    r"|CTRI/\d{4}/\d{2,3}/\d{6}"
    r"|DRKS\s?\d{8}"
    r"|NTR\s?\d{2,4}|NL\d{4,5}"
    r"|IRCT\s?\d{8,14}N\d{1,3}"
    r"|KCT\s?\d{7}"
    r"|PACTR\s?\d{15,16}"
    r"|TCTR\s?\d{11}"
    r"|RBR-[0-9a-z]{6,7}"
    r"|SLCTR/\d{4}/\d{3}"
    r"|CRD\s?\d{11}"
    r")(?![\w-])",
    re.IGNORECASE,
)
REGISTRATION_SPELLING = {"CHICTR": "ChiCTR", "JRCT": "jRCT", "JAPICCTI": "JapicCTI"}


def parse_doi(text: str | None) -> str:
    """A DOI in lower case without resolver or "doi:", e.g. ``10.2147/btt.s9806``; at most 250 characters.

    Percent-encoding is undone, punctuation that ends a sentence is stripped, as is a closing bracket that nothing
    inside opens. Markup characters are refused, save where an old SICI brings its own angle brackets.
    """
    text = (text or "").strip()[: DOI_LIMIT * 4]
    bare = DOI_PREFIX.sub("", text, count=1) if DOI_PREFIX.match(text) else text
    while "%" in bare and (decoded := unquote(bare, errors="replace")) != bare:  # encoded twice happens too
        bare = decoded
    doi = _without_trailing(bare.strip()).lower()
    if len(doi) > DOI_LIMIT or not DOI.fullmatch(doi) or "\ufffd" in doi:
        return ""
    if NOT_IN_DOI.search(doi) and not SICI.fullmatch(doi):
        return ""
    return doi


def doi_in(text: str) -> str:
    """The DOI that a reference's text announces as such ("doi:10.…", "https://doi.org/10.…"), else ""."""
    found = DOI_IN_TEXT.search(text)
    return parse_doi(found[1]) if found else ""


def parse_pmid(text: str | None) -> str:
    """A PubMed number: 1 to 8 digits, no leading zero; "PMID: 123" and PubMed addresses are understood."""
    bare = PMID_PREFIX.sub("", (text or "").strip(), count=1).strip(" ./")
    return bare if bare.isascii() and PMID.fullmatch(bare) else ""


def pmid_in(text: str) -> str:
    """The PMID that a reference's text announces as such ("PMID: 123"), else ""."""
    found = PMID_IN_TEXT.search(text)
    return found[1] if found and found[1].isascii() else ""


def parse_pmcid(text: str | None) -> str:
    """A PubMed Central number with its letters, ``PMC3043309``; a version ("PMC3043309.2") is dropped."""
    bare = PMCID_PREFIX.sub("", (text or "").strip(), count=1).strip(" ./")
    found = PMCID.fullmatch(bare)
    return f"PMC{found[1]}" if found and bare.isascii() else ""


def parse_orcid(text: str | None) -> str:
    """An ORCID iD as ``0000-0002-1825-0097``, only where its check character is right (ISO 7064 MOD 11-2)."""
    bare = ORCID_PREFIX.sub("", (text or "").strip(), count=1).strip(" ./")
    found = ORCID.fullmatch(bare)
    if not found or not bare.isascii():
        return ""
    orcid = "-".join(found.groups()).upper()
    return orcid if _orcid_check(orcid.replace("-", "")[:-1]) == orcid[-1] else ""


def _orcid_check(digits: str) -> str:
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def parse_issn(text: str | None) -> str:
    """An ISSN as ``1177-5475``, only where its check character is right (ISO 3297: weights 8 to 2, modulo 11)."""
    bare = ISSN_PREFIX.sub("", (text or "").strip(), count=1).strip(" ./")
    found = ISSN.fullmatch(bare)
    if not found or not (found[1] + found[2]).isascii():
        return ""
    issn = f"{found[1]}-{found[2].upper()}"
    digits = issn.replace("-", "")
    rest = -sum(int(digit) * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True)) % 11
    return issn if ("X" if rest == 10 else str(rest)) == digits[7] else ""


def parse_registration(text: str | None) -> str:
    """A trial's (or review's) registration number, where the whole text is one: NCT, ISRCTN, EudraCT, UMIN, ACTRN …

    Only the shape is checked. Gives the number without inner spaces, in its register's spelling.
    """
    found = REGISTRATION.fullmatch((text or "").strip(" .,;:()[]"))
    return _registration(found[0]) if found else ""


def registration_in(text: str) -> str:
    """The first registration number inside a text, else ""."""
    found = REGISTRATION.search(text)
    return _registration(found[0]) if found else ""


def _registration(text: str) -> str:
    number = re.sub(r"^EudraCT\s*(?:number|no\.?|nr\.?)?\s*:?\s*", "", text, flags=re.IGNORECASE)
    number = re.sub(r"\s", "", number)
    letters = re.match(r"[A-Za-z]*", number)[0]  # type: ignore[index]
    if letters.upper() == "RBR":
        return f"RBR{number[3:].lower()}"
    if letters.upper() == "ACTRN":
        return f"ACTRN{number[5:].lower()}"
    if letters[:4].upper() == "JRCT":
        return f"jRCT{number[4:].lower()}"
    return REGISTRATION_SPELLING.get(letters.upper(), letters.upper()) + number[len(letters) :].upper()


def recognise(text: str) -> tuple[str, str] | None:
    """What identifier a search box was given, if it was one: ("doi", "10.…"), or with "pmid", "pmcid", "orcid",
    "registration" or "issn" before it.

    Bare digits are a PMID from five digits on: fewer are more often a year or a dose. An ISSN is asked last, because
    it needs its hyphen or its name to be told from a number.
    """
    text = text.strip()
    if doi := parse_doi(text):
        return "doi", doi
    if pmcid := parse_pmcid(text):
        return "pmcid", pmcid
    if orcid := parse_orcid(text):
        return "orcid", orcid
    if (pmid := parse_pmid(text)) and (PMID_PREFIX.match(text) or len(pmid) >= 5):
        return "pmid", pmid
    if registration := parse_registration(text):
        return "registration", registration
    if (issn := parse_issn(text)) and not text.isdigit():
        return "issn", issn
    return None


def _without_trailing(text: str) -> str:
    while text:
        last = text[-1]
        if last in TRAILING or (last in BRACKETS and text.count(last) > text.count(BRACKETS[last])):
            text = text[:-1]
        else:
            break
    return text
