"""What the composer asks while a member writes."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from common import tags as tagging
from common.text import clean_line
from moderation.limits import TooMany, count_reading
from pages.writing import suggest

TYPED_LIMIT = 1000  # characters of a title or a line of tags that are looked at


@login_required
@require_POST
def suggestions(request: HttpRequest) -> HttpResponse:
    """Studies and posts on the title and tags typed so far, as a piece of the composer.

    Who asks too often is told nothing new: it is a help, and its absence no fault.
    """
    try:
        count_reading(request, "search")
    except TooMany:
        return HttpResponse(status=204)
    return render(request, "pages/_suggestions.html", {"suggested": suggested_for(request)})


def suggested_for(request: HttpRequest):
    typed = request.POST
    post = typed.get("post", "")
    return suggest(
        clean_line(typed.get("title", "")[:TYPED_LIMIT]),
        tagging.parse(clean_line(typed.get("tags", "")[:TYPED_LIMIT])),
        request.user,
        exclude=int(post) if post.isascii() and post.isdecimal() and len(post) < 19 else 0,
    )
