"""Errors that members report, and the librarians' answers."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import librarians_only
from common.paging import paginate
from moderation import limits
from studies.errors import TooManyOpen
from studies.forms import ReportForm, SettleForm
from studies.models import ErrorReport, Study
from studies.views.loading import study_of

MINE_SHOWN = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_new(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A member says what is wrong with a study."""
    found = study_of(request, pk, slug, "report/")
    if isinstance(found, HttpResponse):
        return found
    kind = request.GET.get("kind", "")
    if request.method != "POST":
        form = ReportForm(initial={"kind": kind if kind in ErrorReport.Kind.values else ""})
        return _page(request, found, form)
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, 422)
    if refused := limits.refusal(request, "report", form):
        return refused.told_by(_page(request, found, form, 429))
    try:
        _, is_new = ErrorReport.send(found, request.user, **form.cleaned_data)
    except TooManyOpen as refusal:
        form.add_error(None, str(refusal))
        return _page(request, found, form, 429)
    if not is_new:
        form.add_error(
            "kind", gettext("A report of yours of this kind waits for the librarians already. You will be told.")
        )
        return _page(request, found, form, 409)
    messages.success(request, gettext("Thank you. The librarians will look at it, and you will be told."))
    return redirect(found)


def _page(request: HttpRequest, study: Study, form: ReportForm, status: int = 200) -> HttpResponse:
    mine = ErrorReport.objects.filter(study=study, member=request.user.pk).order_by("-pk")[:MINE_SHOWN]
    context = {"section": "studies", "study": study, "form": form, "mine": mine}
    return render(request, "studies/reports/new.html", context, status=status)


@require_safe
@librarians_only
def reports(request: HttpRequest) -> HttpResponse:
    """The errors that wait for a librarian, the newest first."""
    return _queue(request)


def _queue(request: HttpRequest, form: SettleForm | None = None, at: int = 0, status: int = 200) -> HttpResponse:
    waiting = ErrorReport.objects.filter(status=ErrorReport.Status.WAITING).select_related("study", "member")
    page = paginate(waiting, ("-pk",), request.GET.get("after", ""))
    context = {"section": "librarians", "page": page, "form": form or SettleForm(), "wrong": form, "at": at}
    return render(request, "studies/reports/queue.html", context, status=status)


@require_POST
@librarians_only
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """A librarian answers a report; its member is told."""
    report = get_object_or_404(ErrorReport.objects.select_related("study", "member"), pk=pk)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _queue(request, form, pk, 422)
    if report.status != ErrorReport.Status.WAITING:
        messages.info(request, "This report has been answered already.")
    else:
        report.settle(request.user, form.cleaned_data["status"], form.cleaned_data["words"])
        messages.success(request, gettext("Answered, and the member is told."))
    return redirect("studies:error_reports")
