"""Saving a search of the library: its one spelling, its name, and who may have how many."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404, QueryDict

from common.text import shortened
from notices import following
from studies.models import SavedSearch
from studies.views.library import PARAMETERS, Facets

MOST = 100  # saved searches of one member


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


@transaction.atomic
def save(member: Any, query: QueryDict) -> SavedSearch:
    """Keep the search and follow it; the same search again is the same row.

    Raises ``CannotSave``, ``following.TooManyFollows``, and ``Http404`` where the library would.
    """
    text = normalised(query)
    if not text:
        raise CannotSave(
            "Search for something first, or narrow the library: a search for everything can't be followed."
        )
    if len(text) > SavedSearch.QUERY_LIMIT:
        raise CannotSave("This search is too long to be kept. Please shorten its words.")
    mine = SavedSearch.objects.of(member)
    if not mine.filter(query=text).exists() and mine.count() >= MOST:
        raise CannotSave(f"You keep {MOST} searches, which is as many as anyone can. End one of them first.")
    name = name_of(Facets.from_query(QueryDict(text)))
    SavedSearch.objects.bulk_create([SavedSearch(member=member, query=text, name=name)], ignore_conflicts=True)
    search = mine.get(query=text)
    following.follow(member, search)
    return search
