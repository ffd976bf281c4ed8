"""A member's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.forms import BioForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    form = BioForm(request.POST if request.method == "POST" else None, initial={"bio": request.user.bio})
    if request.method == "POST" and form.is_valid():
        request.user.describe(form.cleaned_data["bio"])
        messages.success(request, "Saved. This is how others see you now.")
        return redirect("accounts:settings")
    return render(request, "accounts/settings.html", {"form": form}, status=422 if form.errors else 200)
