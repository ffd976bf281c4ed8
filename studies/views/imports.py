"""Where librarians bring studies in: a file or identifiers, what would become of them, and what did."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import librarians_only, refusal_of_others
from common.paging import paginate
from common.uploads import LargeUploads, keep, takes_large_uploads
from studies.fetching import NothingAsked
from studies.fetching import request as request_identifiers
from studies.importing.forms import FILE_LIMIT, FileForm, IdentifiersForm
from studies.models import ImportLine, ImportRun
from studies.models.import_run import folder, new_file_name

MOST_OPEN = 20  # files that may wait at a time: they lie on the disk
UPLOADS = LargeUploads(limit=FILE_LIMIT + 100_000, folder=folder, refusal=refusal_of_others)
LINES_SHOWN = 25


@takes_large_uploads(UPLOADS)
@require_http_methods(["GET", "HEAD", "POST"])
@librarians_only
def import_new(request: HttpRequest) -> HttpResponse:
    """The page with both forms; takes the file of the first."""
    if request.method != "POST":
        return _page(request, FileForm(prefix="file"), IdentifiersForm(prefix="ids"))
    form = FileForm(request.POST, request.FILES, prefix="file")
    if form.is_valid() and _has_room(form):
        return _take_file(request, form)
    # A form that asks again needs its token again; a file cannot be put back into it.
    return _page(request, form, IdentifiersForm(prefix="ids"), 422)


def _has_room(form: FileForm) -> bool:
    if ImportRun.objects.filter(state__in=ImportRun.OPEN).exclude(file="").count() < MOST_OPEN:
        return True
    form.add_error(
        "file",
        gettext("%(most_open)s files wait already. Import or cancel some of them first.") % {"most_open": MOST_OPEN},
    )
    return False


def _take_file(request: HttpRequest, form: FileForm) -> HttpResponse:
    sent, name = form.cleaned_data["file"], new_file_name()
    path = folder() / name
    kept = False
    try:
        keep(sent, path)
        run = ImportRun.of_file(
            member=request.user, title=form.title, file=name, size=sent.size, token=form.cleaned_data["token"]
        )
        kept = run.file == name
    finally:
        if not kept:
            path.unlink(missing_ok=True)
    return redirect(run)


@require_POST
@librarians_only
def import_identifiers(request: HttpRequest) -> HttpResponse:
    """Take pasted identifiers."""
    form = IdentifiersForm(request.POST, prefix="ids")
    if form.is_valid():
        asked = form.cleaned_data
        try:
            run = request_identifiers(
                asked["identifiers"], member=request.user, refresh=asked["refresh"], token=asked["token"]
            )
        except NothingAsked as refusal:
            form.add_error("identifiers", str(refusal))
        else:
            return redirect(run)
    return _page(request, FileForm(prefix="file"), form, 422)


def _page(request: HttpRequest, file_form: FileForm, ids_form: IdentifiersForm, status: int = 200) -> HttpResponse:
    context = {
        "section": "librarians",
        "file_form": file_form,
        "ids_form": ids_form,
        "has_contact": bool(settings.CONTACT_EMAIL),
    }
    return render(request, "studies/librarians/import.html", context, status=status)


@require_safe
@librarians_only
def imports(request: HttpRequest) -> HttpResponse:
    """All imports, the newest first."""
    runs = ImportRun.objects.select_related("asked_by").defer("identifiers")
    page = paginate(runs, ["-pk"], request.GET.get("after", ""))
    return render(request, "studies/librarians/imports.html", {"section": "librarians", "page": page})


@require_safe
@librarians_only
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: how far it is, what would become of it or did, and the details kind by kind."""
    run = get_object_or_404(ImportRun.objects.select_related("asked_by").defer("identifiers"), pk=pk)
    if request.htmx:
        # The whole page comes anew once there is something to read on it or to press.
        headers = {} if run.is_active else {"HX-Refresh": "true"}
        return HttpResponse(render_to_string("studies/librarians/_run.html", {"run": run}, request), headers=headers)
    told = run.told
    shown = request.GET.get("show", "")
    if shown not in told:
        shown = next(iter(told), "")
    lines = ImportLine.objects.filter(run=run, kind=shown).select_related("study").order_by("pk")
    page = paginate(lines, ["pk"], request.GET.get("after", ""), LINES_SHOWN) if shown else None
    context = {
        "section": "librarians",
        "run": run,
        "told": told,
        "shown": shown,
        "about": told.get(shown),
        "page": page,
    }
    return render(request, "studies/librarians/import_run.html", context)


@require_POST
@librarians_only
def import_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Import what the dry run showed."""
    run = get_object_or_404(ImportRun, pk=pk)
    if not run.start():
        run.refresh_from_db()
        if run.state != ImportRun.State.RUNNING and run.state != ImportRun.State.DONE:
            messages.info(request, "This import cannot be started as it is now.")
    return redirect(run)


@require_POST
@librarians_only
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it. What is stored by then stays."""
    run = get_object_or_404(ImportRun, pk=pk)
    if not run.cancel():
        messages.info(request, "This import has ended already.")
    return redirect(run)


@require_POST
@librarians_only
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Run again what failed."""
    run = get_object_or_404(ImportRun, pk=pk)
    if not run.run_again():
        messages.info(request, "This import cannot be run again: it goes on already, or its file is gone.")
    return redirect(run)
