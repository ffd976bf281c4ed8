"""Identifiers as people paste them: one or five hundred, by any separators, bare or as addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from common.text import clean_text, shortened
from studies.identifiers import recognise

MOST = 1_000  # identifiers in one paste
TEXT_LIMIT = 200_000  # characters
MOST_UNREAD = 50  # pieces named that were not understood

NAME = r"(?:doi|pmid|pmcid|pubmed(?:\s+id)?)"
# "PMID: 123" and "doi 10.1/x" are one piece, not two.
NAMED = re.compile(rf"\b({NAME})\s*[:#]?\s+(?=[\dP])", re.IGNORECASE)
# White space always separates. A comma and its like may belong to a DOI: only before what begins another identifier.
BEGINNING = rf"https?://|{NAME}\s*:|10\.\d{{4,9}}/|PMC\d|NCT\d|\d{{5,8}}(?=[,;|]|$)"
SEPARATOR = re.compile(rf"\s+|[,;|]+(?=\s|$|{BEGINNING})", re.IGNORECASE | re.MULTILINE)
AROUND = " \t,;|<>\"'“”‘’«»()[]{}*•·–-.:!?"
WORTH_NAMING = re.compile(r"\d")  # a piece without any digit is a word between identifiers

TRIAL = (
    "is a trial's registration, not a study. Paste the DOI or PMID of what the trial published; "
    "studies that name this registration show it among their facts."
)
OTHERS = {
    "registration": TRIAL,
    "orcid": "is a person's ORCID iD, not a study.",
    "issn": "is a journal's ISSN, not a study.",
}


@dataclass
class Pasted:
    """What was found: ``wanted`` by kind ("doi", "pmid", "pmcid"), each identifier once and in order of appearance,
    and ``unread``, the pieces that are none of these, each with the reason as a sentence's second half.
    """

    wanted: dict[str, list[str]] = field(default_factory=lambda: {"doi": [], "pmid": [], "pmcid": []})
    unread: list[tuple[str, str]] = field(default_factory=list)
    repeated: int = 0

    def __len__(self) -> int:
        return sum(map(len, self.wanted.values()))


def read_pasted(text: str | Iterable[str]) -> Pasted:
    """The identifiers of a text, or of several. Never raises, whatever the text; reads 200,000 characters at most."""
    whole = text if isinstance(text, str) else "\n".join(text)
    pasted = Pasted()
    seen: set[tuple[str, str]] = set()
    unread: set[str] = set()
    for piece in SEPARATOR.split(NAMED.sub(r"\1:", clean_text(whole[:TEXT_LIMIT]))):
        found = recognise(piece) or recognise(piece.strip(AROUND))
        if found is None:
            _note_unread(pasted, unread, piece)
        elif found in seen:
            pasted.repeated += 1
        elif found[0] in pasted.wanted:
            seen.add(found)
            pasted.wanted[found[0]].append(found[1])
        else:
            seen.add(found)
            pasted.unread.append((found[1], OTHERS[found[0]]))
    return pasted


def _note_unread(pasted: Pasted, unread: set[str], piece: str) -> None:
    bare = piece.strip(AROUND)
    if not WORTH_NAMING.search(bare) or bare in unread or len(unread) >= MOST_UNREAD:
        return
    unread.add(bare)
    short = bare.isdigit() and len(bare) < 5
    why = (
        "is too short for a bare PMID; write “PMID: ” before it if it is one." if short else "is no DOI, PMID or PMCID."
    )
    pasted.unread.append((shortened(bare, 200), why))
