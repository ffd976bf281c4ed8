"""The search page: a few of each kind of result, identifiers first; or one kind, a page at a time."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from common.search import QUERY_LIMIT, TookTooLong, patience
from forum import visits
from forum.models import CommentText, PostText, PostVote
from moderation.limits import TooMany, count_reading
from notices import following
from notices.views.following import TOO_MANY
from pages.searching import operators, snippets, suggesting, watching
from pages.searching.kinds import HEADINGS, LISTED, MOST_RANKED, Results, Search
from pages.searching.operators import OPERATORS
from studies import searches
from studies.models import SavedSearch, SavedStudy

SORTS = ("best", "new")
MOST_OWN = 20  # saved searches on the page of an empty box


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "")
    kind, sort = request.GET.get("show", ""), request.GET.get("sort", "best")
    if kind and kind not in HEADINGS:
        raise Http404(gettext("There is no such kind of result."))
    if sort not in SORTS:
        raise Http404(gettext("Results can be sorted by best or new."))
    if typed:
        count_reading(request, "search")
    asked = Search.of(typed, request.user)
    context = {
        "asked": asked,
        "query": asked.query.text,
        "too_long": len(typed) > QUERY_LIMIT,
        "operators": OPERATORS.values(),
        "can_be_followed": request.user.is_authenticated and bool(set(asked.kinds).intersection(watching.WATCHED)),
        "kind": kind,
        "sort": sort,
        "sorts": SORTS if kind in LISTED else (),
        "most_ranked": MOST_RANKED,
    }
    if asked.query:
        # A search that is narrowed to one kind by its words is the page of that kind.
        only = kind or (asked.kinds[0] if len(asked.kinds) == 1 and asked.kinds[0] in LISTED else "")
        if only in asked.kinds:
            context |= {"kind": only, "sorts": SORTS if only in LISTED else (), "heading": HEADINGS[only]}
        results: list[Results] = []
        try:
            with patience():
                if only in asked.kinds:
                    results = [asked.page(only, sort, request.GET.get("after", ""))]
                elif not kind:
                    results = asked.few()
        except TookTooLong:
            context["took_too_long"] = True
        context["results"] = [each for each in results if each.rows]
        context |= _shown(request, asked, results)
    elif request.user.is_authenticated:
        context["own"] = SavedSearch.objects.of(request.user).order_by("-pk")[:MOST_OWN]
    return render(request, "pages/search.html", context)


@require_safe
def search_suggestions(request: HttpRequest) -> HttpResponse:
    """Suggestions for the box, as its options. Who asks too often is shown none: it is only a help."""
    try:
        count_reading(request, "suggest")
    except TooMany:
        return HttpResponse(status=204)
    found = suggesting.suggest(request.GET.get("q", ""), request.user)
    return render(request, "pages/search/_suggestions.html", {"suggestions": found})


@require_POST
@login_required
def search_save(request: HttpRequest) -> HttpResponse:
    """Keep and follow the search that the address spells."""
    query = operators.read(request.GET.get("q", ""))
    try:
        kept = watching.save(request.user, query)
    except searches.CannotSave as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('pages:search')}?{urlencode({'q': query.text})}")
    except following.TooManyFollows:
        messages.error(request, TOO_MANY)
        return redirect("notices:following")
    messages.success(
        request, gettext("You follow the search “%(kept)s”. You are told when something new fits it.") % {"kept": kept}
    )
    return redirect(kept)


@require_safe
@login_required
def search_saved(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own saved search under a short address, newest first: where notifications lead."""
    kept = get_object_or_404(SavedSearch.objects.of(request.user), pk=pk)
    show = request.GET.get("show", "")
    if kept.place != SavedSearch.Place.SITE or show not in LISTED:
        return redirect(kept)
    return redirect(f"{kept.get_absolute_url()}&{urlencode({'show': show, 'sort': 'new'})}")


def _shown(request: HttpRequest, asked: Search, results: list[Results]) -> dict:
    """What the rows show besides themselves."""
    rows = {each.kind: each.rows for each in results}
    posts, comments, studies = rows.get("post", []), rows.get("comment", []), rows.get("study", [])
    visits.mark(request.user, posts)
    html: dict[tuple[str, int], str] = {}
    if posts:
        html |= {("post", pk): text for pk, text in _html(PostText, posts)}
    if comments:
        html |= {("comment", pk): text for pk, text in _html(CommentText, comments)}
    numbered = dict(enumerate(html.values()))
    found = snippets.of(numbered, asked.question)
    keys = list(html)
    by_kind: dict[str, dict[int, snippets.Snippet]] = {"post": {}, "comment": {}}
    for number, pieces in found.items():
        kind, pk = keys[number]
        by_kind[kind][pk] = pieces
    for row in posts:
        row.snippet = by_kind["post"].get(row.pk)
    for row in comments:
        row.snippet = by_kind["comment"].get(row.pk)
    return {
        "voted": PostVote.of(request.user, posts),
        "saved": SavedStudy.of(request.user, studies),
    }


def _html(model, rows):
    return model.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "body_html")
