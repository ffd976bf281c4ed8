"""The librarians' page of what changed in the standing of studies."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import librarians_only
from common.paging import paginate
from studies.models import StandingRound, StudyChange, StudySource


@require_safe
@librarians_only
def standing(request: HttpRequest) -> HttpResponse:
    """The latest changes of standing, and how far the weekly look at each source has come."""
    changes = StudyChange.objects.filter(kind=StudyChange.Kind.STANDING).select_related("study", "actor")
    names = dict(StudySource.Kind.choices)
    context = {
        "section": "librarians",
        "page": paginate(changes, ("-pk",), request.GET.get("after", "")),
        "rounds": [(names.get(row.source, row.source), row) for row in StandingRound.objects.order_by("source")],
    }
    return render(request, "studies/librarians/standing.html", context)
