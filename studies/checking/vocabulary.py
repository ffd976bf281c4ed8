"""The words of quantities: numbers, units, and what makes a number no quantity."""

from __future__ import annotations

import re
from fractions import Fraction

ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
TENS = {
    word: value
    for value, word in zip(
        range(20, 100, 10), "twenty thirty forty fifty sixty seventy eighty ninety".split(), strict=True
    )
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip
MULTIPLES = {
    "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "doubling": 2, "thrice": 3, "triple": 3, "tripled": 3,
    "tripling": 3, "quadruple": 4, "quadrupled": 4, "twofold": 2, "threefold": 3, "fourfold": 4, "fivefold": 5,
    "sixfold": 6, "tenfold": 10, "bid": 2, "tid": 3,
}  # fmt: skip
# "double-blind" multiplies nothing.
NOT_MULTIPLIED = frozenset("blind blinded blinding dummy masked mask stranded edged bind bonds bond".split())
FRACTION_SIGNS = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅛": (1, 8),
    "⅒": (1, 10),
}

# What a unit measures, and how many of the smallest it holds. Weeks and months are never made into each other.
UNITS: dict[str, tuple[str, Fraction]] = {}
for kind, table in {
    "%": {1: "% percent percentage"},
    "time": {1: "s sec secs second seconds", 60: "min mins minute minutes", 3600: "h hr hrs hour hours",
             86_400: "d day days", 604_800: "wk wks week weeks"},
    "months": {1: "mo mos month months", 12: "y yr yrs year years"},
    "mass": {1: "ng", 1000: "µg mcg ug microgram micrograms", 10**6: "mg milligram milligrams",
             10**9: "g gram grams", 10**12: "kg kilogram kilograms kilo kilos"},
    "length": {1: "nm nanometre nanometres nanometer nanometers", 1000: "µm um micrometre micrometres",
               10**6: "mm millimetre millimetres millimeter millimeters",
               10**7: "cm centimetre centimetres centimeter centimeters", 10**9: "metre metres meter meters"},
    "volume": {1: "µl ul", 1000: "ml millilitre millilitres milliliter milliliters", 10**5: "dl",
               10**6: "l litre litres liter liters"},
    "international units": {1: "iu"},
    "pressure": {1: "mmhg"},
    "energy": {1: "j joule joules", 1000: "kj", 4184: "kcal kilocalories calories"},
    "amount": {1: "pmol", 1000: "nmol", 10**6: "µmol umol", 10**9: "mmol", 10**12: "mol"},
}.items():  # fmt: skip
    for size, words in table.items():
        UNITS |= {word: (kind, Fraction(size)) for word in words.split()}
# Single letters are units only right behind a number and in this case.
SHORT_UNITS = frozenset({"s", "h", "d", "g", "l", "y", "j", "mo", "min"})
MEASURES_AREA_OR_BODY = re.compile(r"(kg|ml|dl|l|cm2|cm²|m2|m²|g)\Z")
BEFORE = {"week": "week", "weeks": "week", "day": "day", "days": "day", "month": "month", "months": "month",
          "year": "year", "years": "year", "hour": "hour", "hours": "hour", "wk": "week"}  # fmt: skip
# A number behind one of these is a name: phase 2, type 1, Figure 3.
LABELS = frozenset(
    "phase phases type types grade grades stage stages level levels table tables fig figure figures group groups arm"
    " arms part parts version versions class classes no number chapter section cohort step steps visit visits category"
    " categories protocol item question score".split()
) - {"score"}
GREEK_OR_CHEMICAL = re.compile(
    r"(alpha|beta|gamma|delta|fluoro|methoxy|methyl|amino|hydroxy|oxo|cis|trans|dihydro|ht\b|fu\b|asa\b|ala\b|mop\b"
    r"|lipoxygenase|ohd|d\b|[α-ω])",
    re.IGNORECASE,
)
MONTHS = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug"
    " sep sept oct nov dec".split()
)
BEFORE_A_YEAR = MONTHS | frozenset(
    "in by since until till from to and between before after during of year early late mid through spring summer autumn"
    " fall winter around about".split()
)
PEOPLE = frozenset(
    "people persons patients participants subjects volunteers men women adults children boys girls infants babies"
    " cases controls users individuals members students mice rats dogs animals trials studies papers articles reports"
    " hospitals centres centers countries sites groups arms doses times sessions treatments tablets"
    " injections visits points".split()
)
LINKS = frozenset(
    ", and or to - / vs versus ± ( ) [ ] ; through with compared than respectively , : until & of".split()
)
ORDINAL = re.compile(r"(st|nd|rd|th)\Z")
