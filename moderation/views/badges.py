"""All badges."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from moderation import badges as rules


@require_safe
def badges(request: HttpRequest) -> HttpResponse:
    """What earns each badge, and how many have it."""
    counts = rules.counts()
    rows = [(badge, counts[badge.name]) for badge in rules.all_badges()]
    return render(request, "moderation/badges.html", {"rows": rows, "mine": rules.names_of(request.user)})
