"""Saving studies: the button, the private note, and the page of all that a member keeps."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.text import clean_line
from studies import keeping
from studies.exporting import respond
from studies.keeping_forms import SavedNoteForm
from studies.models import ListEntry, ReadingList, SavedStudy, Study

WORDS_LIMIT = 200  # characters of a search in one's own notes
TOO_MANY = format_lazy(
    _("You keep {most_saved} studies, which is as many as anyone can. Remove some first."),
    most_saved=format(keeping.MOST_SAVED, ","),
)


@require_POST
@login_required
def save(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=pk)
    try:
        keeping.save(request.user, study)
    except keeping.TooManySaved:
        messages.error(request, TOO_MANY)
        return redirect("pages:saved")
    return _answer(request, study, saved={study.pk})


@require_POST
@login_required
def unsave(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=pk)
    keeping.remove(request.user, study)
    if request.POST.get("from") == "saved":
        return redirect(f"{reverse('pages:saved')}?removed=study-{study.pk}")
    return _answer(request, study, saved=set())


@require_POST
@login_required
def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a removal, with the note."""
    keeping.put_back(request.user, get_object_or_404(Study, pk=pk))
    return redirect("pages:saved")


def _answer(request: HttpRequest, study: Study, saved: set[int]) -> HttpResponse:
    if request.htmx:
        return render(request, "studies/_save.html", {"study": study, "saved": saved})
    return redirect(study)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def keep(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One study among what the member keeps: its private note, and the lists it stands in."""
    study = get_object_or_404(Study, pk=pk)
    if slug != study.slug:
        return redirect("studies:keep", study.pk, study.slug, permanent=True)
    mine = SavedStudy.objects.kept().filter(member=request.user.pk, study=study).first()
    form = SavedNoteForm(request.POST if request.method == "POST" else None, instance=mine)
    if request.method == "POST" and form.is_valid():
        try:
            keeping.write_note(request.user, study, form.cleaned_data["note"])
        except keeping.TooManySaved:
            form.add_error(None, TOO_MANY)
        else:
            messages.success(request, gettext("Saved, with your note."))
            return redirect(study)
    lists = list(ReadingList.objects.filter(owner=request.user.pk))
    context = {
        "section": "studies",
        "study": study,
        "is_saved": mine is not None,
        "form": form,
        "lists": lists,
        "inside": set(
            ListEntry.objects.filter(reading_list__in=lists, study=study).values_list("reading_list", flat=True)
        ),
    }
    return render(request, "studies/keep.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def saved_export(request: HttpRequest, format: str) -> HttpResponseBase:
    """The saved studies as a file; the notes stay here."""
    words = clean_line(request.GET.get("q", ""))[:WORDS_LIMIT]
    rows = _mine(request, words).order_by("-saved_at", "-pk")
    return respond(list(rows.values_list("study_id", flat=True)), format, "saved studies")


def _mine(request: HttpRequest, words: str):
    mine = SavedStudy.objects.kept().filter(member=request.user.pk)
    for word in words.split():
        mine = mine.filter(Q(note__icontains=word) | Q(study__title__icontains=word))
    return mine
