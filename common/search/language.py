"""The language in which people search: words, "phrases", -words and operators such as ``tag:minoxidil``.

    query    = part*
    part     = "-"? (name ":")? (quoted | run)
    quoted   = a quotation mark, anything up to the next one
    run      = anything up to white space

Any text is a query. What looks like an operator and is none, or has a value that its operator can't take, is read as
words, and ``Query.notes`` says so in a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext

from common.text import clean_line, shortened

QUERY_LIMIT = 300  # characters
WORD_LIMIT = 10  # words that are looked at
PHRASE_LIMIT = 5  # phrases
PHRASE_WORDS = 20  # words of one phrase
FILTER_LIMIT = 8  # operators of one query

WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*", re.UNICODE)
QUOTES = str.maketrans({mark: '"' for mark in "“”„‟«»＂"})
PART = re.compile(
    r"""(?P<minus>-(?=[\w"]))?(?:(?P<name>[^\W\d_]{2,20}):(?=\S))?(?:"(?P<quoted>[^"]*)"?|(?P<run>[^\s"]+))"""
)
# Names before a colon that are no operators and need no explanation: identifiers and addresses.
QUIET = frozenset({"doi", "pmid", "pmcid", "orcid", "isbn", "http", "https", "nct"})

# For each operator, whether it can take a value.
Operators = Mapping[str, Callable[[str], bool]]


@dataclass(frozen=True)
class Filter:
    """An operator with its value: ``tag:minoxidil``; ``negated`` is ``-tag:minoxidil``."""

    name: str
    value: str
    negated: bool = False

    def __str__(self) -> str:
        value = f'"{self.value}"' if re.search(r"\s", self.value) else self.value
        return f"{'-' if self.negated else ''}{self.name}:{value}"


@dataclass(frozen=True)
class Query:
    """What somebody searches for. ``text`` is what they typed, cleaned; words are in small letters, each once.

    ``words`` may be missing in what is found; ``phrases`` must be there, ``without`` and ``without_phrases`` must not.
    A phrase is the words between quotation marks, joined by spaces. ``str`` spells it so that it is read as the same.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    without_phrases: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return " ".join(
            [
                *self.words,
                *(f'"{phrase}"' for phrase in self.phrases),
                *(f"-{word}" for word in self.without),
                *(f'-"{phrase}"' for phrase in self.without_phrases),
                *map(str, self.filters),
            ]
        )

    def __bool__(self) -> bool:
        """Whether it asks for anything: words, a phrase or an operator."""
        return bool(self.words or self.phrases or self.filters)

    def values(self, name: str, *, negated: bool = False) -> list[str]:
        """The values of an operator, in order."""
        return [each.value for each in self.filters if each.name == name and each.negated == negated]


def parse(typed: str, operators: Operators | None = None) -> Query:
    """Read what was typed; never raises. Without ``operators`` there are none, and a colon is only a colon."""
    text = clean_line(typed)[:QUERY_LIMIT].strip()
    known = operators or {}
    words: list[str] = []
    phrases: list[str] = []
    without: list[str] = []
    without_phrases: list[str] = []
    filters: list[Filter] = []
    notes: list[str] = []
    for match in PART.finditer(text.translate(QUOTES)):
        negated, name = bool(match["minus"]), (match["name"] or "").casefold()
        value = match["run"] if match["quoted"] is None else " ".join(match["quoted"].split())
        if name in known and known[name](value):
            filters.append(Filter(name, value, negated))
            continue
        said = WORD.findall(unicodedata.normalize("NFC", value.casefold()))
        if name:
            if known and name not in QUIET and said:
                notes.append(_note(name, value, name in known))
            said.insert(0, name)
        if match["quoted"] is not None and not name and len(said) > 1:
            (without_phrases if negated else phrases).append(" ".join(said[:PHRASE_WORDS]))
        elif negated and len(said) > 1:
            without_phrases.append(" ".join(said[:PHRASE_WORDS]))
        else:
            (without if negated else words).extend(said)
    if len(set(filters)) > FILTER_LIMIT:
        notes.append(gettext("Only the first %(filter_limit)s operators were used.") % {"filter_limit": FILTER_LIMIT})
    return Query(
        text,
        _each_once(words, WORD_LIMIT),
        _each_once(phrases, PHRASE_LIMIT),
        _each_once(without, WORD_LIMIT),
        _each_once(without_phrases, PHRASE_LIMIT),
        tuple(dict.fromkeys(filters))[:FILTER_LIMIT],
        tuple(dict.fromkeys(notes))[:4],
    )


def _each_once(found: list[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:most]


def _note(name: str, value: str, is_known: bool) -> str:
    shown = f"{shortened(name, 20)}:{shortened(value, 40)}"
    if is_known:
        return gettext("“%(shown)s” was read as words: “%(name)s:” does not take such a value.") % {
            "shown": shown,
            "name": name,
        }
    return gettext("“%(shown)s” was read as words: there is no operator “%(name)s:”.") % {"shown": shown, "name": name}
