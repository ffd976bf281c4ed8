"""The study of an address: found, or sent to its right address."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from studies.models import MergedStudy, Study


def study_of(request: HttpRequest, pk: int, slug: str, then: str = "") -> Study | HttpResponse:
    """The study with what its own pages show of it, or a redirect where the slug is another; ``then`` follows it."""
    studies = Study.objects.select_related(
        "journal", "summary__writer", "summary__editor", "summary__reviewer", "text", "discussion", "facts"
    ).annotate(
        earlier_threads=ArraySubquery(
            MergedStudy.objects.filter(study=OuterRef("pk"), thread__isnull=False).order_by("pk").values("thread")
        )
    )
    study = get_object_or_404(studies.defer("text__search_vector", "text__plain", "text__names"), pk=pk)
    if slug != study.slug:
        return redirect(study.get_absolute_url() + then, permanent=True)
    return study
