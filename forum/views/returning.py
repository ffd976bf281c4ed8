"""Where a page leads after a press, without JavaScript: back to where one read on."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from common.addresses import page_of
from forum.models import Comment, Post


def back_to(thing: Post | Comment, request: HttpRequest) -> HttpResponse:
    """The page of the thread on which a comment's button was pressed; else the thing alone, in its place."""
    page = page_of(request)
    if isinstance(thing, Comment) and unquote(urlsplit(page).path) == unquote(thing.post.get_absolute_url()):
        return redirect(f"{page}#comment-{thing.pk}")
    return redirect(thing)
