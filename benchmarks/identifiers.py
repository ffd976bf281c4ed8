"""How long finding identifiers in text takes: posts as people write them, and text made to be slow.

    python benchmarks/identifiers.py

Prints milliseconds per 1,000 characters, the best of five; the promise is at most 1, whatever the text.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from studies.identifiers import find

SIZE = 100_000  # characters of each text

UNITS = {
    "plain words": "I have used it for two years now and my hair is much better than before. ",
    "a DOI in each sentence": "See https://doi.org/10.1111/bjd.12345 and PMID: 21383913 (PMC3043309, NCT01234567). ",
    "bare DOIs, no space": "10.1234/a1,",
    "DOIs ended by brackets": "10.1234/a)",
    "addresses ended by brackets": "https://a)",
    "addresses in one run": "https://a/",
    "addresses of publishers": "https://x.org/doi/10.1234/a)",
    "prefixes only": "10.1234/",
    "encoded slashes": "10.1234%252f",
    "percent signs": "https://doi.org/%25252525",
    "old SICI, never closed": "10.1234/1234-1234(",
    "old SICI, open angle": "10.1002/(sici)1097-0258(1)<",
    "closing brackets": "10.1234/))))))))))",
    "opening brackets": "https://doi.org/10.1234/((((((((((",
    "full stops": "10.1234/a..........",
    "host names": "a.b.c.d.e.f.g.",
    "hyphens": "a-",
    "slashes": "/",
    "labels": "doi:",
    "labels with gaps": "doi   :   pmid  :  pubmed id  nct : ",
    "PMIDs": "pmid 12345678, ",
    "lists of numbers": ", 12345678",
    "letters of registers": "nct isrctn umin chictr-abc-",
    "digits": "1",
    "zero-width characters": "1\u200b0\u200b.\u200b1000/a ",
    "dashes": "10.1000/a\u2010b\u20131 ",
    "letters that grow": "İ",
    "white space": " ",
    "line breaks": "doi:\n",
}


def per_kilobyte(text: str) -> float:
    best = min(_seconds(text) for _ in range(5))
    return best * 1000 / (len(text) / 1000)


def _seconds(text: str) -> float:
    started = time.perf_counter()
    find(text)
    return time.perf_counter() - started


def main() -> None:
    rows = {name: (unit * (SIZE // len(unit) + 1))[:SIZE] for name, unit in UNITS.items()}
    pick = random.Random(7)
    pieces = list(UNITS.values())
    rows["all of them, shuffled"] = "".join(pick.choice(pieces) for _ in range(SIZE // 10))[:SIZE]
    slowest = 0.0
    for name, text in rows.items():
        taken, twice = per_kilobyte(text), per_kilobyte(text * 2)
        slowest = max(slowest, taken, twice)
        print(f"{name:<30}{taken:>8.3f} ms/kB{twice:>8.3f} at twice the length")
    print(f"slowest: {slowest:.3f} ms per 1,000 characters")


if __name__ == "__main__":
    main()
