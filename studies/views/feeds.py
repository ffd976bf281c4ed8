"""Atom feeds: of the library, a journal, an author, a public list; and a member's own, by a secret address."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from common.feeds import MOST, atom
from notices.models import FeedKey
from studies import feeds
from studies.models import Author, Journal, ReadingList, Study
from studies.searches import name_of, normalised
from studies.views.library import Facets


@require_safe
def library(request: HttpRequest) -> HttpResponseBase:
    """The studies that came last, narrowed as the library is."""
    facets, query = Facets.from_query(request.GET), normalised(request.GET)
    title = f"New studies: {name_of(facets)}" if facets.any else "New studies"
    url = reverse("studies:library") + (f"?{query}" if query else "")
    return atom(request, title=title, url=url, entries=feeds.newest(facets.apply(Study.objects.all())))


@require_safe
def journal(request: HttpRequest, slug: str) -> HttpResponseBase:
    found = get_object_or_404(Journal, slug=slug)
    url = found.get_absolute_url()
    return atom(request, title=found.title, url=url, entries=feeds.newest(Study.objects.filter(journal=found)))


@require_safe
def author(request: HttpRequest, pk: int, slug: str) -> HttpResponseBase:
    found = get_object_or_404(Author, pk=pk)
    if slug != found.slug:
        return redirect("studies:author_feed", pk, found.slug, permanent=True)
    studies = Study.objects.filter(pk__in=found.authorships.values("study"))
    return atom(request, title=found.name, url=found.get_absolute_url(), entries=feeds.newest(studies))


@require_safe
def reading_list(request: HttpRequest, pk: int, slug: str) -> HttpResponseBase:
    """A public list, what was added last first. A private one has no feed, not even for its owner."""
    found = get_object_or_404(ReadingList.objects.public().select_related("owner"), pk=pk)
    if slug != found.slug:
        return redirect("studies:list_feed", pk, found.slug, permanent=True)
    entries = feeds.of_list(found.entries.order_by("-added_at", "-pk")[:MOST])
    title = f"{found.title}, a list by {found.owner.username}"
    return atom(request, title=title, url=found.get_absolute_url(), entries=entries)


@require_safe
def followed(request: HttpRequest, token: str) -> HttpResponseBase:
    """What is new under all that a member follows. The address is the key, so it needs no signing in."""
    entries = feeds.followed_by(FeedKey.opened_by(token).pk)
    url = reverse("notices:following")
    return atom(request, title="New under what I follow", url=url, entries=entries, is_private=True)
