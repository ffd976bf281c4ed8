"""Reactions: telling of a post in one press, or with a comment where the kind asks for one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from forum import reactions
from forum.errors import Locked
from forum.forms import CommentForm
from forum.models import Post, ReactionKind
from forum.views.comments import LOCKED
from moderation import limits


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def react(request: HttpRequest, pk: int, kind: int) -> HttpResponse:
    """POST tells it. GET gives the form of a kind that asks for a comment; one that asks for none has no page."""
    post, told = _post(request, pk, kind)
    if not reactions.can_react(post, request.user):
        raise PermissionDenied(gettext("What you wrote yourself is told by your own words."))
    if not told.asks_for_comment:
        if request.method != "POST":
            return redirect(post)
        limits.count(request, "reaction")
        reactions.react(post, told, request.user)
        return _answer(request, post)
    if not post.can_be_answered_by(request.user) and request.method != "POST":
        raise PermissionDenied(gettext("Nobody can answer here any more."))
    form = CommentForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _form(request, post, told, form)
    if not form.is_valid():
        return _form(request, post, told, form, 422)
    try:
        with transaction.atomic():
            words, token = form.cleaned_data["body"], form.cleaned_data["token"]
            if reactions.react(post, told, request.user, words, token).is_fresh:
                limits.count(request, "reaction")
                limits.count(request, "comment")
    except limits.TooMany as refused:
        form.add_error(None, str(refused))
        return refused.told_by(_form(request, post, told, form, refused.status))
    except Locked:
        form.add_error(None, LOCKED)
        return _form(request, post, told, form, 409)
    return redirect(f"{post.get_absolute_url()}#comments")


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: int, kind: int) -> HttpResponse:
    """Take it back; a comment written with it stays."""
    post, told = _post(request, pk, kind)
    limits.count(request, "reaction")
    reactions.withdraw(post, told, request.user)
    return _answer(request, post)


def _post(request: HttpRequest, pk: int, kind: int) -> tuple[Post, ReactionKind]:
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("category"), pk=pk)
    return post, get_object_or_404(reactions.kind_on(post, kind))


def _answer(request: HttpRequest, post: Post) -> HttpResponse:
    if request.htmx:
        return render(request, "forum/reactions/_reactions.html", {"post": post})
    return redirect(post)


def _form(request: HttpRequest, post: Post, told: ReactionKind, form: CommentForm, status: int = 200) -> HttpResponse:
    context = {"section": "community", "post": post, "kind": told, "form": form}
    return render(request, "forum/reactions/tell.html", context, status=status)
