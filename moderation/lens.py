"""Which words moderators should read first: of who may hurt themselves, and of drugs taken as they should not be.

A list of words with scores, matched as whole words, spelled as people spell them. It sorts and says why; it decides
nothing. To name a drug, or a dose of it that doctors give, is what these communities are for, and is not flagged: a
dose far above any of those is, and so are words of who doses themselves, stops what must not be stopped, or buys
where nobody looks. Upper floors may add names of drugs (``know``). ``benchmarks/lens.py`` tries it on real posts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from moderation.rules import folded

SELF_HARM, DOSES = "self-harm", "drugs and doses"
LOOKED_AT = 20_000  # characters
MOST_OF_DOSES = 9.0  # so whatever may be self-harm stands above

# What somebody says of themselves counts most. Scores are an order, not a measure.
# Who trains or shaves hurts and cuts themselves too: that alone is not it.
MEANS_TO = (
    r"(?:want(?:s|ed|ing)?|wanna|gonna|going|urges?|thoughts?|thinking|planning|tempted|trying|tried|started)"
    r"\s+(?:to\s+|of\s+|about\s+)?(?:just\s+)?"
)
BY_ACCIDENT = r"an?|off|in|out|some|shaving|while|from"
GOES_ON = r"in|one|with|without|at|on|near|to|and|next|like|early|here|there|off|by|under|through"  # "wake up early"
SELF_HARM_WORDS = {
    r"(?:kill|killing|hang|hanging|unalive)\s+my\s?self": 10,
    MEANS_TO + r"(?:hurt|hurting|cut|cutting|harm|harming|off)\s+my\s?self": 10,
    rf"(?:i|been|keep)\s+(?:cut|cutting|harm|harming)\s+my\s?self(?!\s+(?:{BY_ACCIDENT})\b)": 8,
    r"(?:end|ending|take|taking)\s+(?:it\s+all|my\s+(?:own\s+)?life)": 10,
    r"(?:want(?:ed)?|wish|ready)\s+(?:to\s+)?(?:die|be\s+dead|not\s+wake\s+up)": 8,
    r"(?:i'm|i\s+am)\s+(?:\w+\s+)?going\s+to\s+die": 8,
    r"(?:don'?t|do\s+not|dont)\s+want\s+to\s+(?:be\s+alive|be\s+here\s+any\s?more)": 9,
    rf"(?:don'?t|do\s+not|dont)\s+want\s+to\s+(?:live|wake\s+up)(?!\s+(?:{GOES_ON})\b)": 9,
    r"(?:no|without)\s+(?:reason|point)\s+(?:to\s+live|in\s+living)": 8,
    r"better\s+off\s+(?:dead|without\s+me)": 9,
    r"(?:s[uo][iy1]?[csz][iy1]?[sc]?[iy1]de|suicid|suiside|sucide|suicied)\w*": 5,
    r"self[\s-]?(?:harm|injur|mutilat)\w*": 5,
    r"kms": 6,
}
# "Suicide inhibitor" is a way in which an enzyme is stopped.
NOT_MEANT = re.compile(r"suicid\w*[\s-]+(?:inhibit\w*|inactivat\w*|substrates?|genes?|prevention)")
# The most of a drug that anybody is given in a day, in mg; what is ``FAR`` times above is no slip of the pen, and what
# is ``NO_DOSE`` times above is sold, and not taken.
MOST = {
    "finasteride": 5, "dutasteride": 2.5, "minoxidil": 100, "spironolactone": 400, "isotretinoin": 160,
    "bicalutamide": 150, "cyproterone": 300, "prednisone": 100, "prednisolone": 100, "dexamethasone": 40,
    "methotrexate": 30, "lithium": 2400, "warfarin": 20, "metformin": 3000, "levothyroxine": 0.4, "ivermectin": 36,
    "hydroxychloroquine": 800, "naltrexone": 100, "acetaminophen": 4000, "paracetamol": 4000, "ibuprofen": 3200,
    "naproxen": 1500, "aspirin": 4000, "diphenhydramine": 300, "dextromethorphan": 120, "loperamide": 16,
    "tramadol": 400, "oxycodone": 160, "hydrocodone": 120, "morphine": 300, "codeine": 360, "methadone": 160,
    "alprazolam": 10, "clonazepam": 20, "diazepam": 40, "lorazepam": 10, "zolpidem": 12.5, "gabapentin": 4800,
    "pregabalin": 600, "sertraline": 300, "fluoxetine": 100, "citalopram": 60, "escitalopram": 40,
    "venlafaxine": 450, "bupropion": 450, "trazodone": 600, "quetiapine": 1200, "lamotrigine": 700,
    "methylphenidate": 108, "amphetamine": 80, "adderall": 80, "modafinil": 400, "propranolol": 640, "caffeine": 800,
    "nicotine": 60, "melatonin": 40, "doxycycline": 300, "minocycline": 300, "kratom": 30_000,
}  # fmt: skip
OTHER_NAMES = {
    "accutane": "isotretinoin", "roaccutane": "isotretinoin", "propecia": "finasteride", "tylenol": "acetaminophen",
    "advil": "ibuprofen", "benadryl": "diphenhydramine", "dxm": "dextromethorphan", "imodium": "loperamide",
    "xanax": "alprazolam", "klonopin": "clonazepam", "valium": "diazepam", "ativan": "lorazepam", "ambien": "zolpidem",
    "zoloft": "sertraline", "prozac": "fluoxetine", "ritalin": "methylphenidate", "concerta": "methylphenidate",
    "wellbutrin": "bupropion", "seroquel": "quetiapine", "vicodin": "hydrocodone", "oxycontin": "oxycodone",
}  # fmt: skip
FAR, NO_DOSE = 2, 100
IN_MG = {"g": 1000.0, "gram": 1000.0, "grams": 1000.0, "mg": 1.0, "milligram": 1.0, "milligrams": 1.0}
IN_MG |= dict.fromkeys(("mcg", "µg", "μg", "ug", "microgram", "micrograms"), 0.001)
# Weights and what is sold are no doses: "200 mg/dl", "100 g of fat", "a 500 mg bottle".
DOSE = re.compile(
    rf"(?<![\w.,$])(\d{{1,6}}(?:[.,]\d{{1,4}})?)\s?({'|'.join(sorted(IN_MG, key=len, reverse=True))})(?![\w/])"
)
BESIDE = 40  # characters in which a drug's name must begin or end for a dose to be of it
# What may stand between both: "5 mg daily of oral finasteride", "finasteride at 5 mg".
BEHIND = re.compile(r"\s*(?:(?:daily|a\s+day|per\s+day|/day|of|oral|pure|the|my|generic|worth)\s+){0,3}$")
BEFORE = re.compile(r"(?:\s+(?:at|is|was|of|to|hcl|sodium|er|xr|ir|about|up|now|on|dose|daily|only)|\s*[:(=-])*\s*$")
MANY_PILLS = re.compile(
    r"(?<!\w)(?<!not\s)(?:took|taken|take|taking|swallow\w*|popped)\s+(?:about\s+|around\s+|like\s+|over\s+|all\s+)?"
    r"(?:[3-9]\d|\d{3}|a\s+(?:whole\s+)?(?:bottle|handful)\s+of|(?:all|the\s+whole\s+bottle)\s+of)\s+"
    r"(?:my\s+|the\s+|those\s+)?(?:\w+\s+)?(?:pills?|tablets?|tabs|capsules?|meds)(?!\w)"
)
MEDICINE = r"(?:meds|medications?|insulin|lithium|warfarin|prednisone|antidepressants?|ssris?|benzos?|anticonvulsants?)"
DRUG_WORDS = {
    r"(?:i|he|she|they|i've|i'd|i'm|i\s+am|by|from|almost|nearly)\s+(?:\w+\s+){0,2}over\s?-?dos(?:e|ed|ing)": 4,
    r"(?:want|tried|trying|going)\s+to\s+over\s?-?dose": 4,
    r"(?:took|take|taking|taken)\s+(?:\w+\s+){0,4}more\s+than\s+(?:\w+\s+){0,2}prescribed": 3,
    r"(?:doubled?|doubling|tripled?|tripling)\s+(?:up\s+)?(?:on\s+)?(?:my\s+(?:\w+\s+)?|the\s+)?dos(?:e|es|age)": 3,
    r"(?:upped|raised|increased|changed|lowered)\s+(?:the|my)\s+dos(?:e|age)\s+(?:on\s+my\s+own|myself|without)": 4,
    r"self\s?-?(?:medicat|prescrib|dos|inject)(?:e|ed|es|ing)": 3,
    r"(?:buy|buying|bought|getting|got|order\w*|import\w*|take|taking|took)\s+(?:\S+\s+){0,5}"
    r"without\s+(?:a\s+|any\s+)?(?:prescription|rx|script)|no\s+(?:rx|prescription)\s+(?:needed|required)": 3,
    rf"(?:stop|stopped|quit|quitting|stopping)\s+(?:taking\s+)?(?:my|his|her|all\s+my)\s+{MEDICINE}": 4,
    rf"{MEDICINE}\s+cold\s+turkey|cold\s+turkey\s+(?:off|from|on)\s+(?:my\s+|all\s+|the\s+)*{MEDICINE}": 4,
    r"(?:grey|gray)\s+market|research\s+chemicals?|sarms": 3,
    # Not the degree in nursing.
    r"(?:took|take|taking|used?|using|tried|try|on|mg|of)\s+(?:some\s+)?dnp(?!\s+program)": 4,
    r"(?:drink|drank|drinking|take|taking|took)\s+(?:\w+\s+){0,3}(?:bleach|chlorine\s+dioxide|mms)": 4,
}


def _whole(words: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(rf"(?<!\w)(?:{each})(?!\w)") for each in words]


_SELF_HARM = list(zip(_whole(SELF_HARM_WORDS), SELF_HARM_WORDS.values(), strict=True))
_DRUGS = list(zip(_whole(DRUG_WORDS), DRUG_WORDS.values(), strict=True))
_named: dict[str, str] = {}
_names: re.Pattern[str]


@dataclass(frozen=True)
class Concern:
    """How early to read it (0: as it comes), and why."""

    score: float = 0.0
    badges: tuple[str, ...] = ()

    @property
    def is_self_harm(self) -> bool:
        return SELF_HARM in self.badges


def know(names: Mapping[str, str]) -> None:
    """Add names of drugs, each with the one name of its drug, for all texts from now on."""
    global _names
    _named.update({folded(name): folded(drug) for name, drug in names.items() if folded(name)})
    longest_first = sorted(_named, key=len, reverse=True)
    _names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    look.cache_clear()


def _far_doses(text: str) -> list[re.Match[str]]:
    """The doses that are far above what anybody is given of the drug beside them."""
    return [dose for dose in DOSE.finditer(text) if _is_far(text, dose)]


def _is_far(text: str, dose: re.Match[str]) -> bool:
    drug = _beside(text[max(0, dose.start() - BESIDE) : dose.start()], text[dose.end() : dose.end() + BESIDE])
    if (most := MOST.get(drug or "")) is None:
        return False
    # "1,600 mg" in English, "2,5 mg" elsewhere.
    thousands = re.fullmatch(r"\d{1,3},\d{3}", dose[1])
    amount = float(dose[1].replace(",", "" if thousands else ".")) * IN_MG[dose[2]]
    return FAR * most < amount <= NO_DOSE * most


def _beside(before: str, after: str) -> str | None:
    """The drug that a dose is of: the one named right behind it ("5 mg of finasteride"), else right before it."""
    if (behind := _names.search(after)) and BEHIND.fullmatch(after[: behind.start()]):
        return _named[behind[0]]
    earlier = list(_names.finditer(before))
    if earlier and BEFORE.fullmatch(before[earlier[-1].end() :]):
        return _named[earlier[-1][0]]
    return None


@lru_cache(512)
def look(words: str) -> Concern:
    """What of these words should be read early."""
    text = _read(words)
    harm = sum(score for found, score in _SELF_HARM if found.search(text))
    doses = sum(score for found, score in _DRUGS if found.search(text))
    doses += 4 * min(2, len(_far_doses(text))) + (5 if MANY_PILLS.search(text) else 0)
    badges = ((SELF_HARM,) if harm else ()) + ((DOSES,) if doses else ())
    return Concern(harm * 10 + min(float(doses), MOST_OF_DOSES), badges)


def _read(words: str) -> str:
    return NOT_MEANT.sub(" ", folded(words[:LOOKED_AT]).replace("’", "'"))


def found_in(words: str, around: int) -> list[str]:
    """What ``look`` has found there, with so many characters on both sides: for whoever judges it by eye."""
    text = _read(words)
    found = [found.search(text) for found, _ in (*_SELF_HARM, *_DRUGS)] + [MANY_PILLS.search(text), *_far_doses(text)]
    return [text[max(0, each.start() - around) : each.end() + around] for each in found if each]


know({name: name for name in MOST} | OTHER_NAMES)
