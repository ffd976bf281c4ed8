"""What the search box suggests as one types: values of operators, and what begins as the words do.

One bounded query for each kind, by an index: titles of studies by the words typed so far, the last of them a beginning;
tags, categories and members by the beginning of their names; the member's own saved searches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.utils.translation import gettext, gettext_noop

from accounts.models import Member
from common.models import Tag
from common.search.language import WORD
from common.tags import normalise
from common.text import clean_line, shortened
from forum.models import Category
from notices.muting import muted_by
from pages.searching.operators import OPERATORS
from studies.models import SavedSearch, Study

FEW = 4  # suggestions of a kind
LOOKED_AT = 100  # tags of a beginning that are looked at before the most used are taken
SHORTEST = 2  # letters of a name; titles of studies need one more
TYPED_LIMIT = 120  # characters that are looked at: the last ones
LAST = re.compile(r'(?P<minus>-?)(?:(?P<name>[a-z]{2,20}):)?(?P<begun>"[^"]*|[^\s"]*)\Z', re.IGNORECASE)


@dataclass(frozen=True)
class Suggestion:
    """``label`` is shown, ``about`` says what it is. It leads to ``url``, or puts ``fill`` in the place of the last
    word typed."""

    label: str
    about: str
    url: str = ""
    fill: str = ""


def suggest(typed: str, user: Any) -> list[Suggestion]:
    """For the text in the box; for an empty one, the operators."""
    text = clean_line(typed)[-TYPED_LIMIT:]
    if not text:
        return list(_operators(""))
    last = LAST.search(text)
    name = (last["name"] or "").lower() if last else ""
    begun = last["begun"].strip('"') if last else ""
    if last and name in OPERATORS:
        return [
            Suggestion(f"{name}:{value}", about, fill=f"{last['minus']}{name}:{_quoted(value)}")
            for value, about in _values(name, begun, user)
        ]
    words = WORD.findall(text)
    if not words or not WORD.search(begun):
        return []
    return [
        *(_operators(words[-1].lower()) if len(words[-1]) > 1 else ()),
        *_studies(words),
        *_tags(words[-1], text),
        *_categories(words[-1]),
        *_members(words[-1], user),
        *_own(text, user),
    ]


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


def _operators(begun: str) -> Iterator[Suggestion]:
    for operator in OPERATORS.values():
        if operator.name.startswith(begun):
            yield Suggestion(f"{operator.name}:", operator.words, fill=f"{operator.name}:")


def _values(name: str, begun: str, user: Any) -> list[tuple[str, str]]:
    """Values that the operator takes, with what they are."""
    operator = OPERATORS[name]
    if operator.values:
        return [(value, operator.words) for value in operator.values if value.startswith(begun.lower())]
    if name == "tag":
        return [(tag.name, gettext_noop("tag")) for tag in _tags_of(normalise(begun), 8)]
    if name == "category":
        found = Category.objects.filter(name__istartswith=begun)[:8]
        return [(category.name, gettext_noop("category")) for category in found]
    if name == "author":
        return [(member.username, gettext_noop("member")) for member in _members_of(begun.removeprefix("@"), user, 8)]
    return []


def _studies(words: list[str]) -> Iterator[Suggestion]:
    if len(words[-1]) <= SHORTEST:
        return
    # Each is quoted, so that no sign of PostgreSQL's own language is left in it.
    raw = [f"'{word.replace(chr(39), chr(39) * 2)}'" for word in words[-6:]]
    asked = " & ".join([*(f"{word}:A" for word in raw[:-1]), f"{raw[-1]}:*A"])
    query = SearchQuery(asked, config="english", search_type="raw") | SearchQuery(
        asked, config="simple", search_type="raw"
    )
    for study in Study.objects.filter(text__search_vector=query).order_by("-pk").only("title", "published_year")[:FEW]:
        year = study.published_year
        about = gettext("study, %(year)s") % {"year": year} if year else gettext("study")
        yield Suggestion(shortened(study.title, 120), about, url=study.get_absolute_url())


def _tags_of(begun: str, most: int) -> list[Tag]:
    found = Tag.objects.filter(name__startswith=begun, use_count__gt=0).order_by("name")[:LOOKED_AT]
    return sorted(found, key=lambda tag: (-tag.use_count, tag.name))[:most]


def _tags(word: str, text: str) -> Iterator[Suggestion]:
    if len(word) < SHORTEST:
        return
    whole = _tags_of(normalise(text), FEW) if " " in text else []
    for tag in whole or _tags_of(normalise(word), FEW):
        yield Suggestion(tag.name, gettext_noop("tag"), url=tag.get_absolute_url())


def _categories(word: str) -> Iterator[Suggestion]:
    for category in Category.objects.filter(name__istartswith=word)[:FEW]:
        yield Suggestion(category.name, gettext_noop("category"), url=category.get_absolute_url())


def _members_of(begun: str, user: Any, most: int) -> Any:
    if len(begun) < SHORTEST:
        return []
    members = Member.objects.findable().filter(username__istartswith=begun)
    return members.exclude(pk__in=muted_by(user).members).only("username").order_by("username")[:most]


def _members(word: str, user: Any) -> Iterator[Suggestion]:
    for member in _members_of(word, user, FEW):
        yield Suggestion(member.username, gettext_noop("member"), url=member.get_absolute_url())


def _own(text: str, user: Any) -> Iterator[Suggestion]:
    if user.is_authenticated:
        for search in SavedSearch.objects.of(user).filter(name__icontains=text).order_by("-pk")[:FEW]:
            yield Suggestion(search.name, gettext_noop("your search"), url=search.get_absolute_url())
