"""Saving posts and comments: the button, and the page of one with its note and folder."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from common.text import clean_text
from forum import saving
from forum.models import Comment, Folder, Post, SavedWords
from forum.models.saved import NOTE_LIMIT
from forum.views.returning import back_to

MODELS = {"post": Post, "comment": Comment}


class KeepForm(forms.Form):
    """The private note of a saved post or comment, and its folder."""

    note = forms.CharField(
        label=_("Your note"),
        required=False,
        max_length=NOTE_LIMIT,
        strip=False,
        help_text=_("Only you ever see it. Up to 2,000 characters."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    folder = forms.ChoiceField(label=_("Folder"), required=False)
    new_folder = forms.CharField(label=_("or a new folder"), required=False, max_length=Folder.NAME_LIMIT)

    def __init__(self, *args, member, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        mine = [(str(folder.pk), folder.name) for folder in saving.folders_of(member)]
        self.fields["folder"].choices = [("", gettext("No folder")), *mine]

    def clean_note(self) -> str:
        return clean_text(self.cleaned_data["note"])


def _thing(request: HttpRequest, kind: str, pk: int):
    things = MODELS[kind].objects.visible_to(request.user)
    return get_object_or_404(things.select_related("post") if kind == "comment" else things, pk=pk)


def _mine_or_in_sight(request: HttpRequest, kind: str, pk: int):
    mine = SavedWords.objects.filter(member=request.user.pk, **{kind: pk}).select_related(kind).first()
    return getattr(mine, kind) if mine else _thing(request, kind, pk)


@require_POST
@login_required
def save(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    thing = _thing(request, kind, pk)
    try:
        saving.save(request.user, thing)
    except saving.CannotSave as refused:
        messages.error(request, str(refused))
        return redirect("pages:saved")
    return _answer(request, kind, thing, kept={thing.pk})


@require_POST
@login_required
def unsave(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Also what is out of sight by now: one's own list is one's own to tidy."""
    thing = _mine_or_in_sight(request, kind, pk)
    saving.remove(request.user, thing)
    if request.POST.get("from") == "saved":
        return redirect(f"{reverse('pages:saved')}?removed={kind}-{pk}")
    thing = _thing(request, kind, pk)
    return _answer(request, kind, thing, kept=set())


@require_POST
@login_required
def put_back(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Undo a removal, with note and folder."""
    saving.put_back(request.user, _mine_or_in_sight(request, kind, pk))
    return redirect("pages:saved")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def keep(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One post or comment among what the member keeps: its private note and its folder."""
    thing = _thing(request, kind, pk)
    mine = saving.saved(request.user, thing)
    if request.method == "POST":
        form = KeepForm(request.POST, member=request.user)
        if form.is_valid():
            sent = form.cleaned_data
            try:
                folder = saving.chosen_folder(request.user, sent["folder"], sent["new_folder"])
                saving.write_note(request.user, thing, sent["note"], folder)
            except saving.CannotSave as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, gettext("Saved."))
                return redirect(thing)
    else:
        initial = {"note": mine.note, "folder": str(mine.folder_id or "")} if mine else {}
        form = KeepForm(initial=initial, member=request.user)
    title = thing.title if kind == "post" else thing.post.title
    context = {"thing": thing, "kind": kind, "title": title, "form": form, "is_saved": mine is not None}
    return render(request, "forum/saved/keep.html", context, status=422 if form.errors else 200)


def _answer(request: HttpRequest, kind: str, thing, kept: set[int]) -> HttpResponse:
    if request.htmx:
        return render(request, "forum/saved/_save.html", {"thing": thing, "kind": kind, "kept": kept})
    return back_to(thing, request)
