"""Reading lists: reading one, keeping one's own."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.paging import paginate
from studies.exporting import respond
from studies.keeping_forms import EntryNoteForm, ReadingListForm
from studies.models import ListEntry, ReadingList, SavedStudy, Study
from studies.models.reading_list import MOST_ENTRIES, MOST_LISTS, ListIsFull, TooManyLists

WHOLE_LIST = 100
FULL = format_lazy(
    _("This list holds {most_entries} studies, which is as many as a list can. Start another one."),
    most_entries=MOST_ENTRIES,
)
TOO_MANY = format_lazy(
    _("You have {most_lists} lists, which is as many as anyone can. Delete one first."), most_lists=MOST_LISTS
)


def _own(request: HttpRequest, pk: int) -> ReadingList:
    """One's own list: nobody else may know whether a private one is there, so others get a 404."""
    return get_object_or_404(ReadingList, pk=pk, owner=request.user.pk)


@require_safe
@login_required
def lists(request: HttpRequest) -> HttpResponse:
    """The member's own lists."""
    mine = ReadingList.objects.filter(owner=request.user.pk).with_size()
    page = paginate(mine, ("-changed_at", "-pk"), request.GET.get("after", ""))
    return render(request, "studies/lists/lists.html", {"section": "saved", "page": page})


@require_safe
def reading_list(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    found = get_object_or_404(ReadingList.objects.visible_to(request.user).select_related("owner"), pk=pk)
    if slug != found.slug:
        return redirect(found, permanent=found.is_public)
    page = paginate(found.entries.all(), ("position",), request.GET.get("after", ""), WHOLE_LIST)
    studies = Study.objects.for_list().in_bulk([entry.study_id for entry in page.rows])
    before = found.entries.filter(position__lt=page.rows[0].position).count() if page.rows else 0
    for rank, entry in enumerate(page.rows, before + 1):
        entry.rank, entry.shown = rank, studies[entry.study_id]
    context = {
        "section": "studies",
        "list": found,
        "page": page,
        "count": found.entries.count(),
        "export_base": found.get_absolute_url().rstrip("/"),
        "is_mine": found.owner_id == request.user.pk,
        "saved": SavedStudy.of(request.user, list(studies)),
    }
    return render(request, "studies/lists/list.html", context)


@require_safe
def list_export(request: HttpRequest, pk: int, slug: str, format: str) -> HttpResponseBase:
    """A list as a file, in its order."""
    found = get_object_or_404(ReadingList.objects.visible_to(request.user), pk=pk)
    if slug != found.slug:
        return redirect("studies:list_export", pk, found.slug, format, permanent=found.is_public)
    return respond(list(found.entries.values_list("study_id", flat=True)), format, found.title)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def list_new(request: HttpRequest) -> HttpResponse:
    """Start a list; ``?study=`` puts that study into it."""
    study = _study_named(request)
    form = ReadingListForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = ReadingList.start(request.user, **form.cleaned_data)
        except TooManyLists:
            form.add_error(None, TOO_MANY)
        else:
            if study:
                made.add(study)
            return redirect(made)
    context = {"section": "saved", "form": form, "study": study}
    return render(request, "studies/lists/form.html", context, status=422 if form.errors else 200)


def _study_named(request: HttpRequest) -> Study | None:
    pk = request.GET.get("study", "")
    return get_object_or_404(Study, pk=pk) if pk.isascii() and pk.isdecimal() and len(pk) < 19 else None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def list_edit(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    found = _own(request, pk)
    form = ReadingListForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        ReadingList.objects.get(pk=pk).describe(**form.cleaned_data)
        return redirect(ReadingList.objects.get(pk=pk))
    context = {"section": "saved", "form": form, "list": ReadingList.objects.get(pk=pk)}
    return render(request, "studies/lists/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def list_delete(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Asks first. The studies stay in the library, and saved where they are saved."""
    found = _own(request, pk)
    if request.method != "POST":
        return render(request, "studies/lists/delete.html", {"section": "saved", "list": found})
    found.delete()
    messages.success(request, gettext("The list is deleted."))
    return redirect("studies:lists")


@require_POST
@login_required
def list_add(request: HttpRequest, pk: int, study: int) -> HttpResponse:
    found, wanted = _own(request, pk), get_object_or_404(Study, pk=study)
    try:
        found.add(wanted)
    except ListIsFull:
        messages.error(request, FULL)
    return redirect("studies:keep", wanted.pk, wanted.slug)


@require_POST
@login_required
def list_take_out(request: HttpRequest, pk: int, study: int) -> HttpResponse:
    found, unwanted = _own(request, pk), get_object_or_404(Study, pk=study)
    found.take_out(unwanted)
    if request.POST.get("from") == "list":
        return redirect(found)
    return redirect("studies:keep", unwanted.pk, unwanted.slug)


@require_POST
@login_required
def list_move(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    """Let an entry stand at the place ``to``: the same press sent twice moves it once."""
    found = _own(request, pk)
    moved = get_object_or_404(ListEntry, pk=entry, reading_list=found)
    place = request.POST.get("to", "")
    if not (place.isascii() and place.isdecimal() and len(place) < 9):
        raise BadRequest(gettext("A place in a list is a number."))
    found.move(moved, int(place))
    return redirect(f"{found.get_absolute_url()}#entry-{moved.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def entry_note(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    found = _own(request, pk)
    noted = get_object_or_404(ListEntry.objects.select_related("study"), pk=entry, reading_list=found)
    form = EntryNoteForm(request.POST if request.method == "POST" else None, instance=noted)
    if request.method == "POST" and form.is_valid():
        noted.write_note(form.cleaned_data["note"])
        return redirect(f"{found.get_absolute_url()}#entry-{noted.pk}")
    context = {"section": "saved", "form": form, "list": found, "entry": noted}
    return render(request, "studies/lists/note.html", context, status=422 if form.errors else 200)
