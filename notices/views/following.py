"""Following: the button on a thing's page, and the page of all that a member follows."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from common.paging import paginate
from notices import following
from notices.models import Follow

TOO_MANY = f"You follow {following.MOST_FOLLOWS} things, which is as many as anyone can. End another follow first."


@require_safe
@login_required
def follows(request: HttpRequest) -> HttpResponse:
    """All that the member follows, what was followed last first."""
    mine = Follow.objects.filter(member=request.user.pk).select_related("content_type").prefetch_related("thing")
    page = paginate(mine, ("-pk",), request.GET.get("after", ""))
    kinds = {each.model: each for each in following.followables()}
    for row in page.rows:
        row.kind = kinds.get(row.content_type.model_class())
    return render(request, "notices/following.html", {"page": page})


@require_POST
@login_required
def follow(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    thing = _thing(request, kind, pk)
    try:
        following.follow(request.user, thing)
    except following.TooManyFollows:
        if request.htmx:
            context = {"kind": kind, "thing": thing, "is_followed": False, "problem": TOO_MANY}
            return render(request, "notices/_follow.html", context, status=409)
        messages.error(request, TOO_MANY)
        return redirect(thing)
    return _answer(request, kind, thing, is_followed=True)


@require_POST
@login_required
def unfollow(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    thing = _thing(request, kind, pk)
    following.unfollow(request.user, thing)
    return _answer(request, kind, thing, is_followed=False)


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a follow from the page of them all, also of a thing that is gone."""
    Follow.objects.filter(member=request.user.pk, pk=pk).delete()
    return redirect("notices:following")


def _thing(request: HttpRequest, kind: str, pk: int):
    """What is to be followed, if the member may know of it; else ``Http404``."""
    for each in following.followables():
        if each.name == kind:
            return get_object_or_404(each.seen_by(request.user), pk=pk)
    raise Http404("There is no such kind of thing to follow.")


def _answer(request: HttpRequest, kind: str, thing, *, is_followed: bool) -> HttpResponse:
    if request.htmx:
        return render(request, "notices/_follow.html", {"kind": kind, "thing": thing, "is_followed": is_followed})
    return redirect(thing)
