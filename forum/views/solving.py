"""Marking the comment that answered a post."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from forum import solving
from forum.errors import Locked
from forum.models import Comment
from moderation import limits


@require_POST
@login_required
def comment_answer(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, solving.mark, gettext("This comment is the answer now."))


@require_POST
@login_required
def comment_no_answer(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, solving.withdraw, gettext("This comment is not the answer any more."))


def _decide(request: HttpRequest, pk: int, verb: Callable[..., None], done: str) -> HttpResponse:
    readable = Comment.objects.visible_to(request.user).select_related("post__category")
    comment = get_object_or_404(readable, pk=pk)
    if not solving.may_mark(comment.post, request.user):
        raise PermissionDenied(gettext("Only the author of the post and moderators can say which comment answered it."))
    limits.count(request, "edit")
    try:
        verb(comment, request.user)
    except Locked:
        messages.error(request, gettext("That comment can't be marked any more."))
    else:
        messages.success(request, done)
    return redirect(comment)
