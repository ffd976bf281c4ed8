"""A member's own avatar: sending one, taking it away."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import avatars
from accounts.models import Member
from common.pictures import taking
from common.pictures.uploading import UPLOADS, PictureField
from common.uploads import takes_large_uploads
from moderation import limits, log
from moderation.forms import ReasonForm


class AvatarForm(forms.Form):
    file = PictureField(kept=_("Its middle is cut out as a square; nothing else of it is kept."))


@takes_large_uploads(UPLOADS)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def avatar(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, AvatarForm())
    form = AvatarForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        limits.count(request, "upload")
        avatars.take(request.user, form.cleaned_data["file"].read())
    except limits.TooMany as refused:
        form.add_error(None, str(refused))
        return refused.told_by(_page(request, form, 429))
    except taking.Refused as refused:
        form.add_error("file", str(refused))
        return _page(request, form, refused.status)
    messages.success(request, gettext("This picture stands beside your name now."))
    return redirect("pages:avatar")


def _page(request: HttpRequest, form: AvatarForm, status: int = 200) -> HttpResponse:
    return render(request, "accounts/avatar.html", {"form": form}, status=status)


@require_POST
@login_required
def avatar_remove(request: HttpRequest) -> HttpResponse:
    """Back to the drawn one. Pressing twice does no more than once."""
    avatars.remove(request.user)
    messages.success(request, gettext("Your picture is gone; the drawn one stands beside your name."))
    return redirect("pages:avatar")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def avatar_take_away(request: HttpRequest, name: str) -> HttpResponse:
    """A moderator takes a member's picture away, with a reason, which stands in the log."""
    if not request.user.is_moderator:
        raise PermissionDenied(gettext("Only moderators may do this."))
    member = get_object_or_404(Member.objects.filter(is_active=True), username__iexact=name)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        context = {"member": member, "form": form}
        return render(request, "accounts/avatar_take_away.html", context, status=422 if form.errors else 200)
    with transaction.atomic():
        if avatars.remove(member):
            log.record(request.user, "remove the avatar of", member, form.cleaned_data["reason"])
    messages.success(request, gettext("The drawn picture stands there now."))
    return redirect(member)
