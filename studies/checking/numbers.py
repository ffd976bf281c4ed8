"""Quantities as people write them in sentences: numbers with their units, percentages, fractions, multiples.

``quantities`` reads one sentence. Names that merely contain digits (IL-2, COVID-19, phase 2, 5-alpha), years,
ordinals, footnotes and identifiers are not quantities. A quantity may be read in several ways ("1,234" is 1234 or,
with a decimal comma, 1.234); two agree where any of their readings do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from studies.checking.vocabulary import (
    BEFORE,
    BEFORE_A_YEAR,
    FRACTION_SIGNS,
    GREEK_OR_CHEMICAL,
    LABELS,
    LINKS,
    MEASURES_AREA_OR_BODY,
    MULTIPLES,
    NOT_MULTIPLIED,
    ONES,
    ORDINAL,
    PARTS,
    PEOPLE,
    SCALES,
    SHORT_UNITS,
    TENS,
    UNITS,
)
from studies.identifiers import REGISTRATION

ONE = Fraction(1)
SENTENCE_LIMIT = 4_000  # characters of one sentence that are read

TOKEN = re.compile(
    r"(?P<number>(?:\d{1,3}(?:[,'\u00a0\u2009\u202f\u2008 ]\d{3})+(?!\d)|\d+)(?:[.,·]\d+)*|[.·]\d+)"
    r"|(?P<word>[^\W\d_](?:[\w’']*\w)?)"
    r"|(?P<sign>[%‰/(),;:\[\]<>=≤≥±~&^×*-]|[½⅓⅔¼¾⅕⅛⅒])"
    r"|(?P<stop>\S)"
)
ADDRESS = re.compile(r"https?://\S+|\b10\.\d{4,9}/\S+|\b(?:PMID|PMCID|DOI)\s*:?\s*\S+|\bPMC\d+", re.IGNORECASE)
FOOTNOTE = re.compile(r"\[\^?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]")
DASHES = str.maketrans({"–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "μ": "µ", "∙": "·", "⋅": "·", "’": "'"})


@dataclass(frozen=True)
class Quantity:
    """One quantity of a sentence: as written, its possible values, and its units.

    ``units`` holds pairs of what is measured and its denominator ("mass", "kg"); ``("", "")`` is a bare number.
    ``kind`` is "number", "fraction" (a share of a whole) or "times". ``spelled`` tells that it stood as a word,
    ``counted`` that people or things are counted. ``values`` are in the smallest unit of a kind, ``plain`` as written.
    """

    text: str
    values: frozenset[Fraction]
    units: frozenset[tuple[str, str]] = frozenset({("", "")})
    kind: str = "number"
    spelled: bool = False
    counted: bool = False
    plain: frozenset[Fraction] = frozenset()

    @property
    def is_percentage(self) -> bool:
        return any(unit == "%" for unit, _ in self.units)


@dataclass
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.lower()


def quantities(sentence: str) -> list[Quantity]:
    """What a sentence counts and measures, in order."""
    return _Reader(sentence).read()


class _Reader:
    def __init__(self, sentence: str) -> None:
        text = sentence[:SENTENCE_LIMIT]
        for pattern in (ADDRESS, FOOTNOTE, REGISTRATION):
            text = pattern.sub(lambda found: "\u2022" * len(found[0]), text)
        self.text = text.translate(DASHES)
        self.tokens = [
            _Token(match.lastgroup or "", match[0], match.start(), match.end()) for match in TOKEN.finditer(self.text)
        ]
        self.found: list[tuple[int, int, Quantity]] = []  # with the tokens they take

    def read(self) -> list[Quantity]:
        place = 0
        while place < len(self.tokens):
            place = self._step(place)
        return self._with_shared_units()

    # ── Looking around ──

    def _at(self, place: int) -> _Token:
        return self.tokens[place] if 0 <= place < len(self.tokens) else _Token("", "", -9, -9)

    def _glued(self, place: int) -> bool:
        """Whether this token follows the one before it without a gap."""
        return self._at(place).start == self._at(place - 1).end

    def _add(self, start: int, end: int, values: Iterable[Fraction], size: Fraction = ONE, **more: Any) -> int:
        text = self.text[self.tokens[start].start : self.tokens[end - 1].end]
        plain = frozenset(values)
        self.found.append((start, end, Quantity(text, frozenset(value * size for value in plain), plain=plain, **more)))
        return end

    # ── One step ──

    def _step(self, place: int) -> int:
        token = self._at(place)
        if token.kind == "number":
            return self._number(place)
        if token.kind == "word":
            return self._word(place)
        if token.text in FRACTION_SIGNS:
            return self._add(place, place + 1, [Fraction(*FRACTION_SIGNS[token.text])], kind="fraction")
        return place + 1

    def _word(self, place: int) -> int:
        word = self._at(place).word
        hyphen_then_number = (
            self._at(place + 1).text == "-"
            and self._glued(place + 1)
            and self._at(place + 2).kind == "number"
            and self._glued(place + 2)
        )
        if hyphen_then_number and word not in BEFORE and not _is_number_word(word):
            return place + 3  # IL-2, COVID-19
        if word in LABELS:
            return self._label(place)
        if word in BEFORE and self._at(place + 1).kind == "number" and not self._glued(place + 1):
            return self._numbers_behind(place)
        if word in MULTIPLES:
            following = self._at(place + 2).word if self._at(place + 1).text == "-" else self._at(place + 1).word
            if following in NOT_MULTIPLIED:
                return place + 1
            return self._add(place, place + 1, [Fraction(MULTIPLES[word])], kind="times")
        if word in ("half", "halves") and not self._hyphenated(place):
            return self._add(place, place + 1, [Fraction(1, 2)], kind="fraction")
        if word in ("a", "an") and self._at(place + 1).word in PARTS and self._shares(place + 1):
            return self._add(place, place + 2, [Fraction(1, PARTS[self._at(place + 1).word])], kind="fraction")
        if word == "a" and self._at(place + 1).word in SCALES and self._at(place + 2).word != "of":
            value, end = SCALES[self._at(place + 1).word], place + 2
            return self._measured(place, end, [Fraction(value)])
        if word == "dozen":
            return self._add(place, place + 1, [Fraction(12)])
        if _is_number_word(word):
            return self._spelled_number(place)
        return place + 1

    def _hyphenated(self, place: int) -> bool:
        """Whether the word is the beginning of another: half-life."""
        return self._at(place + 1).text == "-" and self._glued(place + 1) and self._at(place + 2).kind == "word"

    def _shares(self, place: int) -> bool:
        """Whether "third" at this place is a share of something and not the third in a row."""
        if self._at(place).word.endswith("s") or self._at(place).word == "half":
            return True
        following = self._at(place + 1)
        return following.kind in ("", "stop", "sign") or following.word in (
            "of", "fewer", "less", "more", "higher", "lower", "had", "were", "was", "as", "did",
        )  # fmt: skip

    def _label(self, place: int) -> int:
        """Past the numbers that only name: phases 2 and 3."""
        end = place + 1
        while self._at(end).kind == "number" or (
            self._at(end).word in ("and", "or", "to", "-", ",", "/") and self._at(end + 1).kind == "number"
        ):
            if self._at(end).kind == "number" and self._unit_behind(end + 1)[0]:
                return end  # "no 5 mg", "the group 45%": the number measures something
            end += 1
        return end

    def _numbers_behind(self, place: int) -> int:
        """Week 24, weeks 4, 8 and 12: the unit stands before the numbers."""
        size = UNITS[BEFORE[self._at(place).word]]
        end = place + 1
        while True:
            token = self._at(end)
            if token.kind == "number":
                if self._unit_behind(end + 1)[0] or _is_year(token.text):
                    return end
                self._add(end, end + 1, _readings(token.text), size[1], units=frozenset({(size[0], "")}))
                end += 1
            elif token.word in ("and", "or", "to", "-", ",", "through") and self._at(end + 1).kind == "number":
                end += 1
            elif token.text == "," and self._at(end + 1).word == "and" and self._at(end + 2).kind == "number":
                end += 2
            else:
                return end

    def _number(self, place: int) -> int:
        token, end = self._at(place), place + 1
        values = _readings(token.text)
        following = self._at(end)
        if self._glued(place) and self._at(place - 1).kind in ("word", "stop"):
            return end  # digits in the middle of a name
        if following.kind == "word" and self._glued(end):
            word = following.word
            if ORDINAL.fullmatch(word):
                return end + 1
            if word in ("x", "fold"):
                return self._add(place, end + 1, values, kind="times")
            if word not in UNITS:
                return end + 1  # 5α, 25OHD, 3D
        if following.text == "-" and self._glued(end) and self._at(end + 1).kind == "word" and self._glued(end + 1):
            word = self._at(end + 1).word
            if word == "fold":
                return self._add(place, end + 2, values, kind="times")
            if word not in UNITS and GREEK_OR_CHEMICAL.match(self._at(end + 1).text):
                return end + 2
        if following.text == "×" or (following.text == "^"):
            return self._power(place, end)
        if following.word in SCALES:
            scale = SCALES[following.word]
            return self._measured(place, end + 1, [value * scale for value in values])
        if self._at(place - 1).text in "<>=≤≥" and self._at(place - 1).text and self._is_p(place):
            return self._add(place, end, values, units=frozenset({("p", "")}))
        if _is_year(token.text) and self._reads_as_a_year(place):
            return end
        if following.word in ("times", "fold"):
            return self._add(place, end + 1, values, kind="times")
        if following.word == "in" and self._at(end + 1).kind in ("number", "word"):
            share, after = self._share(place, end, min(values))
            if share is not None:
                return self._add(place, after, [share], kind="fraction")
        return self._measured(place, end, values)

    def _power(self, place: int, end: int) -> int:
        """1.5 × 10^6 and its like: the mantissa is what can be compared."""
        self._add(place, end, _readings(self._at(place).text))
        while self._at(end).text in ("×", "^", "-") or (
            self._at(end).kind == "number" and self._at(end - 1).text in "×^-"
        ):
            end += 1
        return end

    def _is_p(self, place: int) -> bool:
        before = self._at(place - 2)
        while before.text in ("<", ">", "=", "≤", "≥"):
            place -= 1
            before = self._at(place - 2)
        return before.word in ("p", "values", "value") or before.text in ("P", "p")

    def _reads_as_a_year(self, place: int) -> bool:
        following, before = self._at(place + 1), self._at(place - 1)
        if following.word in PEOPLE or following.word in UNITS or following.text == "%":
            return False
        if before.word in BEFORE_A_YEAR or before.text in ("(", "-", "/"):
            return True
        return following.text in ("-", "/", ")") and self._at(place + 2).kind == "number"

    def _share(self, place: int, end: int, number: Fraction) -> tuple[Fraction | None, int]:
        """One in ten, 3 in 4: the share, and the place behind it. ``end`` is where "in" stands."""
        whole, after = None, end + 2
        if self._at(end + 1).kind == "number":
            if self._unit_behind(end + 2)[0] or _is_year(self._at(end + 1).text):
                return None, end
            whole = min(_readings(self._at(end + 1).text))
        elif _is_number_word(self._at(end + 1).word):
            words, after = self._words_from(end + 1)
            whole = Fraction(words)
            if self._unit_behind(after)[0]:
                return None, end
        if whole is None or whole <= number or whole > 10_000 or self._at(after).word in BEFORE:
            return None, end
        return Fraction(number) / Fraction(whole), after

    def _spelled_number(self, place: int) -> int:
        value, end = self._words_from(place)
        following = self._at(end)
        part = end + 1 if following.text == "-" and self._at(end + 1).word in PARTS else end
        if (
            self._at(part).word in PARTS
            and value < PARTS[self._at(part).word]
            and (value > 1 or self._shares(part) or part != end)
        ):
            return self._add(place, part + 1, [Fraction(value, PARTS[self._at(part).word])], kind="fraction")
        if following.word in ("times", "fold") or (following.text == "-" and self._at(end + 1).word == "fold"):
            end += 1 if following.text != "-" else 2
            return self._add(place, end, [Fraction(value)], kind="times", spelled=True)
        if following.word == "in":
            share, after = self._share(place, end, Fraction(value))
            if share is not None:
                return self._add(place, after, [share], kind="fraction")
        return self._measured(place, end, [Fraction(value)], spelled=True)

    def _words_from(self, place: int) -> tuple[int, int]:
        """The number that the words from here on spell, and the place behind them."""
        total = current = 0
        last = 10**12
        end = place
        while True:
            word = self._at(end).word
            joins = word in ("and", "-") and total + current > 0 and _is_number_word(self._at(end + 1).word)
            if joins and word == "and" and (total + current) % 100:
                return total + current, end  # "five and six" are two numbers
            if joins:
                word, step = self._at(end + 1).word, 2
            else:
                step = 1
            if word in ONES and (last >= 20 and not (current % 100 and current % 10)):
                current, last = current + ONES[word], 1
            elif word in TENS and last >= 100:
                current, last = current + TENS[word], 20
            elif word == "hundred" and 0 < current < 100:
                current, last = current * 100, 100
            elif word in SCALES and word != "hundred" and current:
                total, current, last = total + current * SCALES[word], 0, 1000
            else:
                return total + current, end
            end += step

    def _unit_behind(self, place: int) -> tuple[tuple[str, str] | None, Fraction, int]:
        """The unit that begins here, the factor to its smallest, and the place behind it."""
        if self._at(place).text == "-" and self._glued(place) and self._at(place + 1).word in UNITS:
            place += 1
        token = self._at(place)
        word = token.word
        if word == "per" and self._at(place + 1).word == "cent":
            return ("%", ""), Fraction(1), place + 2
        if token.text == "‰":
            return ("%", ""), Fraction(1, 10), place + 1
        if word not in UNITS or (word in SHORT_UNITS and token.text != word):
            return None, Fraction(1), place
        if word in SHORT_UNITS and len(word) == 1 and self._at(place - 1).kind != "number":
            return None, Fraction(1), place
        kind, size = UNITS[word]
        end = place + 1
        per = ""
        if self._at(end).text == "/" and self._at(end + 1).kind in ("word", "number"):
            found = MEASURES_AREA_OR_BODY.match(self._at(end + 1).word)
            per, end = (found[1] if found else ""), end + 2
        elif self._at(end).word == "per" and MEASURES_AREA_OR_BODY.match(self._at(end + 1).word):
            per, end = self._at(end + 1).word, end + 2
        if kind == "%":
            per = ""
        return (kind, per), size, end

    def _measured(self, place: int, end: int, values, *, spelled: bool = False) -> int:
        unit, size, after = self._unit_behind(end)
        if unit:
            return self._add(place, after, values, size, units=frozenset({unit}), spelled=spelled, counted=True)
        counted = self._at(end).word in PEOPLE or self._at(end + 1).word in PEOPLE
        return self._add(place, end, values, spelled=spelled, counted=counted)

    # ── Afterwards ──

    def _with_shared_units(self) -> list[Quantity]:
        """ "74 and 66%": a bare number before a measured one, with nothing but links between, may be measured too."""
        shared: list[Quantity] = []
        following: tuple[int, Quantity] | None = None
        for start, end, each in reversed(self.found):
            if following and each.units == frozenset({("", "")}) and each.kind == "number":
                between = self.tokens[end : following[0]]
                if len(between) <= 4 and all(token.word in LINKS for token in between):
                    units = following[1].units - {("", "")}
                    if units and units != frozenset({("p", "")}):
                        each = self._sharing(each, following[1])
            following = (start, each)
            shared.append(each)
        return shared[::-1]

    def _sharing(self, bare: Quantity, measured: Quantity) -> Quantity:
        size = self._size_of(measured)
        values = bare.values | {value * size for value in bare.values}
        return replace(bare, values=frozenset(values), units=bare.units | measured.units, counted=False)

    def _size_of(self, measured: Quantity) -> Fraction:
        """How many of the smallest unit one of the measured quantity's unit is."""
        letters = re.findall(r"[^\W\d_]+|%", measured.text.lower())
        return next((UNITS[word][1] for word in letters if word in UNITS), Fraction(1))


def _is_number_word(word: str) -> bool:
    return word in ONES or word in TENS


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and 1900 <= int(text) <= 2099


def _readings(text: str) -> set[Fraction]:
    """The values that digits with their points, commas and gaps can mean."""
    text = unicodedata.normalize("NFKC", text.replace("\u202f", " ").replace("\u2009", " ")).replace("·", ".")
    readings = {re.sub(r"[, ']", "", text)}
    if re.fullmatch(r"\d+,\d+", text):
        readings.add(text.replace(",", "."))  # a decimal comma
        if not re.fullmatch(r"\d{1,3},\d{3}", text):
            readings.discard(text.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", text):
        readings.add(text.replace(".", ""))  # points between the thousands
    values = set()
    for reading in readings:
        try:
            values.add(Fraction(reading if not reading.startswith(".") else f"0{reading}"))
        except ValueError:
            for piece in re.findall(r"\d+(?:\.\d+)?", reading):
                values.add(Fraction(piece))
    return values or {Fraction(0)}
