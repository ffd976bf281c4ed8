"""Following: the button on a thing's page, and the page of all that a member follows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from common.paging import paginate
from notices import following
from notices.models import Follow

HEADINGS = (gettext_noop("What you are told of this post"),)  # of what has levels
TOO_MANY = format_lazy(
    _("You follow {most_follows} things, which is as many as anyone can. End another follow first."),
    most_follows=following.MOST_FOLLOWS,
)


@require_safe
@login_required
def follows(request: HttpRequest) -> HttpResponse:
    """All that the member follows, what was followed last first."""
    mine = Follow.objects.filter(member=request.user.pk).select_related("content_type")
    page = paginate(mine, ("-pk",), request.GET.get("after", ""))
    kinds = {each.model: each for each in following.followables()}
    for row in page.rows:
        row.kind = kinds.get(row.content_type.model_class())
    # What is out of sight is not named here either.
    for kind in {row.kind for row in page.rows if row.kind}:
        rows = [row for row in page.rows if row.kind == kind]
        seen = kind.seen_by(request.user).in_bulk([row.object_id for row in rows])
        for row in rows:
            row.seen = seen.get(row.object_id)
    return render(request, "notices/following.html", {"page": page})


@require_POST
@login_required
def follow(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    followable, thing = _thing(request, kind, pk)
    level = request.GET.get("level", Follow.Level.EVERYTHING)
    if level not in Follow.Level.values or (level != Follow.Level.EVERYTHING and not followable.has_levels):
        raise Http404(gettext("This can't be followed at such a level."))
    try:
        following.follow(request.user, thing, level)
    except following.TooManyFollows:
        if request.htmx:
            level = following.level_of(request.user, thing)
            return _button(request, followable, thing, level, problem=TOO_MANY, status=409)
        messages.error(request, TOO_MANY)
        return redirect(thing)
    return _button(request, followable, thing, level) if request.htmx else redirect(thing)


@require_POST
@login_required
def unfollow(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    followable, thing = _thing(request, kind, pk)
    _end(request.user, followable, thing)
    level = Follow.Level.NOTHING if followable.has_levels else ""
    return _button(request, followable, thing, level) if request.htmx else redirect(thing)


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a follow from the page of them all, also of a thing that is gone."""
    mine = Follow.objects.filter(member=request.user.pk, pk=pk)
    with_levels = [each.model for each in following.followables() if each.has_levels]
    kept = [kind.pk for kind in ContentType.objects.get_for_models(*with_levels).values()]
    # Taking part again must not begin it anew, so this choice is kept.
    if not mine.filter(content_type__in=kept).update(level=Follow.Level.NOTHING, is_automatic=False):
        mine.delete()
    return redirect("notices:following")


def _end(member: Any, followable: following.Followable, thing: Any) -> None:
    if followable.has_levels:
        following.follow(member, thing, Follow.Level.NOTHING)
    else:
        following.unfollow(member, thing)


def _thing(request: HttpRequest, kind: str, pk: int) -> tuple[following.Followable, Any]:
    """The kind and what is to be followed, if the member may know of it; else ``Http404``."""
    for each in following.followables():
        if each.name == kind:
            return each, get_object_or_404(each.seen_by(request.user), pk=pk)
    raise Http404(gettext("There is no such kind of thing to follow."))


def _button(
    request: HttpRequest, followable: following.Followable, thing: Any, level: str, *, problem: str = "", status=200
) -> HttpResponse:
    context = {
        "kind": followable.name, "thing": thing, "is_followed": bool(level), "level": level, "problem": problem,
    }  # fmt: skip
    template = "notices/_follow_levels.html" if followable.has_levels else "notices/_follow.html"
    return render(request, template, context, status=status)
