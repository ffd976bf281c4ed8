"""A member's drafts: kept while they type, listed, discarded."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from common.paging import paginate
from forum import drafts
from forum.models import Draft
from moderation import limits


@require_safe
@login_required
def drafts_list(request: HttpRequest) -> HttpResponse:
    """All that this member has typed and not sent."""
    page = paginate(request.user.drafts.all(), ("-updated_at", "-pk"), request.GET.get("after", ""))
    page.rows = drafts.shown(page.rows, request.user)
    return render(request, "forum/drafts/list.html", {"page": page, "most": drafts.MOST, "days": drafts.KEPT.days})


@require_POST
@never_cache
def draft_keep(request: HttpRequest, kind: str, thing_id: int) -> HttpResponse:
    """Keep what the form holds. htmx asks while the member types, the button "Keep as draft" when it is pressed."""
    if not request.user.is_authenticated and request.htmx:
        # Sending them to sign in would take the page with their words away.
        return HttpResponse(gettext("Not kept: you are signed out."), status=403)
    return _keep(request, kind, thing_id)


@login_required
def _keep(request: HttpRequest, kind: str, thing_id: int) -> HttpResponse:
    writing = drafts.keeper(request, kind, thing_id)
    writing.place = drafts.place_for(request.user, kind, thing_id)
    if instead := request.POST.get("instead", ""):
        writing.seen = instead[:40]
    try:
        limits.count(request, "draft")
        kept = drafts.keep(request.user, writing, drafts.typed(kind, request.POST))
    except limits.TooMany as refused:
        return refused.told_by(_not_kept(request, writing, str(refused), 429))
    except drafts.NewerDraft as newer:
        return _not_kept(request, writing, "", 409, newer=newer.draft)
    except (drafts.NotKept, forms.ValidationError) as refused:
        return _not_kept(request, writing, " ".join(getattr(refused, "messages", [str(refused)])), 422)
    if request.htmx:
        return render(request, "forum/drafts/_said.html", {"kept": kept, "writing": writing})
    if "picture" in request.POST:
        # Their words are kept; after the picture the way leads back to them.
        return redirect(f"{reverse('forum:picture_new')}?for={kind}/{thing_id}")
    messages.success(request, gettext("Kept as a draft.") if kept else gettext("There was nothing to keep."))
    return redirect(writing.place.address)


def _not_kept(request: HttpRequest, writing: drafts.Keeper, why: str, status: int, newer=None) -> HttpResponse:
    context = {"writing": writing, "why": why, "newer": newer}
    if request.htmx:
        return render(request, "forum/drafts/_said.html", context, status=status)
    names = (name for name in drafts.FORMS[writing.place.kind].base_fields if request.POST.get(name))
    context["typed"] = [(name, request.POST[name]) for name in names]
    return render(request, "forum/drafts/not_kept.html", context, status=status)


@require_POST
@login_required
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a draft of one's own. One that is gone already is not found, as another's is not."""
    found = get_object_or_404(Draft.objects.filter(member=request.user.pk), pk=pk)
    found.delete()
    messages.success(request, gettext("The draft is discarded."))
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if safe else "forum:drafts")
