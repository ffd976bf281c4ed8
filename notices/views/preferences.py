"""Where a member is told of what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from notices import kinds, push
from notices.models import Device, Digest, Preference

ON_DEVICES = "on_devices"


class PreferencesForm(forms.Form):
    """Whether there is a digest, and one choice for each registered kind of notification."""

    digest = forms.ChoiceField(
        label=_("Digest by mail"),
        help_text=_("What you have not read on the site, in one mail; on days with nothing there is none."),
        choices=[("", _("None")), *Digest.Every.choices],
        required=False,
    )

    def __init__(self, *arguments, member, **options) -> None:
        super().__init__(*arguments, **options)
        self.member = member
        digest = Digest.objects.filter(member=member).first()
        self.fields["digest"].initial = digest.every if digest else ""
        rows = {row.kind: row for row in Preference.objects.filter(member=member)}
        chosen = {name: row.place for name, row in rows.items()}
        offered = kinds.kinds_for(member)
        for kind in offered:
            self.fields[kind.name] = forms.ChoiceField(
                label=gettext(kind.title),
                choices=Preference.Place.choices,
                initial=chosen.get(kind.name, Preference.DEFAULT),
            )

        if push.is_on():
            on_devices = {
                kind.name: kind.is_personal
                if kind.name not in rows or rows[kind.name].push is None
                else rows[kind.name].push
                for kind in offered
            }
            self.fields[ON_DEVICES] = forms.MultipleChoiceField(
                label=gettext("Also on my devices"),
                choices=[(kind.name, gettext(kind.title)) for kind in offered],
                initial=[name for name, is_on in on_devices.items() if is_on],
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )

    @transaction.atomic
    def save(self) -> None:
        Digest.choose(self.member, self.cleaned_data.pop("digest"))
        told = self.cleaned_data.pop(ON_DEVICES, None)
        Preference.objects.bulk_create(
            [
                Preference(member=self.member, kind=kind, place=place, push=None if told is None else kind in told)
                for kind, place in self.cleaned_data.items()
            ],
            update_conflicts=True,
            unique_fields=["member", "kind"],
            update_fields=["place"] if told is None else ["place", "push"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST if request.method == "POST" else None, member=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, gettext("Saved."))
        return redirect("notices:preferences")
    context: dict[str, Any] = {"form": form}
    if push.is_on():
        context |= {"devices": Device.objects.filter(member=request.user.pk), "push_key": push.public_key()}
    return render(request, "notices/preferences.html", context, status=422 if form.errors else 200)
