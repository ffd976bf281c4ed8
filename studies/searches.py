"""Saving a search of the library: its one spelling, its name, and who may have how many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext

from common.text import shortened
from notices import following
from studies.models import SavedSearch
from studies.views.library import PARAMETERS, Facets

MOST = 100  # saved searches of one member


# Narrows studies to those that a query finds; None where what it names is not there any more.
Matcher = Callable[[QuerySet, str], QuerySet | None]
_matchers: dict[str, Matcher] = {}


def register(place: str, matcher: Matcher) -> None:
    """Called by an app's ``ready``: how searches of a place are tried on new studies."""
    _matchers[place] = matcher


def matching(place: str, query: str, studies: QuerySet) -> QuerySet | None:
    """Those of the studies that a saved search finds."""
    matcher = _matchers.get(place)
    return matcher(studies, query) if matcher else None


def in_library(studies: QuerySet, query: str) -> QuerySet | None:
    facets = facets_of(query)
    return None if facets is None else facets.apply(studies)


class CannotSave(Exception):
    """The search can't be saved; the text says why, as a sentence."""


def normalised(query: QueryDict) -> str:
    """The query string in its one spelling: the library's own parameters, each once, in order, as far as they say
    anything. Raises ``Http404`` where the library would."""
    Facets.from_query(query)
    kept = QueryDict(mutable=True)
    for name in PARAMETERS:
        if value := " ".join(query.get(name, "").split()):
            kept[name] = value
    return kept.urlencode()


def facets_of(query: str) -> Facets | None:
    """What a saved query asks for; None where its tag or journal is not there any more."""
    try:
        return Facets.from_query(QueryDict(query))
    except Http404:
        return None


def name_of(facets: Facets) -> str:
    """The search in words: “hair loss”, minoxidil, 2020, Randomised trial."""
    parts = [
        f"“{facets.words}”" if facets.words else "",
        facets.tag.name if facets.tag else "",
        str(facets.journal) if facets.journal else "",
        str(facets.year) if facets.year else "",
        str(facets.level.label) if facets.level else "",
        "open access" if facets.open_access else "",
        "retracted or corrected" if facets.retracted else "",
    ]
    return shortened(", ".join(filter(None, parts)), SavedSearch.NAME_LIMIT)


def save(member: Any, query: QueryDict) -> SavedSearch:
    """Keep the search and follow it; the same search again is the same row.

    Raises ``CannotSave``, ``following.TooManyFollows``, and ``Http404`` where the library would.
    """
    text = normalised(query)
    if not text:
        raise CannotSave(
            gettext("Search for something first, or narrow the library: a search for everything can't be followed.")
        )
    if len(text) > SavedSearch.QUERY_LIMIT:
        raise CannotSave(gettext("This search is too long to be kept. Please shorten its words."))
    return keep(member, SavedSearch.Place.LIBRARY, text, name_of(Facets.from_query(QueryDict(text))))


@transaction.atomic
def keep(member: Any, place: str, text: str, name: str) -> SavedSearch:
    """Keep a search in its one spelling and follow it. Raises ``CannotSave`` and ``following.TooManyFollows``."""
    mine = SavedSearch.objects.of(member)
    if not mine.filter(place=place, query=text).exists() and mine.count() >= MOST:
        raise CannotSave(
            gettext("You keep %(most)s searches, which is as many as anyone can. End one of them first.")
            % {"most": MOST}
        )
    row = SavedSearch(member=member, place=place, query=text, name=shortened(name, SavedSearch.NAME_LIMIT))
    SavedSearch.objects.bulk_create([row], ignore_conflicts=True)
    search = mine.get(place=place, query=text)
    following.follow(member, search)
    return search
