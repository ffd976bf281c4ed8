"""The devices on which a member is told, and the worker that shows it there."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from common.fetching import is_push_address
from notices import push
from notices.models import Device

# A word of what browsers call themselves, and what members call it; the first that fits.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip


class DeviceForm(forms.Form):
    """What a browser tells of its subscription."""

    endpoint = forms.CharField(max_length=1000)
    p256dh = forms.CharField(max_length=100)
    auth = forms.CharField(max_length=40)

    def clean_endpoint(self) -> str:
        endpoint: str = self.cleaned_data["endpoint"]
        if not is_push_address(endpoint):
            raise ValidationError(gettext("This browser's push service is not one that this site knows."))
        return endpoint

    def clean(self) -> dict[str, str]:
        keys = self.cleaned_data
        try:
            push.encrypt(b"", keys.get("p256dh", ""), keys.get("auth", ""))
            if len(push.decoded(keys.get("auth", ""))) != 16:
                raise ValueError
        except ValueError as error:
            raise ValidationError(gettext("These are no keys of a browser.")) from error
        return keys


@require_POST
@login_required
def device_add(request: HttpRequest) -> HttpResponse:
    """Tell this browser too. Sent by a script: only a script can ask the browser for it."""
    if not push.is_on():
        raise Http404(gettext("Notices on devices are not set up here."))
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return JsonResponse(
            {"problem": " ".join(str(each) for errors in form.errors.values() for each in errors)}, status=422
        )
    Device.add(
        request.user,
        name=_name(request.headers.get("User-Agent", "")),
        session_key=request.session.session_key or "",
        **form.cleaned_data,
    )
    messages.success(request, gettext("You are told on this device too."))
    return JsonResponse({})  # the script loads the page anew


@require_POST
@login_required
def device_remove(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Device, pk=pk, member=request.user.pk).delete()
    messages.success(request, gettext("You are told on that device no more."))
    return redirect("notices:preferences")


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """The script that a browser keeps, to show what comes while no page is open. It stands at the root: its scope."""
    return render(request, "notices/push_worker.js", content_type="text/javascript")


def _name(agent: str) -> str:
    browser = next((name for word, name in BROWSERS if word in agent), "A browser")
    system = next((name for word, name in SYSTEMS if word in agent), "")
    return f"{browser} on {system}" if system else browser
