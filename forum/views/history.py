"""What an edit changed: for everybody who may read the thing."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from forum.forms import RemovalForm
from forum.history import read_history, remove_version, revisions_of, with_history_for
from forum.models import Removal
from moderation import limits


@require_safe
def history(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Each change of the words, the newest first."""
    thing = get_object_or_404(with_history_for(kind, request.user), pk=pk)
    page, first = read_history(kind, thing, request.user, request.GET.get("after", ""))
    context = {"section": "community", "kind": kind, "thing": thing, "page": page, "first": first}
    context["is_mine"] = thing.is_by(request.user)
    # A comment stays where its post was deleted; the post's title does not.
    context["names_post"] = kind == "comment" and thing.post.can_be_read_by(request.user)
    return render(request, "forum/history.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, kind: str, pk: int, revision: int) -> HttpResponse:
    """Take an earlier version of one's own words out of the history. Asks why first."""
    thing = get_object_or_404(with_history_for(kind, request.user), pk=pk)
    if not thing.is_by(request.user):
        raise PermissionDenied(gettext("Only its author can have an earlier version taken out."))
    version = get_object_or_404(revisions_of(kind, thing), pk=revision)
    if Removal.objects.filter(kind=kind, revision_id=version.pk).exists():
        return redirect(reverse(f"forum:{kind}_history", args=[pk]))
    form = RemovalForm(request.POST if request.method == "POST" else None)
    context = {"kind": kind, "thing": thing, "version": version, "form": form}
    if request.method != "POST":
        return render(request, "forum/remove_version.html", context)
    if not form.is_valid():
        return render(request, "forum/remove_version.html", context, status=422)
    if refused := limits.refusal(request, "edit", form):
        return refused.told_by(render(request, "forum/remove_version.html", context, status=429))
    remove_version(kind, thing, version.pk, request.user, form.cleaned_data["reason"])
    messages.success(request, gettext("That version is taken out. In 30 days its words are erased."))
    return redirect(reverse(f"forum:{kind}_history", args=[pk]))
