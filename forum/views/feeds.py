"""The community's lists as Atom."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from common.feeds import atom
from forum.feeds import GUEST, newest_comments, newest_posts
from forum.models import Category, Post


@require_safe
def community(request: HttpRequest) -> HttpResponseBase:
    return atom(request, title="Community", url=reverse("forum:community"), entries=newest_posts())


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponseBase:
    shelf = get_object_or_404(Category, slug=slug)
    return atom(request, title=shelf.name, url=shelf.get_absolute_url(), entries=newest_posts(category=shelf))


@require_safe
def comments(request: HttpRequest, pk: int, slug: str) -> HttpResponseBase:
    """The newest comments on a post that everyone may see."""
    post = get_object_or_404(Post.objects.visible_to(GUEST), pk=pk)
    if slug != post.slug:
        return redirect("forum:post_feed", pk, post.slug, permanent=True)
    return atom(request, title=f"Comments on “{post}”", url=post.get_absolute_url(), entries=newest_comments(post))
