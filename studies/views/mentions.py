"""Where a study is mentioned, and which mentioned works the library does not have."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from common.counting import CappedCount, capped_count
from forum.models import PostVote
from studies.mentioning import page_of_posts, page_of_wanted
from studies.models import MentionedWork
from studies.views.loading import study_of


@require_safe
def mentions(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The posts that mention the study, in their own words or in a comment, newest first."""
    found = study_of(request, pk, slug, "mentions/")
    if isinstance(found, HttpResponse):
        return found
    page = page_of_posts(found, request.GET.get("after", ""))
    context = {
        "section": "studies",
        "study": found,
        "page": page,
        "count": CappedCount.at_most(found.mention_count),
        "voted": PostVote.of(request.user, page.rows),
    }
    return render(request, "studies/mentions.html", context)


@require_safe
def wanted(request: HttpRequest) -> HttpResponse:
    """The works that posts mention and the library does not have, those of most posts first."""
    context = {
        "section": "studies",
        "page": page_of_wanted(request.GET.get("after", "")),
        "count": capped_count(MentionedWork.objects.wanted()),
        "ask": _address("studies:suggest"),
    }
    return render(request, "studies/wanted.html", context)


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
