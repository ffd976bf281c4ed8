"""Reporting a thing."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from moderation import limits
from moderation.forms import ReportForm
from moderation.reporting import report, reportables


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def report_new(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """GET asks what is wrong, POST reports. Only what the member can see can be reported."""
    if kind not in reportables:
        raise Http404(gettext("This can't be reported."))
    facts = reportables[kind]
    thing = get_object_or_404(facts.visible_to(request.user), pk=pk)
    if facts.is_by(thing, request.user):
        raise PermissionDenied(gettext("This is your own. You can edit or delete it yourself."))
    form = ReportForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if not form.is_valid():
            status = 422
        elif refused := limits.refusal(request, "report", form):
            return refused.told_by(_page(request, form, facts, thing, 429))
        else:
            report(thing, kind, request.user, **form.cleaned_data)
            messages.success(
                request, gettext("Thank you. A moderator will look at it, and you will hear what came of it.")
            )
            # It may have gone out of sight by this very report.
            seen = facts.visible_to(request.user).filter(pk=thing.pk).exists()
            return redirect(thing if seen else "/")
    return _page(request, form, facts, thing, status)


def _page(request: HttpRequest, form: ReportForm, facts, thing, status: int) -> HttpResponse:
    return render(request, "moderation/report.html", {"form": form, "facts": facts, "thing": thing}, status=status)
