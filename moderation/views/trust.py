"""Levels of trust: what they ask for, and a moderator's hand on one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Member
from accounts.permissions import moderators_only
from moderation import trust
from moderation.forms import TrustForm
from moderation.models import Trust


@require_safe
def trust_levels(request: HttpRequest) -> HttpResponse:
    """What each level asks for; for a member, where they stand."""
    context: dict[str, Any] = {"levels": trust.levels(), "penalty_days": settings.TRUST_PENALTY_DAYS}
    if request.user.is_authenticated:
        context |= {"facts": trust.facts_of(request.user.pk), "level": trust.level_of(request.user)}
    return render(request, "moderation/trust.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@moderators_only
def member_trust(request: HttpRequest, name: str) -> HttpResponseBase:
    """What a member's level is made of; POST holds it still, or lets it go."""
    member = get_object_or_404(Member, username__iexact=name)
    form = TrustForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if member.pk == request.user.pk:
            raise PermissionDenied(gettext("Nobody decides about their own level."))
        if form.is_valid():
            trust.fix(member, request.user, form.cleaned_data["level"], form.cleaned_data["reason"])
            messages.success(
                request,
                gettext("Done. %(username)s stands at level %(member)s.")
                % {"username": member.username, "member": trust.level_of(member)},
            )
            return redirect("moderation:member_trust", member.username)
        status = 422
    facts = trust.facts_of(member.pk)
    kept = Trust.objects.select_related("held_by").filter(member=member).first()
    context = {"member": member, "kept": kept, "facts": facts, "earned": trust.earned(facts), "form": form}
    return render(request, "moderation/member_trust.html", context | {"level": trust.level_of(member)}, status=status)
