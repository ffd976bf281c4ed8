"""What differs between two texts, word by word; shown by ``includes/_diff.html``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import Indel

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
LINES = re.compile(r"[^\n]*\n|[^\n]+")
MOST_PAIRS = 25_000_000  # of pieces compared with each other: 3 MB of memory, some hundredths of a second


@dataclass(frozen=True)
class Piece:
    """A run of words: ``kind`` is "same", "gone" or "new"."""

    kind: str
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order.

    "same" and "gone" joined give ``before``, "same" and "new" give ``after``. Texts that have too many words for that
    are compared line by line, or else shown one after the other.
    """
    old, new = _comparable(before, after)
    pieces: list[Piece] = []
    for step in Indel.opcodes(old, new):
        if step.tag in ("delete", "replace"):
            pieces.append(Piece("gone", "".join(old[step.src_start : step.src_end])))
        if step.tag in ("insert", "replace"):
            pieces.append(Piece("new", "".join(new[step.dest_start : step.dest_end])))
        if step.tag == "equal":
            pieces.append(Piece("same", "".join(old[step.src_start : step.src_end])))
    return _readable(pieces)


def _comparable(before: str, after: str) -> tuple[list[str], list[str]]:
    for pattern in (WORDS, LINES):
        old, new = pattern.findall(before), pattern.findall(after)
        alike = _alike(old, new)
        if (len(old) - alike) * (len(new) - alike) <= MOST_PAIRS:
            return old, new
    return [before], [after]


def _alike(old: list[str], new: list[str]) -> int:
    """How many pieces both begin with, or end with: those cost nothing."""
    most = min(len(old), len(new))
    first = next((place for place in range(most) if old[place] != new[place]), most)
    return first + next((place for place in range(most - first) if old[-1 - place] != new[-1 - place]), most - first)


def _readable(pieces: list[Piece]) -> list[Piece]:
    """Changes that only a gap separates become one, so that a new phrase reads as one."""
    told: list[Piece] = []
    gone = new = ""

    def flush() -> None:
        nonlocal gone, new
        told.extend(piece for piece in (Piece("gone", gone), Piece("new", new)) if piece.text)
        gone = new = ""

    for place, piece in enumerate(pieces):
        if piece.kind == "gone":
            gone += piece.text
        elif piece.kind == "new":
            new += piece.text
        elif not piece.text.strip() and "\n" not in piece.text and gone and new and place + 1 < len(pieces):
            gone, new = gone + piece.text, new + piece.text
        else:
            flush()
            told.append(piece)
    flush()
    return told
