"""Where a member is signed in: seen and ended."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts import devices


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """GET lists the member's own sessions, newest first; POST ends one of them, or all but this one."""
    if request.method == "POST":
        return _end(request, request.POST.get("end", ""))
    alive = UserSession.objects.purge_and_list(request.user)
    alive.sort(key=lambda session: session.last_seen_at, reverse=True)
    for session in alive:
        session.device = devices.name_of(session.user_agent)
    return render(request, "accounts/sessions.html", {"sessions": alive})


def _end(request: HttpRequest, which: str) -> HttpResponse:
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    if which == "others":
        ended = list(others)
    else:
        number = int(which) if which.isascii() and which.isdecimal() and len(which) < 19 else 0
        ended = [get_object_or_404(others, pk=number)]
    for session in ended:
        session.end()
    messages.success(request, gettext("Ended.") if ended else gettext("There was no other session."))
    return redirect("accounts:sessions")
