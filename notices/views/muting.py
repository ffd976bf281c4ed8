"""Muting: the buttons on rows and pages, and the page of all that a member mutes."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from common.paging import paginate
from notices import muting
from notices.models import Mute

TOO_MANY = _("You mute as much as anyone can. Unmute something on this page first.")


@require_safe
@login_required
def muted(request: HttpRequest) -> HttpResponse:
    """All that the member mutes and hides, what came last first."""
    page = paginate(Mute.objects.filter(member=request.user.pk), ("-pk",), request.GET.get("after", ""))
    for kind in muting.mutables():
        rows = [row for row in page.rows if row.kind == kind.name]
        # What is out of sight is not named here either.
        seen = kind.seen_by(request.user).in_bulk([row.object_id for row in rows]) if rows else {}
        for row in rows:
            row.title, row.seen = kind.title, seen.get(row.object_id)
    return render(request, "notices/muted.html", {"page": page})


@require_POST
@login_required
def mute(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Mute a thing, and say so with a button that undoes it."""
    mutable = _mutable(kind)
    thing = get_object_or_404(mutable.seen_by(request.user), pk=pk)
    if kind == "member" and pk == request.user.pk:
        raise PermissionDenied(gettext("Nobody can mute themselves."))
    try:
        muting.mute(request.user, kind, pk)
    except muting.TooManyMutes:
        messages.error(request, TOO_MANY)
        return redirect("notices:muted")
    told = {"kind": kind, "thing": thing, "back": _back(request)}
    if request.htmx:
        return render(request, "notices/_muted_now.html", told)
    messages.success(request, render_to_string("notices/_muted_words.html", told, request))
    return redirect(told["back"])


@require_POST
@login_required
def unmute(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """End a mute, also of a thing that is gone."""
    _mutable(kind)
    muting.unmute(request.user, kind, pk)
    messages.success(
        request, gettext("The post is back in your lists.") if kind == muting.POST else gettext("Not muted any more.")
    )
    return redirect(_back(request))


def _mutable(kind: str) -> muting.Mutable:
    for each in muting.mutables():
        if each.name == kind:
            return each
    raise Http404(gettext("There is no such kind of thing to mute."))


def _back(request: HttpRequest) -> str:
    """Where the button was pressed, if that is a page of ours."""
    back = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return back if safe else reverse("notices:muted")
