"""What a study cites and what cites it: the whole lists."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from common.paging import KeysetPage, paginate
from studies.citations import most_wanted, wanted_counts
from studies.models import SavedStudy, Study
from studies.models.study import Retraction
from studies.views.loading import study_of

ROWS = 100
IN_ORDER = ("position",)
# Each list with the sorts that it offers. What is in the library is sorted by what the library knows of it.
IN_LIBRARY = {
    "order": IN_ORDER, "year": ("-cited__published_key", "position"), "cited": ("-cited__cited_by_count", "position"),
}  # fmt: skip
LISTS: dict[str, dict[str, tuple[str, ...]]] = {
    "all": {"order": IN_ORDER, "year": ("-year", "position")},
    "here": IN_LIBRARY,
    "wanted": {"order": IN_ORDER, "year": ("-year", "position"), "cited": ()},
    "retracted": IN_LIBRARY,
}
CITED_BY = {"year": ("-published_key", "-pk"), "cited": ("-cited_by_count", "-pk")}
SORTS = {
    "order": gettext_noop("In order"),
    "year": gettext_noop("Newest first"),
    "cited": gettext_noop("Most cited in the library"),
}


@require_safe
def references(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Everything the study cites: all of it, what is in the library, what is wanted, what is retracted."""
    found = study_of(request, pk, slug, "references/")
    if isinstance(found, HttpResponse):
        return found
    show, sort = request.GET.get("show", "all"), request.GET.get("sort", "order")
    if show not in LISTS or sort not in LISTS[show]:
        raise Http404(gettext("There is no such list of references."))
    page = _page(found, show, sort, request.GET.get("after", ""))
    wanted = wanted_counts([row.pk for row in page.rows if row.cited_id is None])
    for row in page.rows:
        row.wanted_by = wanted.get(row.pk)
    context = {
        "section": "studies", "study": found, "page": page, "show": show, "sort": sort,
        "lists": _lists(found), "sorts": [(name, SORTS[name]) for name in LISTS[show]],
    }  # fmt: skip
    return render(request, "studies/references.html", context)


def _page(study: Study, show: str, sort: str, after: str) -> KeysetPage:
    citations = study.citations.select_related("cited")
    if show == "here":
        citations = citations.filter(cited__isnull=False)
    elif show == "wanted":
        citations = citations.filter(cited__isnull=True)
    elif show == "retracted":
        citations = citations.filter(cited__retraction=Retraction.RETRACTED)
    if show == "wanted" and sort == "cited":
        return most_wanted(study, after, ROWS)
    return paginate(citations, LISTS[show][sort], after, ROWS)


def _lists(study: Study) -> list[tuple[str, str, int]]:
    """The lists with their names and lengths; "retracted" only where there is something in it."""
    lists = [
        ("all", gettext("All"), study.reference_count),
        ("here", gettext("In the library"), study.cites_count),
        ("wanted", gettext("Wanted"), study.wanted_count),
    ]
    return lists + (
        [("retracted", gettext("Retracted"), study.retracted_cites_count)] if study.retracted_cites_count else []
    )


@require_safe
def cited_by(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The studies of the library that cite this one."""
    found = study_of(request, pk, slug, "cited-by/")
    if isinstance(found, HttpResponse):
        return found
    sort = request.GET.get("sort", "year")
    if sort not in CITED_BY:
        raise Http404(gettext("What cites a study can be sorted by year or by how often it is cited itself."))
    citing = Study.objects.for_list().filter(pk__in=found.citing.values("study"))
    context: dict[str, Any] = {
        "section": "studies", "study": found, "sort": sort, "sorts": [(name, SORTS[name]) for name in CITED_BY],
        "page": paginate(citing, CITED_BY[sort], request.GET.get("after", "")),
    }  # fmt: skip
    context["saved"] = SavedStudy.of(request.user, context["page"].rows)
    return render(request, "studies/cited_by.html", context)
