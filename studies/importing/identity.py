"""Works known again without an identifier: by title, year, first author and journal.

``compare`` weighs two descriptions of works and says whether they are certainly one work, or only likely. Nothing here
asks the database; what is certain is joined by ``importing``, what is likely is shown to the librarians.

Certain means that nothing contradicts and enough agrees. Contradicting are: different identifiers of one kind, another
journal, volume or first page, and another sort of work: an erratum, a reply, a comment, a preprint or a conference
abstract often carries the very title of the work that it belongs to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

if TYPE_CHECKING:
    from studies.importing.record import JournalFacts, StudyRecord

TITLE_LIMIT = 300  # characters of a folded title that are compared
AUTHOR_LIMIT = 100
TELLING_WORDS, TELLING_LETTERS = 3, 12  # a title of fewer names too many works
OWN_WORDS = 5  # a title of fewer needs every other fact beside it
IDEOGRAMS = 8  # letters that make a title telling where words are not set apart
START_LIMIT = 16  # letters at the start of a title by which likely pairs are looked for
LIKELY = 90  # similarity of titles, of 100, from which two works may be the same

PUNCTUATION = re.compile(r"['’`.\-‐‑]")
NO_WORD = re.compile(r"[\W_]+")
# What hundreds of works are called.
GENERAL = re.compile(
    r"(?:authors?(?: s)? ?(?:reply|response)"
    r"|(?:in )?(?:reply|response) to (?:the )?(?:letter|editor|comments?)(?: to the editor)?"
    r"|letters? to the editors?|in this issue|editors? (?:note|choice|pick)s?|from the editors?"
    r"|(?:instructions|information) for authors|table of contents|news (?:and|in) (?:views|brief)|book reviews?"
    r"|(?:published )?errat(?:um|a)|corrigend(?:um|a)|case reports?|images? in clinical medicine"
    r"|abstracts? of the .{0,40}meeting|poster (?:abstracts|presentations))"
)
SORTS = tuple(
    (sort, re.compile(words, re.IGNORECASE))
    for sort, words in (
        ("erratum", r"(?:published )?(?:errat(?:um|a)|corrigend(?:um|a)|addendum)\b"),
        ("erratum", r"(?:(?:author|publisher) )?corrections?(?:\s*[:–—-]|\s+to\b|$)"),
        ("retraction", r"(?:retraction|retracted article|withdrawal|expression of concern)"
                       r"(?:\s+(?:note|notice))?(?:\s*[:–—-]|\s+(?:to|of)\b|$)"),
        ("reply", r"(?:authors?['’]?s?['’]? )?(?:reply|response|rebuttal)(?:\s*[:–—-]|\s+to\b|$)"),
        ("reply", r".*[:.;–—-]\s*(?:authors?['’]?s?['’]? )?(?:reply|response|rebuttal)\.?$"),
        ("comment", r"(?:comments?|commentary|editorial comment|re)(?:\s*[:–—-]|\s+on\b)"),
    )
)  # fmt: skip
SORTS_OF_TYPES = {
    "published erratum": "erratum", "correction": "erratum", "corrected-article": "erratum", "addendum": "erratum",
    "retraction of publication": "retraction", "retraction notice": "retraction", "retraction": "retraction",
    "expression of concern": "retraction", "expression-of-concern": "retraction",
    "comment": "comment", "article-commentary": "comment", "reply": "reply", "response": "reply",
    "preprint": "preprint", "posted-content": "preprint", "meeting-report": "abstract", "abstract": "abstract",
    "meeting abstract": "abstract", "congress": "abstract", "clinical conference": "abstract",
}  # fmt: skip
SORT_WORDS = {
    "": "a work of its own", "erratum": "a correction", "retraction": "a retraction or concern", "reply": "a reply",
    "comment": "a comment", "preprint": "a preprint", "abstract": "a conference abstract",
}  # fmt: skip
FILLERS = frozenset("the of and in for on de la et der die das und for a an".split())


@lru_cache(16_384)
def folded(text: str) -> str:
    """Lower case, without accents and punctuation, words apart by one space: for comparing, never for showing."""
    bare = text.lower() if text.isascii() else _bare(text)
    words = " ".join(NO_WORD.sub(" ", PUNCTUATION.sub("", bare)).split())
    return words or unicodedata.normalize("NFKC", text).casefold().strip()


def _bare(text: str) -> str:
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", text.casefold())
        if unicodedata.category(character) != "Mn"
    )


def title_key(title: str) -> str:
    """A title in one spelling, letters and digits only, at most 300; "" where it tells too little to know a work by.

    Hyphens, spaces and brackets are what sources differ in: "Blue-light therapy." and "[Blue light therapy]" are one.
    """
    bare = title.lower() if title.isascii() else _bare(title)
    words = NO_WORD.sub(" ", bare).split()
    key = "".join(words)
    if GENERAL.fullmatch(" ".join(words)) or not (
        (len(words) >= TELLING_WORDS and len(key) >= TELLING_LETTERS)
        or (not key.isascii() and sum(unicodedata.category(each) == "Lo" for each in key) >= IDEOGRAMS)
    ):
        return ""
    return key[:TITLE_LIMIT]


def titles_agree(one: str, other: str) -> bool:
    """Whether two titles, of works that share an identifier, may be of one: alike, or one goes on after the other."""
    mine, its = (re.sub(NO_WORD, "", folded(title)) for title in (one, other))
    shorter, longer = sorted((mine, its), key=len)
    return fuzz.ratio(mine, its) >= LIKELY or (len(shorter) >= TELLING_LETTERS and longer.startswith(shorter))


def sort_of(title: str, types: Iterable[str] = (), article_type: str = "") -> str:
    """ "" for a work of its own, else what it is to another one: "erratum", "reply", "comment", "preprint" …"""
    for name in (*types, article_type):
        if sort := SORTS_OF_TYPES.get(name.casefold()):
            return sort
    return next((sort for sort, words in SORTS if words.match(title)), "")


def author_name(family: str, collective: str = "") -> str:
    return folded(family or collective)[:AUTHOR_LIMIT]


@dataclass(frozen=True)
class Described:
    """A work as far as it takes to know it again; "" and None where unknown. ``title`` is a ``title_key``."""

    title: str
    year: int | None = None
    author: str = ""
    journals: tuple[JournalFacts, ...] = ()
    volume: str = ""
    first_page: str = ""
    sort: str = ""
    identifiers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """``certain`` where two descriptions are one work; ``why`` in words; ``score`` of 100 says how alike they are."""

    certain: bool
    why: str
    score: int


def described(record: StudyRecord) -> Described:
    first = record.authors[0] if record.authors else None
    return Described(
        title=title_key(record.title),
        year=record.published.year if record.published else None,
        author=author_name(first.family, first.collective) if first else "",
        journals=(record.journal,) if record.journal else (),
        volume=folded(record.volume),
        first_page=first_page(record.pages),
        sort=sort_of(record.title, record.publication_types, record.article_type),
        identifiers=record.identifiers,
    )


def first_page(pages: str) -> str:
    return re.split(r"[-–—,;\s]", folded_pages(pages), maxsplit=1)[0]


def folded_pages(pages: str) -> str:
    return re.sub(r"^(?:pp?\.?|pages?)\s*", "", pages.strip().casefold())


def compare(one: Described, other: Described) -> Verdict:
    """Whether two descriptions are of one work. Both have a title that tells something."""
    score = 100 if one.title == other.title else int(fuzz.ratio(one.title, other.title))
    agree = ["title"] if score == 100 else []
    against = [] if score == 100 else ["the titles are not quite the same"]
    if one.year and other.year:
        if one.year == other.year:
            agree.append("year")
        elif abs(one.year - other.year) > 1:
            against.append(f"one is of {one.year}, the other of {other.year}")
    if one.author and other.author:
        if _same_author(one.author, other.author):
            agree.append("first author")
        else:
            against.append("the first authors are not the same")
    if one.journals and other.journals:
        if any(same_journal(a, b) for a in one.journals for b in other.journals):
            agree.append("journal")
        else:
            against.append("the journals are not the same")
    for name, words in (("volume", "volumes"), ("first_page", "first pages")):
        mine, its = getattr(one, name), getattr(other, name)
        if mine and its and mine != its:
            against.append(f"the {words} are not the same ({mine}, {its})")
    if one.sort != other.sort:
        against.append(f"one is {SORT_WORDS[one.sort]}, the other {SORT_WORDS[other.sort]}")
    for name, value in one.identifiers.items():
        if other.identifiers.get(name, value) != value:
            against.append(f"the {name.upper()}s are not the same ({value}, {other.identifiers[name]})")
    if against:
        same = f"{_listed(agree)} {'is' if len(agree) == 1 else 'are'} the same, but " if agree else ""
        return Verdict(False, f"{same}{'; '.join(against)}", score)
    year_fits = "year" in agree or (one.year is None and other.year is None)
    by_others = len(set(agree) & {"year", "first author", "journal"})
    needed = 2 if len(one.title) > TITLE_LIMIT // 10 else 3
    neighbours = bool(one.year and other.year and one.year != other.year)
    certain = by_others >= needed if year_fits else neighbours and {"first author", "journal"} <= set(agree)
    if certain:
        return Verdict(True, f"{_listed(agree)} are the same", score)
    are = "is" if len(agree) == 1 else "are"
    return Verdict(False, f"{_listed(agree)} {are} the same, and too little else is known", score)


def tells_enough(work: Described) -> bool:
    """Whether a work without identifiers can be known again: a telling title, and two of year, author, journal."""
    return bool(work.title) and sum(map(bool, (work.year, work.author, work.journals))) >= 2


def _same_author(one: str, other: str) -> bool:
    """The same family name, or one that the other has more of ("vega", "vega garcia", "de la vega")."""
    if one == other:
        return True
    mine, its = one.split(), other.split()
    fewer, more = sorted((mine, its), key=len)
    return bool(fewer) and len(fewer) < len(more) and (more[: len(fewer)] == fewer or more[-len(fewer) :] == fewer)


def same_journal(one: JournalFacts, other: JournalFacts) -> bool:
    """The same number or title, or one abbreviates the other: "Adv Biomed Res", "Advanced Biomedical Research"."""
    if (one.nlm_id and one.nlm_id == other.nlm_id) or set(one.issns) & set(other.issns):
        return True
    mine = [_journal_words(name) for name in (one.title, one.abbreviation) if name]
    its = [_journal_words(name) for name in (other.title, other.abbreviation) if name]
    return any(a == b or _abbreviates(a, b) or _abbreviates(b, a) for a in mine for b in its)


def _journal_words(name: str) -> list[str]:
    bare = re.sub(r"\s*\([^()]*\)\s*\.?$", "", name) or name
    words = folded(re.sub(r"[&.-]", " ", bare).partition(":")[0]).split()
    return [word for word in words if word not in FILLERS] or words


def _abbreviates(short: list[str], long: list[str]) -> bool:
    return len(short) == len(long) and all(
        whole.startswith(word) or (word[0] == whole[0] and _runs_through(word, whole))
        for word, whole in zip(short, long, strict=True)
    )


def _runs_through(word: str, whole: str) -> bool:
    """All letters of ``word`` in ``whole``, in order: "natl" in "national"."""
    rest = iter(whole)
    return all(letter in rest for letter in word)


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
