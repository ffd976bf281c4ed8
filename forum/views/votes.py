"""Upvotes: pressing twice does no more than pressing once."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from forum.models import Comment, Post
from forum.views.returning import back_to
from moderation import limits

MODELS = {"post": Post, "comment": Comment}


@require_POST
@login_required
def upvote(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    thing = _thing(request, kind, pk)
    if not thing.can_be_upvoted_by(request.user):
        raise PermissionDenied(gettext("Your own words don't take your own upvote."))
    limits.count(request, "vote")
    thing.upvote(request.user)
    return _answer(request, kind, thing, voted={thing.pk})


@require_POST
@login_required
def withdraw(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    thing = _thing(request, kind, pk)
    limits.count(request, "vote")
    thing.withdraw(request.user)
    return _answer(request, kind, thing, voted=set())


def _thing(request: HttpRequest, kind: str, pk: int):
    return get_object_or_404(MODELS[kind].objects.visible_to(request.user), pk=pk)


def _answer(request: HttpRequest, kind: str, thing, voted: set[int]) -> HttpResponse:
    if request.htmx:
        return render(request, "forum/_vote.html", {"thing": thing, "kind": kind, "voted": voted})
    return back_to(thing, request)
