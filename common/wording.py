"""Sentences that are stored, in the language of their reader.

A notification is written once for all whom it tells, in one statement, as an English sentence. Here such a sentence is
known again by the marked sentences it was made of, and put into the language of the page or the mail. What is not known
again (an older wording, one that was cut) stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import get_language, gettext, ngettext

HOLE = re.compile(r"%\((\w+)\)s")


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    """Marks a sentence that counts, as ``gettext_noop`` marks one that does not."""
    return one, many


_sentences: list[str] = []
_counted: list[tuple[str, str]] = []


def know(*sentences: str) -> None:
    """Let these sentences be known again; each is marked by ``gettext_noop`` where it is made."""
    _sentences.extend(sentence for sentence in sentences if sentence not in _sentences)
    _sentences.sort(key=len, reverse=True)  # "… your edit of %(thing)s" before "… %(thing)s"
    _pattern.cache_clear()


def know_counted(*pairs: tuple[str, str]) -> None:
    """Let what gathers be known again: for one and for several, both beginning with ``%(count)s``."""
    _counted.extend(pair for pair in pairs if pair not in _counted)


def in_words_of_reader(words: str) -> str:
    """The sentence in the language that is on now; in English as it is."""
    if get_language() == "en":
        return words
    words = str(words)  # a lazy one is in the reader's language already, and found nowhere
    if (said := gettext(words)) != words:
        return said
    for one, many in _counted:
        found = _pattern(many).fullmatch(words) or _pattern(one).fullmatch(words)
        if found and found["count"].isdecimal():
            return ngettext(one, many, int(found["count"])) % _told(found)
    for sentence in _sentences:
        if found := _pattern(sentence).fullmatch(words):
            return gettext(sentence) % _told(found)
    return words


# Holes that hold marked words themselves; all others hold what somebody wrote.
NESTED = ("thing", "what", "until", "called")


def _told(found: re.Match[str]) -> dict[str, str]:
    told = found.groupdict()
    return {name: in_words_of_reader(said) if name in NESTED else said for name, said in told.items()}


@lru_cache(500)
def _pattern(sentence: str) -> re.Pattern[str]:
    pieces = HOLE.split(sentence.replace("%%", "%"))
    return re.compile(
        "".join(rf"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)), re.DOTALL
    )
