"""Which language a text is in, as far as its letters and its commonest words tell; no more is claimed.

A script that one language here uses decides at once ("ru" stands for all that is in Cyrillic). Among languages in Latin
letters the one decides whose small words are the most, and only where they are many and clearly more than any
other's. Everything else, and every short text, is "" (not known).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

LEAST_LETTERS, LEAST_WORDS, LOOKED_AT = 40, 8, 4_000
SHARE = 0.12  # of the words must be small words of the language
LEAD = 1.5  # times as many as of any other

SCRIPTS = {
    "CYRILLIC": "ru", "GREEK": "el", "HEBREW": "he", "ARABIC": "ar", "DEVANAGARI": "hi", "THAI": "th", "HANGUL": "ko",
    "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh",
}  # fmt: skip
SMALL_WORDS = {
    "en": "the and of to in is it that for you was with on are this have not be as but they from my or an we what if",
    "de": "der die das und ist nicht ich zu ein eine mit auf für den dem es sich auch von im wie bei aber sie habe wir",
    "fr": "le la les et est pas je un une des du que qui pour dans ce il sur au avec mais vous nous plus ne sont cette",
    "es": "el la los las y es no que de un una por con para en se lo me pero como más muy del al su mi este son",
    "it": "il lo la gli e è non che di un una per con in si ma come più della del mi sono anche questo ho nel alla",
    "pt": "o a os as e é não que de um uma por com para em se mas como mais muito do da ao seu meu este são você",
    "nl": "de het een en is niet ik van te dat op voor met zijn aan er maar ook om je bij of als nog naar heb deze",
}
_SETS = {name: frozenset(words.split()) for name, words in SMALL_WORDS.items()}
KNOWN = frozenset({*SMALL_WORDS, *SCRIPTS.values()})


def language_of(text: str) -> str:
    text = text[:LOOKED_AT]
    letters = [character for character in text if character.isalpha()]
    if len(letters) < LEAST_LETTERS:
        return ""
    scripts = Counter(unicodedata.name(letter, "?").partition(" ")[0] for letter in letters)
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > len(letters) / 10:
        return "ja"
    script, count = scripts.most_common(1)[0]
    if script != "LATIN":
        return SCRIPTS.get(script, "") if count > len(letters) / 2 else ""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    if len(words) < LEAST_WORDS:
        return ""
    sums = Counter({name: sum(word in small for word in words) for name, small in _SETS.items()})
    (best, most), (_, second) = sums.most_common(2)
    return best if most >= SHARE * len(words) and most >= LEAD * second else ""
