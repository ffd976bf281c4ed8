"""What happened to a study, and where its fields come from: for everybody to read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.paging import paginate
from studies.changes import differences_of
from studies.models import StudySource
from studies.provenance import origins
from studies.views.loading import study_of


@require_safe
def history(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Who changed the study, when, how and why; and which sources it was imported from."""
    found = study_of(request, pk, slug, "history/")
    if isinstance(found, HttpResponse):
        return found
    page = paginate(found.changes.select_related("actor"), ("-pk",), request.GET.get("after", ""))
    for change in page.rows:
        change.differences = differences_of(change)
    imports = StudySource.objects.filter(study=found).defer("record").order_by("-imported_at", "kind")
    context = {"section": "studies", "study": found, "page": page, "imports": list(imports)}
    return render(request, "studies/history.html", context)


@require_safe
def sources(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Each field with the source that gave it, and what the other sources say."""
    found = study_of(request, pk, slug, "sources/")
    if isinstance(found, HttpResponse):
        return found
    stored = list(StudySource.objects.filter(study=found).order_by("kind"))
    context = {"section": "studies", "study": found, "imports": stored, "origins": origins(found, stored)}
    return render(request, "studies/sources.html", context)
