"""Rules by admins about words: what each looks for, tried on plain strings within a bounded time.

Words and domains are matched by what grows with the text and no faster. A regular expression may be written so that it
never ends, by mistake too: it is given ``REGEX_SECONDS``, by an engine that keeps to it; a rule that takes longer is
switched off by itself and says so. A rule is tried on what is here (``dry_run``) before it is switched on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex  # type: ignore[import-untyped]
from django.core.exceptions import ValidationError
from django.utils import timezone

from moderation.languages import KNOWN, language_of
from moderation.models import Flag, Rule, RuleFiring

REGEX_SECONDS = 0.05
LONGEST_REGEX = 500  # characters
MOST_LINES = 500
TRIED = 1_000  # posts and comments that a dry run looks at
SHOWN = 50  # of those it fires on, that are shown
INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
LINK = re.compile(r'<a href="https?://[^"]*"(?! class="work)')
DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")


@dataclass(frozen=True)
class Text:
    """What a rule sees: the words as written, and the domains they link to."""

    words: str
    html: Callable[[], str] = lambda: ""
    links_in: Callable[[str], list[str]] = lambda html: []

    @property
    def domains(self) -> list[str]:
        return self.links_in(self.html())

    @property
    def links(self) -> int:
        return len(LINK.findall(self.html()))


class TooSlow(Exception):
    """The rule's regular expression did not end in time."""


def folded(text: str) -> str:
    """As words are compared: NFKC, no case, nothing invisible, white space as one space."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(INVISIBLE)).casefold().split())


def lines(pattern: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(str.strip, pattern.splitlines()))))


@lru_cache(256)
def _words(pattern: str) -> re.Pattern[str]:
    words = sorted({folded(line) for line in lines(pattern)} - {""}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")


@lru_cache(256)
def _regex(pattern: str) -> Any:
    return regex.compile(pattern, regex.IGNORECASE | regex.MULTILINE)


def matches(looks_for: str, pattern: str, text: Text) -> bool:
    """Whether a rule that looks so fires on this text. Raises ``TooSlow``."""
    if looks_for == Rule.Looks.WORDS:
        return bool(_words(pattern).search(folded(text.words)))
    if looks_for == Rule.Looks.REGEX:
        try:
            return bool(_regex(pattern).search(text.words, timeout=REGEX_SECONDS))
        except (TimeoutError, MemoryError) as late:
            raise TooSlow from late
    if looks_for == Rule.Looks.DOMAINS:
        named = [line.casefold() for line in lines(pattern)]
        return any(domain == each or domain.endswith(f".{each}") for domain in text.domains for each in named)
    if looks_for == Rule.Looks.LANGUAGES:
        found = language_of(text.words)
        return bool(found) and found not in lines(pattern)
    return text.links > int(pattern)


def check(looks_for: str, pattern: str) -> None:
    """Raises ``ValidationError`` for a pattern that makes no sense."""
    given = lines(pattern)
    if not given or len(given) > MOST_LINES:
        raise ValidationError(f"Write from one to {MOST_LINES} lines.")
    if looks_for == Rule.Looks.WORDS and not all(map(folded, given)):
        raise ValidationError("A line holds nothing that can be seen.")
    if looks_for == Rule.Looks.REGEX:
        _check_regex(pattern)
    if looks_for == Rule.Looks.DOMAINS and not all(DOMAIN.fullmatch(line.casefold()) for line in given):
        raise ValidationError("Write domains alone, as example.org, without https:// and without a path.")
    if looks_for == Rule.Looks.LANGUAGES and not set(given) <= KNOWN:
        raise ValidationError(f"These languages are told apart: {', '.join(sorted(KNOWN))}.")
    if looks_for == Rule.Looks.LINKS and not re.fullmatch(r"[0-9]{1,3}", pattern.strip()):
        raise ValidationError("Write one number.")


def _check_regex(pattern: str) -> None:
    if len(pattern) > LONGEST_REGEX:
        raise ValidationError(f"Up to {LONGEST_REGEX} characters, please.")
    try:
        compiled = _regex(pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError) as wrong:
        raise ValidationError(f"This is no regular expression: {wrong}") from wrong
    try:
        if compiled.search("", timeout=REGEX_SECONDS):
            raise ValidationError("This fits every text, even an empty one.")
    except TimeoutError as late:
        raise ValidationError("This takes too long on an empty text.") from late


# ── On what members send ─────────────────────────────────────────────────────────────────────────


def fired(text: Text, *, level: int, shelf: int | None) -> list[Rule]:
    """The rules that fire on this text by a member of this level. One that takes too long is switched off, and the
    others wait for the next text: so nobody waits longer than one of them may take."""
    found = []
    for rule in Rule.objects.filter(is_on=True, below_level__gt=level):
        if rule.shelves and shelf not in rule.shelves:
            continue
        try:
            if matches(rule.looks_for, rule.pattern, text):
                found.append(rule)
        except TooSlow:
            _switch_off(rule)
            break
    return found


def _switch_off(rule: Rule) -> None:
    trouble = f"Switched off on {timezone.now():%d %B %Y}: it took longer than {REGEX_SECONDS} seconds on one text."
    Rule.objects.filter(pk=rule.pk).update(is_on=False, trouble=trouble)


def note(rules: Iterable[Rule], kind: str, thing: Any = None, author: Any = None) -> None:
    """Write the log of what fired; what only flags is flagged. ``thing`` is empty where it was refused."""
    now = timezone.now()
    where: dict[str, Any] = {}
    if thing is not None:
        from django.contrib.contenttypes.models import ContentType

        where = {"content_type": ContentType.objects.get_for_model(thing), "object_id": thing.pk}
    rules = list(rules)
    RuleFiring.objects.bulk_create(
        [RuleFiring(rule=rule, then=rule.then, kind=kind, author_id=author, fired_at=now, **where) for rule in rules]
    )
    if thing is not None:
        Flag.objects.bulk_create(
            [
                Flag(
                    kind=Flag.Kind.RULE, key=f"{rule.pk}:{kind}:{thing.pk}", evidence=f"The rule “{rule}” fired.",
                    made_at=now, **where,
                )
                for rule in rules
                if rule.then == Rule.Then.FLAG
            ],
            ignore_conflicts=True,
        )  # fmt: skip


# ── Before one is switched on ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Tried:
    """One text that is here: what shows it, and what a rule needs to know of it."""

    text: Text
    label: str
    url: str
    level: int
    shelf: int | None


@dataclass
class DryRun:
    """What a rule would have done: to how many of how many, and the newest of those."""

    looked_at: int
    fired_on: int
    shown: list[Tried]
    is_too_slow: bool = False


_recent: Callable[[int], Iterable[Tried]] = lambda most: ()  # noqa: E731
_shelves: Callable[[], list[tuple[int, str]]] = lambda: []  # noqa: E731


def read_from(recent: Callable[[int], Iterable[Tried]], shelves: Callable[[], list[tuple[int, str]]]) -> None:
    """Called by the floor that has the words: the newest posts and comments, and the categories."""
    global _recent, _shelves
    _recent, _shelves = recent, shelves


def shelves() -> list[tuple[int, str]]:
    return _shelves()


def dry_run(rule: Rule) -> DryRun:
    """What the rule would have done to the newest posts and comments. Ends at the first text that takes too long."""
    looked_at = 0
    found: list[Tried] = []
    for each in _recent(TRIED):
        looked_at += 1
        if each.level >= rule.below_level or (rule.shelves and each.shelf not in rule.shelves):
            continue
        try:
            if matches(rule.looks_for, rule.pattern, each.text):
                found.append(each)
        except TooSlow:
            return DryRun(looked_at, len(found), found[:SHOWN], is_too_slow=True)
    return DryRun(looked_at, len(found), found[:SHOWN])
