"""Writing without one's name: a member's own list of it, and a moderator who must know who wrote a thing."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import to_second_factor
from common.paging import paginate
from forum import masks
from forum.models import Comment, Post, PostVote
from moderation.forms import ReasonForm


@require_safe
@never_cache
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """What this member posted without their name; nobody else sees it."""
    posts = masks.things_of(request.user)[0].filter(deleted_at__isnull=True)
    page = paginate(posts.for_list(), ("-posted_at", "-pk"), request.GET.get("after", ""))
    context = {"section": "community", "page": page, "voted": PostVote.of(request.user, page.rows)}
    return render(request, "forum/masks/mine.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def unmask(request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
    """GET asks why; POST logs that and shows who wrote it, on that page alone: no address leads to it again."""
    if request.user.lacks_second_factor:
        return to_second_factor(request)
    if not masks.can_unmask(request.user):
        raise PermissionDenied(gettext("Only moderators may ask who wrote this."))
    things = Post.objects.all() if kind == "post" else Comment.objects.select_related("post")
    thing = get_object_or_404(things.exclude(pseudonym=""), pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    context = {"section": "community", "thing": thing, "kind": kind, "form": form}
    if request.method != "POST":
        return render(request, "forum/masks/unmask.html", context)
    if not form.is_valid():
        return render(request, "forum/masks/unmask.html", context, status=422)
    context["member"] = masks.unmask(thing, request.user, form.cleaned_data["reason"], request)
    return render(request, "forum/masks/unmask.html", context | {"is_told": True})
