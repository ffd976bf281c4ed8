"""A member's own settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.forms import AppearanceForm, BioForm, PrivacyForm
from accounts.language import spoken_to
from accounts.models import Flair, Member
from accounts.models.flair import orcid_of, show_orcid
from common import limiting


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    form = BioForm(request.POST if request.method == "POST" else None, initial={"bio": request.user.bio})
    if request.method == "POST" and form.is_valid():
        before = request.user.bio_html
        try:
            with transaction.atomic():
                request.user.describe(form.cleaned_data["bio"])
                limiting.count_words(request, request.user.bio_html, before)
        except limiting.Refusal as refused:
            request.user.refresh_from_db(fields=["bio", "bio_html"])
            form.add_error("bio", str(refused))
            return refused.told_by(render(request, "accounts/settings.html", {"form": form}, status=refused.status))
        messages.success(request, gettext("Saved. This is how others see you now."))
        return redirect("accounts:settings")
    return render(request, "accounts/settings.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appearance(request: HttpRequest) -> HttpResponse:
    """How the pages look to this member: theme, size of text, language, time zone."""
    done = gettext_lazy("Saved. The pages look so from now on.")
    return _change(request, AppearanceForm, gettext("Appearance"), done)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def privacy(request: HttpRequest) -> HttpResponse:
    """What others can find out about this member."""
    flair = Flair.objects.filter(member=request.user.pk).first()
    if flair and request.method == "POST" and "flair" in request.POST:
        flair.is_shown = request.POST["flair"] == "show"
        flair.save()
        messages.success(request, gettext("Saved."))
        return redirect("accounts:privacy")
    orcid = orcid_of(request.user.pk)
    if orcid and request.method == "POST" and "orcid" in request.POST:
        show_orcid(request.user.pk, request.POST["orcid"] == "show")
        messages.success(request, gettext("Saved."))
        return redirect("accounts:privacy")
    return _change(request, PrivacyForm, gettext("Privacy"), gettext_lazy("Saved."), flair=flair, orcid=orcid)


def _change(request: HttpRequest, kind: type[forms.ModelForm], title: str, done: Any, **more: Any) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/choices.html", {"form": kind(instance=request.user), "title": title, **more})
    form = kind(request.POST, instance=Member.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return render(request, "accounts/choices.html", {"form": form, "title": title, **more}, status=422)
    form.instance.save(update_fields=list(form.fields))
    with spoken_to(form.instance):  # who has just chosen another is told so in it
        messages.success(request, str(done))
    return redirect(request.path)
