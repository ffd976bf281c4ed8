"""Home and about."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from forum import visits
from forum.models import Category, PostVote
from moderation import spam_check
from moderation.limits import limits
from pages.home import hot_posts, new_studies
from studies.models import SavedStudy


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    posts, studies = hot_posts(request.user), new_studies()
    visits.mark(request.user, posts)
    return render(
        request,
        "pages/home.html",
        {
            "posts": posts,
            "studies": studies,
            "saved": SavedStudy.of(request.user, studies),
            "categories": Category.objects.all(),
            "voted": PostVote.of(request.user, posts),
        },
    )


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    asked = urlsplit(settings.SPAM_CHECK_URL).hostname if spam_check.is_on() else ""
    return render(request, "pages/about.html", {"spam_check": asked, "below": settings.SPAM_CHECK_BELOW})


LINES = ("new", "member", "trusted", "network")


@require_safe
def about_limits(request: HttpRequest) -> HttpResponse:
    """How often anybody may do what, from the one table of it."""
    rows = [
        {
            "title": row["title"],
            **{name: ", ".join(map(str, limits(row.get(name, "")))) for name in LINES},
        }
        for row in settings.LIMITS.values()
    ]
    return render(request, "pages/limits.html", {"rows": rows})
