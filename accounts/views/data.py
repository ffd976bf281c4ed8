"""All of a member's own data, to take along."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import DataCopy
from accounts.models.data_copy import KEPT
from common import limiting, personal
from common.files import file_answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def data(request: HttpRequest) -> HttpResponseBase:
    """What a copy holds, and the copy that is there or being made. POST has one made, after the password."""
    if request.method == "POST":
        return _ask(request)
    copies = list(DataCopy.objects.filter(member=request.user.pk))
    return render(
        request,
        "accounts/data.html",
        {
            "open": next((copy for copy in copies if copy.is_open), None),
            "ready": next((copy for copy in copies if copy.can_be_fetched), None),
            "has_failed": bool(copies) and copies[0].state == DataCopy.State.FAILED,
            "days": KEPT.days,
            "parts": [part.about for part in personal.parts() if part.name],
        },
    )


@reauthentication_required
def _ask(request: HttpRequest) -> HttpResponseBase:
    if not DataCopy.objects.filter(member=request.user.pk, state__in=DataCopy.OPEN).exists():
        limiting.count(request, "copy")
    DataCopy.ask(request.user)
    messages.success(request, gettext("Your copy is being made. We send you a mail when it is ready."))
    return redirect("accounts:data")


@require_safe
@login_required
def data_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of a copy, for its member alone."""
    copy = get_object_or_404(DataCopy, pk=pk, member=request.user.pk)
    if not copy.can_be_fetched:
        raise Http404(gettext("This copy is not here any more."))
    return _send(request, copy)


@reauthentication_required
def _send(request: HttpRequest, copy: DataCopy) -> HttpResponseBase:
    try:
        answer = file_answer(request, copy.path, "application/zip")
    except FileNotFoundError:
        raise Http404(gettext("This copy is not here any more.")) from None
    day = timezone.localtime(copy.ready_at).date().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="{request.user.username}-{day}.zip"'
    return answer
