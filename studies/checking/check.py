"""What of a summary does not stand in the abstract it is about: to be ticked off by whoever saves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext

from common import markdown
from common.models import Tag
from common.text import plain_text, sentences, shortened
from studies.checking import drugs
from studies.checking.numbers import Quantity, quantities
from studies.checking.vocabulary import UNITS

BARE = ("", "")
CLOSE = Fraction(1, 10)  # a number of the abstract that is no farther off is named as the likely meaning
FINDINGS_LIMIT = 100
PLACES = {"tldr": "TL;DR", "body": "summary"}
SHARES = ("percent", "per cent", "proportion", "rate of", "rates")


@dataclass(frozen=True)
class Finding:
    """Something the abstract does not say: what it is, its words, the sentence around them, and a hint.

    ``key`` is the same as long as words and sentence are, so that a tick belongs to this finding and no other.
    """

    kind: str  # "number", "percentage", "drug" or "unchecked"
    words: str
    sentence: str = ""
    place: str = ""
    hint: str = ""

    @property
    def key(self) -> str:
        said = "\0".join((self.kind, self.words, self.sentence, self.place))
        return hashlib.sha256(said.encode()).hexdigest()[:20]

    @property
    def where(self) -> str:
        return PLACES.get(self.place, "")

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind, "words": self.words, "sentence": shortened(self.sentence, 500), "place": self.place}


@dataclass
class Check:
    """``findings`` must be ticked off; ``matched`` tells of what was found in other words, as (words, how)."""

    findings: list[Finding] = field(default_factory=list)
    matched: list[tuple[str, str]] = field(default_factory=list)

    def without(self, accepted: Iterable[str]) -> list[Finding]:
        """The findings whose keys are not among ``accepted``."""
        keys = set(accepted)
        return [finding for finding in self.findings if finding.key not in keys]


UNCHECKED = Finding(
    "unchecked", "no abstract",
    hint="The library holds no abstract of this study, so nothing could be checked. Tick this if you have checked every"
    " number and every name against the study itself.",
)  # fmt: skip


def check_summary(study, *, tldr: str, body: str) -> Check:
    """The check of a summary in the making against what the library holds of the study."""
    text = getattr(study, "text", None)
    abstract = plain_text(text.abstract_html) if text else ""
    said = {"tldr": tldr, "body": plain_text(markdown.render(body))}
    words = drugs.drug_like({word for part in said.values() for word in part.lower().split()})
    tags = Tag.objects.filter(name__in=words).values_list("name", flat=True) if words else ()
    return check(title=study.title, abstract=abstract, said=said, tags=tags)


def check(*, title: str, abstract: str, said: dict[str, str], tags: Iterable[str] = ()) -> Check:
    """Compare what is ``said``, plain text by place ("tldr", "body"), with title and abstract.

    Numbers agree where value and unit do, in any spelling; exact conversions (12 months and one year, 1 g and 1000 mg,
    half and 50%) count and are told. Rounding and inexact conversions (6 months and 24 weeks) do not.
    """
    if not abstract.strip():
        return Check([UNCHECKED])
    tags = list(tags)
    source = _Source(f"{title}.\n\n{abstract}", tags)
    result, seen = Check(), set()
    for place, text in said.items():
        for sentence in sentences(text):
            for finding in _of_sentence(sentence, place, source, result, tags):
                if finding.key not in seen and len(result.findings) < FINDINGS_LIMIT:
                    seen.add(finding.key)
                    result.findings.append(finding)
    return result


class _Source:
    """What title and abstract say: their quantities, and the drugs they name."""

    def __init__(self, text: str, tags: list[str]) -> None:
        self.lower = text.lower()
        self.quantities: list[tuple[Quantity, bool]] = []  # and whether the sentence speaks of shares
        for sentence in sentences(text):
            lower = sentence.lower()
            speaks_of_shares = any(word in lower for word in SHARES)
            self.quantities += [(each, speaks_of_shares) for each in quantities(sentence)]
        self.drugs = set(drugs.found_in(text, tags).values())

    def match(self, said: Quantity) -> Quantity | None:
        return next((each for each, shares in self.quantities if _agree(said, each, shares)), None)

    def nearest(self, said: Quantity) -> Quantity | None:
        """The quantity of the same unit that is closest, if it is close enough to be what was meant."""
        value = min(said.values)
        best: tuple[Fraction, Quantity] | None = None
        for each, shares in self.quantities:
            if each.kind != said.kind or not _same_unit(said, each, shares):
                continue
            distance = min(abs(other - value) for other in each.values)
            if distance <= abs(value) * CLOSE and (best is None or distance < best[0]):
                best = (distance, each)
        return best[1] if best else None


def _agree(said: Quantity, other: Quantity, shares: bool) -> bool:
    if said.kind == other.kind == "number":
        values = said.values & other.values if said.units & other.units else said.plain & other.plain
        return bool(values) and _same_unit(said, other, shares)
    if said.kind == other.kind:
        return bool(said.values & other.values)
    kinds = {said.kind, other.kind}
    if kinds == {"fraction", "number"}:
        share, number = (said, other) if said.kind == "fraction" else (other, said)
        return number.is_percentage and any(value * 100 in number.values for value in share.values)
    if kinds == {"times", "number"}:
        times, number = (said, other) if said.kind == "times" else (other, said)
        return bool(times.values & number.values) and BARE in number.units
    return False


def _same_unit(said: Quantity, other: Quantity, shares: bool) -> bool:
    if said.units & other.units:
        return True
    if BARE in said.units:
        # "Twelve men" are not the twelve weeks of the abstract; a number that stands alone may be.
        return not said.counted and not other.is_percentage
    return said.is_percentage and BARE in other.units and shares


def _needs_a_source(said: Quantity) -> bool:
    """Whether the quantity says something: "one of them" and "the two groups" do not."""
    if said.spelled and said.kind == "number" and min(said.values) <= 2:
        return said.counted
    return True


def _of_sentence(sentence: str, place: str, source: _Source, result: Check, tags: list[str]) -> list[Finding]:
    findings = []
    for said in quantities(sentence):
        if not _needs_a_source(said):
            continue
        found = source.match(said)
        if found is None:
            kind = "percentage" if said.is_percentage else "number"
            near = source.nearest(said)
            hint = (
                gettext("The abstract says %(text)s. Is it rounded, or converted?") % {"text": near.text}
                if near
                else ""
            )
            findings.append(Finding(kind, said.text, sentence, place, hint))
        elif _told_otherwise(said, found):
            note = (said.text, gettext("the abstract says %(text)s") % {"text": found.text})
            if note not in result.matched:
                result.matched.append(note)
    for written, drug in drugs.found_in(sentence, tags).items():
        if drug in source.drugs or any(name in source.lower for name in drugs.other_names(drug)):
            continue
        findings.append(Finding("drug", written, sentence, place))
    return findings


def _told_otherwise(said: Quantity, found: Quantity) -> bool:
    """Whether the two agree only by an exact conversion: half and 50%, a year and 12 months."""
    if said.kind != found.kind:
        return True
    sizes = [
        {UNITS[word][1] for word in each.text.lower().replace("-", " ").split() if word in UNITS}
        for each in (said, found)
    ]
    return bool(sizes[0] and sizes[1] and sizes[0] != sizes[1])
