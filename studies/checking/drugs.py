"""Names of drugs in a text: a list kept beside this file, and the stems that the WHO gives to names of drugs.

The stems are those of the International Nonproprietary Names that ordinary words do not end in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

STEMS = re.compile(
    r"[a-z]{2,}(?:"
    r"mab|[a-z]tinib|ciclib|parib|rafenib|degib|zomib|steride|lutamide|conazole|nidazole|bendazole|prazole|trozole"
    r"|vastatin|[aeio]pril|sartan|[aeiou]lol|dipine|gliptin|gliflozin|glutide|glitazone|formin|cillin|cycline|mycin|micin"
    r"|floxacin|penem|navir|tegravir|buvir|asvir|ciclovir|vudine|caine|setron|triptan|coxib|profen|fenac"
    r"|(?:meth|met|flut|cort|betam)asone|[a-z]nisone|nisolone|cinolone|limus|milast|lukast|meterol|tropium|azepam|azolam"
    r"|barbital|oxetine|triptyline|peridone|piprazole|thiazide|semide|relix|xaban|gatran|parin|grel|fibrate|dronate"
    r"|dronic acid|trexate|platin|taxel|rubicin|mustine|grastim|kinra|(?:ner|ata|iber|ela)cept|fungin|nafine|oxidil"
    r"|chloroquine|aquine|afil|pitant|vaptan|sentan|trigine|racetam|gabalin|gepant|orexant|tretinoin|otene"
    r")"
)
# They end like drugs and are none.
NO_DRUGS = frozenset(
    "statin statins april heparan platin carotene alcohol sterol lycopene ghrelin imperil cholesterol glycerol phenol"
    " peril propylene xylol thioxotene cocaine".split()
) - {"cocaine"}
# Tags of the library that end so are drugs too, where the stems and the list do not know them.
DRUG_LIKE_TAG = re.compile(r"[a-z]{4,}(?:idine|azine|ylline|azone|oxime|ozide|tretin|oxane|terone|tidine|prost)")
WORD = re.compile(r"[^\W\d_][\w'’-]*")
LONGEST_NAME = 4  # words


def _read() -> dict[str, str]:
    """Every name of the list, and the one name of its drug."""
    names: dict[str, str] = {}
    for line in (Path(__file__).with_name("drugs.txt")).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            drug, _, others = line.partition("=")
            for name in [drug, *others.split(",")]:
                if name.strip():
                    names.setdefault(name.strip(), names.get(drug.strip(), drug.strip()))
    return names


@cache
def names() -> dict[str, str]:
    return _read()


@cache
def _pattern() -> re.Pattern[str]:
    """Every name of the list, the longest first."""
    longest_first = sorted(names(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w])")


def found_in(text: str, tags: Iterable[str] = ()) -> dict[str, str]:
    """The drugs that a text names: each name as written there, with the one name of its drug.

    ``tags`` are words of the library's vocabulary; those that are drug-like and stand in the text count too.
    """
    lower = text.lower().replace("’", "'")
    drugs: dict[str, str] = {}
    for match in _pattern().finditer(lower):
        drugs[text[match.start() : match.end()] if len(lower) == len(text) else match[0]] = names()[match[0]]
    known = {tag for tag in tags if DRUG_LIKE_TAG.fullmatch(tag)}
    for match in WORD.finditer(lower):
        word = match[0]
        for piece in {word, *word.split("-")}:
            if piece in names() or piece in NO_DRUGS:
                continue
            if STEMS.fullmatch(piece) or piece in known:
                drugs.setdefault(piece, piece)
    return drugs


def drug_like(words: Iterable[str]) -> set[str]:
    """Which of these words could be a drug's name if the library has a tag of that name."""
    return {word for word in words if DRUG_LIKE_TAG.fullmatch(word)}


def other_names(drug: str) -> set[str]:
    return {name for name, one in names().items() if one == drug} | {drug}
