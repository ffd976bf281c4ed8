"""Where a member is told of what."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from notices import kinds
from notices.models import Preference


class PreferencesForm(forms.Form):
    """One choice for each registered kind of notification."""

    def __init__(self, *arguments, member, **options) -> None:
        super().__init__(*arguments, **options)
        self.member = member
        chosen = dict(Preference.objects.filter(member=member).values_list("kind", "place"))
        for kind in kinds.all_kinds():
            self.fields[kind.name] = forms.ChoiceField(
                label=kind.title,
                choices=Preference.Place.choices,
                initial=chosen.get(kind.name, Preference.DEFAULT),
            )

    def save(self) -> None:
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
