"""What a member has been told."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.paging import paginate
from notices.models import Notification


@require_safe
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """The member's own notifications, newest first."""
    told = Notification.objects.filter(member=request.user.pk)
    page = paginate(told, ("-told_at", "-pk"), request.GET.get("after", ""))
    return render(request, "notices/notifications.html", {"page": page})
