"""The formats a study leaves in, and how each begins, joins its entries and ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studies.exporting import bibtex, ris


@dataclass(frozen=True)
class Format:
    """One format. ``suffix`` is how its addresses end, ``name`` what people call it.

    ``entry`` writes one CSL-JSON item; ``start``, ``between`` and ``end`` go around the entries; ``remark`` writes a
    sentence for the reader into the file where the format has a place for one.
    """

    suffix: str
    name: str
    media_type: str
    entry: Callable[[dict[str, Any]], str]
    start: str = ""
    between: str = ""
    end: str = ""
    remark: Callable[[str], str] = lambda sentence: ""

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; charset=utf-8"


def _json(item: dict[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False)


FORMATS = {
    each.suffix: each
    for each in (
        Format("bib", "BibTeX", "application/x-bibtex", bibtex.entry, remark=bibtex.remark),
        Format("ris", "RIS", "application/x-research-info-systems", ris.entry),
        Format(
            "csl.json", "CSL-JSON", "application/vnd.citationstyles.csl+json", _json,
            start="[\n", between=",\n", end="\n]\n",
        ),
    )
}  # fmt: skip
