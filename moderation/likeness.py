"""Texts that are the same, or nearly: found among many without comparing each with each.

The same: one hash of what is left when case, marks and white space are gone. Nearly: the share of runs of
``RUN`` words that two texts have in common (Jaccard) is at least ``NEARLY``. Candidates are found by MinHash with one
permutation (Li, Owen, Zhang 2012): each run is hashed once, the hashes fall into ``BINS`` bins of which each keeps its
least, and texts that agree in a band of bins are compared. Quotes are left out: to quote is not to copy.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

from moderation.rules import folded

LEAST_WORDS = 12  # shorter texts are alike by chance: "Thank you, this helped me too"
RUN = 4
NEARLY = 0.75
BINS, BAND = 24, 2
MOST_IN_A_BUCKET = 40  # texts of one bucket that are compared with each other
MOST_WORDS = 2_000  # of one text
QUOTED = re.compile(r"^ {0,3}>.*$", re.MULTILINE)
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Alike:
    """Two of the texts, by their keys: the later one, the one before it, and how much they have in common (1: all)."""

    later: str
    earlier: str
    share: float


def words_of(text: str) -> list[str]:
    return WORD.findall(folded(QUOTED.sub(" ", text)))[:MOST_WORDS]


def _runs(words: list[str]) -> frozenset[int]:
    return frozenset(crc32(" ".join(words[at : at + RUN]).encode()) for at in range(len(words) - RUN + 1))


def _bands(runs: frozenset[int]) -> Iterator[tuple[int, ...]]:
    least: list[int | None] = [None] * BINS
    for run in runs:
        place = run % BINS
        if (there := least[place]) is None or run < there:
            least[place] = run
    # A bin in which nothing fell borrows from the next that has something (Shrivastava, Li 2014).
    full = [
        next(value for step in range(BINS) if (value := least[(at + step) % BINS]) is not None) for at in range(BINS)
    ]
    for at in range(0, BINS, BAND):
        yield (at, *full[at : at + BAND])


def find(texts: Iterable[tuple[str, str]]) -> list[Alike]:
    """Which of these texts (key, words), oldest first, are alike: each later one with the one it is most like."""
    found: dict[str, Alike] = {}
    first: dict[tuple[str, ...], str] = {}
    runs: dict[str, frozenset[int]] = {}
    buckets: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for key, text in texts:
        words = words_of(text)
        if len(words) < LEAST_WORDS:
            continue
        same = first.setdefault(tuple(words), key)
        if same != key:
            found[key] = Alike(key, same, 1.0)
            continue
        mine = runs[key] = _runs(words)
        seen: set[str] = set()
        for band in _bands(mine):
            bucket = buckets[band]
            seen.update(bucket)
            if len(bucket) < MOST_IN_A_BUCKET:
                bucket.append(key)
        best = max(((len(mine & runs[other]) / len(mine | runs[other]), other) for other in seen), default=(0.0, ""))
        if best[0] >= NEARLY:
            found[key] = Alike(key, best[1], best[0])
    return list(found.values())
