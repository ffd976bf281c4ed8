"""Where a member is told of what."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from notices import kinds
from notices.models import Digest, Preference


class PreferencesForm(forms.Form):
    """Whether there is a digest, and one choice for each registered kind of notification."""

    digest = forms.ChoiceField(
        label="Digest by mail",
        help_text="What you have not read on the site, in one mail; on days with nothing there is none.",
        choices=[("", "None"), *Digest.Every.choices],
        required=False,
    )

    def __init__(self, *arguments, member, **options) -> None:
        super().__init__(*arguments, **options)
        self.member = member
        digest = Digest.objects.filter(member=member).first()
        self.fields["digest"].initial = digest.every if digest else ""
        chosen = dict(Preference.objects.filter(member=member).values_list("kind", "place"))
        for kind in kinds.all_kinds():
            self.fields[kind.name] = forms.ChoiceField(
                label=kind.title,
                choices=Preference.Place.choices,
                initial=chosen.get(kind.name, Preference.DEFAULT),
            )

    @transaction.atomic
    def save(self) -> None:
        Digest.choose(self.member, self.cleaned_data.pop("digest"))
        Preference.objects.bulk_create(
            [Preference(member=self.member, kind=kind, place=place) for kind, place in self.cleaned_data.items()],
            update_conflicts=True,
            unique_fields=["member", "kind"],
            update_fields=["place"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST if request.method == "POST" else None, member=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("notices:preferences")
    return render(request, "notices/preferences.html", {"form": form}, status=422 if form.errors else 200)
