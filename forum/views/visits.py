"""Reading on: to the first comment that is new, and marking a list as read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from common.models import Tag
from forum import visits
from forum.models import Category, Post

LISTS: dict[str, Any] = {"category": Category, "tag": Tag}


@require_safe
@login_required
def first_new(request: HttpRequest, pk: int) -> HttpResponse:
    """To the first comment that came since the last visit, in its place; to the comments where none did."""
    post = get_object_or_404(Post.objects.readable_by(request.user), pk=pk)
    news = visits.news_of(request.user, post)
    if news is None or news.first is None:
        return redirect(f"{post.get_absolute_url()}#comments")
    return redirect("forum:comment", news.first)


@require_POST
@login_required
def mark_all_read(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Mark a whole list as read, whatever number of posts it holds, and go back to it."""
    if kind == "all":
        back, pk = reverse("forum:community"), 0
    elif kind in LISTS:
        back = get_object_or_404(LISTS[kind], pk=pk).get_absolute_url()
    else:
        raise Http404(gettext("There is no such list."))
    visits.mark_all(request.user, kind, pk)
    messages.success(request, gettext("All of it is marked as read."))
    return redirect(back)
