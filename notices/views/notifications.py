"""What a member has been told, and what of it they have read."""

from __future__ import annotations

from datetime import UTC

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from common.paging import paginate
from notices.models import Notification
from notices.telling import unread_count


@require_safe
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """The member's own notifications, newest first, day by day."""
    page = paginate(Notification.objects.of(request.user), ("-told_at", "-pk"), request.GET.get("after", ""))
    return render(request, "notices/notifications.html", {"page": page})


@require_POST
@login_required
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it read, and go to what it tells of."""
    told = get_object_or_404(Notification.objects.of(request.user), pk=pk)
    told.mark_read()
    return redirect(told.url)


@require_POST
@login_required
def read_one(request: HttpRequest, pk: int) -> HttpResponse:
    told = get_object_or_404(Notification.objects.of(request.user), pk=pk)
    told.mark_read()
    if request.htmx:
        return render(request, "notices/_notification.html", {"told": told})
    return redirect("notices:notifications")


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark as read all that was told until the page was drawn, which the form names."""
    try:
        until = parse_datetime(request.POST.get("until", ""))
        if until is None or until.tzinfo is None:
            raise ValueError
        until = until.astimezone(UTC)  # PostgreSQL knows no zone as far off as Python does
    except (ValueError, OverflowError) as error:
        raise BadRequest(
            gettext("The form does not tell until when. Please reload the page and press again.")
        ) from error
    Notification.objects.of(request.user).read_until(until)
    return redirect("notices:notifications")


@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """The bell of the page's head, which an open page asks for every minute: 304 while nothing has changed.

    Costs one probe of an index beyond the session. A guest, whose sign-in has ended behind an open page, gets nothing.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    count = unread_count(request.user)
    tag = f'"{count}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    answer = render(request, "notices/_bell.html", {"unread_notifications": count})
    answer["ETag"] = tag
    return answer
