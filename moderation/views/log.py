"""The public log of what moderators did."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.paging import paginate
from moderation.models import Action


@require_safe
def public_log(request: HttpRequest) -> HttpResponse:
    """What was done, why, and in which role; by whom only moderators see. Nothing in it shows what was hidden."""
    actions = Action.objects.select_related("content_type", "moderator")
    page = paginate(actions, ("-pk",), request.GET.get("after", ""), 50)
    return render(request, "moderation/log.html", {"section": "moderation", "page": page})
