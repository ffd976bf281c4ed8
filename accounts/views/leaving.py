"""Leaving, and thinking better of it."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import leaving
from accounts.forms import LeaveForm
from accounts.models import Leaving
from accounts.models.leaving import UNDO
from common.personal import Choice


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave(request: HttpRequest) -> HttpResponseBase:
    """Says what leaving does; POST asks for the password and then closes the account."""
    form = LeaveForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _leave(request, Choice(form.cleaned_data["choice"]))
    return _page(request, form, 422 if form.errors else 200)


@reauthentication_required
def _leave(request: HttpRequest, choice: Choice) -> HttpResponse:
    try:
        asked = leaving.ask(request.user, choice)
    except leaving.MustHandOver:
        form = LeaveForm(request.user)
        return _page(request, form, 422)
    logout(request)
    return redirect(asked.path)


def _page(request: HttpRequest, form: LeaveForm, status: int) -> HttpResponse:
    must_hand_over = request.user.is_staff or request.user.is_superuser
    context = {"form": form, "days": UNDO.days, "must_hand_over": must_hand_over}
    return render(request, "accounts/leave.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stay(request: HttpRequest, token: str) -> HttpResponse:
    """The farewell behind a signed link, which POST takes back."""
    found = Leaving.behind(token)
    if found is None:
        raise Http404(gettext("This link leads nowhere any more."))
    if request.method == "POST":
        if not leaving.stay(found):
            raise Http404(gettext("This link leads nowhere any more."))
        messages.success(request, gettext("Your account is open again. Good to have you here; please sign in."))
        return redirect("account_login")
    return render(request, "accounts/stay.html", {"leaving": found})
