"""The search page: a few of each kind of result, identifiers first; or one kind, a page at a time."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.search import QUERY_LIMIT
from forum import visits
from forum.models import CommentText, PostText, PostVote
from moderation.limits import count_reading
from pages.searching import snippets
from pages.searching.kinds import HEADINGS, LISTED, MOST_RANKED, Results, Search
from pages.searching.operators import OPERATORS
from studies.models import SavedStudy

SORTS = ("best", "new")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "")
    kind, sort = request.GET.get("show", ""), request.GET.get("sort", "best")
    if kind and kind not in HEADINGS:
        raise Http404("There is no such kind of result.")
    if sort not in SORTS:
        raise Http404("Results can be sorted by best or new.")
    if typed:
        count_reading(request, "search")
    asked = Search.of(typed, request.user)
    context = {
        "asked": asked,
        "query": asked.query.text,
        "too_long": len(typed) > QUERY_LIMIT,
        "operators": OPERATORS.values(),
        "kind": kind,
        "sort": sort,
        "sorts": SORTS if kind in LISTED else (),
        "most_ranked": MOST_RANKED,
    }
    if asked.query:
        # A search that is narrowed to one kind by its words is the page of that kind.
        only = kind or (asked.kinds[0] if len(asked.kinds) == 1 and asked.kinds[0] in LISTED else "")
        if only in asked.kinds:
            results = [asked.page(only, sort, request.GET.get("after", ""))]
            context |= {"kind": only, "sorts": SORTS if only in LISTED else (), "heading": HEADINGS[only]}
        else:
            results = [] if kind else asked.few()
        context["results"] = [each for each in results if each.rows]
        context |= _shown(request, asked, results)
    return render(request, "pages/search.html", context)


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
