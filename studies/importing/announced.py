"""Identifiers in fields made for something else (notes, addresses, custom fields), where they are announced as such."""

from __future__ import annotations

import re
from collections.abc import Iterable

from studies.identifiers import PMCID_PREFIX, PMID_PREFIX, doi_in, parse_doi, parse_pmcid, parse_pmid, pmid_in

READ = 20_000  # characters of a field that are looked at
DOI_IN_ADDRESS = re.compile(r"/doi/(?:[a-z]{2,12}/)?(10\.\d{4,9}/[^\s?#]{1,240})", re.IGNORECASE)
PMCID_IN_TEXT = re.compile(r"\bPMC[1-9]\d{2,11}\b")
ISSN_LIKE = re.compile(r"(?<!\d)\d{4}[-–]?\d{3}[\dXx](?!\d)")
# The providers whose accession numbers are PMIDs.
OF_NLM = re.compile(r"\b(?:NLM|PubMed|MEDLINE)\b", re.IGNORECASE)
ACCESSION = re.compile(r"(?:PMID|PubMed|MEDLINE)\s*[:\s]\s*([1-9]\d{0,7})\s*", re.IGNORECASE)
STATES = {"retracted": "retracted", "expression of concern": "concern", "corrected": "corrected"}
STANDING = re.compile(
    r"(Retracted|Expression of concern|Corrected)(?: (\d{4}(?:-\d\d){0,2}))?\.(?: Notice: (\S{1,260})\.)?",
    re.IGNORECASE,
)


def doi_among(texts: Iterable[str]) -> str:
    """The first DOI that a text is, announces ("doi:10.…") or holds in a publisher's address ("…/doi/abs/10.…")."""
    for text in texts:
        text = text[:READ]
        if doi := parse_doi(text) or doi_in(text):
            return doi
        if (found := DOI_IN_ADDRESS.search(text)) and (doi := parse_doi(found[1])):
            return doi
    return ""


def pmid_among(texts: Iterable[str]) -> str:
    """The first PMID that is announced: "PMID: 123", an address of PubMed's. Bare digits are none."""
    for text in texts:
        text = text[:READ]
        if pmid := pmid_in(text) or (parse_pmid(text) if PMID_PREFIX.match(text.strip()) else ""):
            return pmid
    return ""


def pmcid_among(texts: Iterable[str]) -> str:
    """The first PMCID, which its letters announce: as a whole field, after "PMCID:", in an address of PMC's."""
    for text in texts:
        text = text[:READ]
        if pmcid := parse_pmcid(text):
            return pmcid
        if (found := PMCID_IN_TEXT.search(text)) and ("PMCID" in text.upper() or PMCID_PREFIX.match(text.strip())):
            return parse_pmcid(found[0])
    return ""


def pmid_of_accession(number: str, providers: Iterable[str]) -> str:
    """The PMID that an accession number is: "MEDLINE:123", or bare digits where the provider is NLM."""
    if found := ACCESSION.fullmatch(number.strip()):
        return found[1]
    return parse_pmid(number) if any(OF_NLM.search(provider[:200]) for provider in providers) else ""


def issns_in(texts: Iterable[str]) -> tuple[str, ...]:
    """All that looks like an ISSN: "2277-9175 (Print)", "1234-5678; 8765-4321". Checked by whoever takes them."""
    return tuple(issn for text in texts for issn in ISSN_LIKE.findall(text[:READ]))


def standing_in(texts: Iterable[str]) -> tuple[str, str, str]:
    """(state, notice, date) where a note says what became of the work, as our own exports write it."""
    for text in texts:
        if found := STANDING.fullmatch(text[:READ].strip()):
            return STATES[found[1].lower()], found[3] or "", found[2] or ""
    return "", "", ""
