"""Which words moderators should read first: of people who may hurt themselves, and of drugs and doses.

A list of words with scores, matched as whole words, spelled as people spell them. It sorts and says why; it decides
nothing. Upper floors may add names of substances (``know``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from moderation.rules import folded

SELF_HARM, DOSES = "self-harm", "drugs and doses"
LOOKED_AT = 20_000  # characters
MOST_OF_DOSES = 9.0  # so whatever may be self-harm stands above

# What somebody says of themselves counts most. Scores are an order, not a measure.
SELF_HARM_WORDS = {
    r"(?:kill|killing|hang|hanging|hurt|hurting|cut|cutting|harm|harming|unalive|off)\s+my\s?self": 10,
    r"(?:end|ending|take|taking)\s+(?:it\s+all|my\s+(?:own\s+)?life)": 10,
    r"(?:want|wanted|wish|going|ready)\s+(?:to\s+)?(?:die|be\s+dead|not\s+wake\s+up)": 8,
    r"(?:don'?t|do\s+not|dont)\s+want\s+to\s+(?:live|be\s+alive|be\s+here\s+any\s?more|wake\s+up)": 9,
    r"(?:no|without)\s+(?:reason|point)\s+(?:to\s+live|in\s+living)": 8,
    r"better\s+off\s+(?:dead|without\s+me)": 9,
    r"(?:s[uo][iy1]?[csz][iy1]?[sc]?[iy1]de|suicid|suiside|sucide|suicied)\w*": 5,
    r"self[\s-]?(?:harm|injur|mutilat)\w*": 5,
    r"kms": 6,
}
# "Suicide inhibitor" is a way in which an enzyme is stopped.
NOT_MEANT = re.compile(r"suicid\w*[\s-]+(?:inhibit\w*|inactivat\w*|substrates?|genes?|prevention)")
DOSE = re.compile(
    r"(?<![\w.])\d{1,6}(?:[.,]\d{1,4})?\s?"
    r"(?:mg|mcg|µg|μg|ug|g|ml|iu|milligrams?|micrograms?|grams?|tablets?|pills?)(?!\w)"
)
DRUG_WORDS = {
    r"over\s?-?dos(?:e|es|ed|ing)": 4,
    r"(?:double|triple|doubled|tripled|mega)\s?-?(?:the\s+|my\s+)?dos(?:e|es|age)": 3,
    r"without\s+(?:a\s+)?(?:prescription|doctor)|no\s+prescription": 3,
    r"(?:stop|stopped|quit)\s+(?:taking\s+)?(?:my\s+)?(?:meds|medication|insulin|lithium|warfarin|prednisone)": 4,
    r"(?:grey|gray|black)\s+market|research\s+chemicals?": 3,
    r"isotretinoin|accutane|roaccutane|methotrexate|lithium|warfarin|insulin|prednisone|prednisolone|clobetasol": 2,
    r"finasteride|dutasteride|minoxidil|spironolactone|tretinoin|ciclosporin|cyclosporine|dupilumab": 1,
    r"dnp|sarms?|fentan[iy]l|tramadol|oxycod\w+|xanax|alprazolam|benzos?|ketamine|ivermectin|chlorine\s+dioxide": 3,
}


def _whole(words: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(rf"(?<!\w)(?:{each})(?!\w)") for each in words]


_SELF_HARM = list(zip(_whole(SELF_HARM_WORDS), SELF_HARM_WORDS.values(), strict=True))
_DRUGS = list(zip(_whole(DRUG_WORDS), DRUG_WORDS.values(), strict=True))
_names: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Concern:
    """How early to read it (0: as it comes), and why."""

    score: float = 0.0
    badges: tuple[str, ...] = ()

    @property
    def is_self_harm(self) -> bool:
        return SELF_HARM in self.badges


def know(names: Iterable[str]) -> None:
    """Add names of substances, for all texts from now on."""
    global _names
    words = sorted({re.escape(folded(name)) for name in names} - {""}, key=len, reverse=True)
    _names = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)") if words else None
    look.cache_clear()


@lru_cache(512)
def look(words: str) -> Concern:
    """What of these words should be read early."""
    text = NOT_MEANT.sub(" ", folded(words[:LOOKED_AT]).replace("’", "'"))
    harm = sum(score for found, score in _SELF_HARM if found.search(text))
    doses = sum(score for found, score in _DRUGS if found.search(text))
    doses += min(3, sum(1 for _ in DOSE.finditer(text))) + (1 if _names and _names.search(text) else 0)
    badges = ((SELF_HARM,) if harm else ()) + ((DOSES,) if doses else ())
    return Concern(harm * 10 + min(float(doses), MOST_OF_DOSES), badges)
