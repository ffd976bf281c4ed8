"""Names of people as lines of text, told apart into family and given name."""

from __future__ import annotations

import re

from studies.importing.record import Person, tidy

# Small words that belong to the family name behind them, as PubMed keeps them.
PARTICLES = frozenset(
    "van von vom zu zum zur der den des de da das di du del della delle degli dello dos do d la las le les lo los "
    "ten ter te op 't el al bin ibn ben bint abu af av".split()
)
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "2nd", "3rd", "4th", "jnr", "snr"})
GROUP = re.compile(
    r"\b(?:group|groups|consortium|collaboration|collaborative|collaborators|investigators|committee|network|society|"
    r"association|initiative|team|trialists|taskforce|task force|organi[sz]ation|university|institute|centre|center|"
    r"department|foundation|federation|academy|council|ministry|agency|board|panel|forum|alliance|registry|"
    r"study|trial|project|working party)\b",
    re.IGNORECASE,
)
INITIALS = re.compile(r"(?:[^\W\d_]\.?[-\s]?){1,4}")


def listed(text: str) -> Person:
    """A name as reference lists write it, family name first: "van der Berg, A. B.", "Berg AB", "Berg, A., Jr."."""
    text = tidy(text).rstrip(";,")
    family, comma, rest = text.partition(",")
    if comma:
        first, _, second = (part.strip() for part in rest.partition(","))
        given, suffix = (second, first) if second and _is_suffix(first) else (first, second)
        if not suffix and _is_suffix(ending := given.rpartition(" ")[2]):
            given, suffix = given[: -len(ending)].strip(), ending
        return Person(family=f"{family.strip()} {suffix.rstrip('.')}".strip(), given=given)
    words = text.split()
    # "Berg AB" and "Fanning E.": what stands last are the initials.
    last = [word for word in words[1:] if _are_initials(word)]
    if last and words[-len(last) :] == last and not _are_initials(words[0]):
        return Person(family=" ".join(words[: -len(last)]), given=" ".join(last))
    return spoken(text)


def spoken(text: str) -> Person:
    """A name as it is said, given name first: "Ludwig van der Berg Jr"; a group where its words say so."""
    text = tidy(text)
    if "," in text:
        return listed(text)
    if of_a_group(text):
        return Person(collective=text)
    words = text.split()
    suffix = words.pop().rstrip(".") if len(words) > 2 and _is_suffix(words[-1]) else ""
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in PARTICLES and words[start - 1][0].islower():
        start -= 1
    if start == 1 and words[0].lower() in PARTICLES and words[0].islower():
        start = 0
    family, given = " ".join(words[max(start, 0) :]), " ".join(words[: max(start, 0)])
    return Person(family=f"{family} {suffix}".strip(), given=given)


def of_a_group(text: str) -> bool:
    """Whether a name says that it is a group's, not one person's."""
    return bool(GROUP.search(text))


def _is_suffix(word: str) -> bool:
    return word.lower().rstrip(".") in SUFFIXES


def _are_initials(word: str) -> bool:
    letters = word.replace(".", "").replace("-", "")
    return letters.isupper() and len(letters) <= 3 and bool(INITIALS.fullmatch(word))
