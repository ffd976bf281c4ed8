"""All that a member keeps: one list of studies, posts and comments, in folders."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from common.text import clean_line
from forum import saving
from forum.models import Folder, SavedWords
from pages import keeping
from pages.keeping import KINDS, SORTS, Wanted
from studies.models import SavedStudy

WORDS_LIMIT = 200  # characters of a search in one's own notes


@require_safe
@login_required
def saved(request: HttpRequest) -> HttpResponse:
    """All that the member keeps; ``?q=`` looks into titles and the member's own notes."""
    sort, kind, chosen = request.GET.get("sort", "new"), request.GET.get("type", ""), request.GET.get("folder", "")
    if sort not in SORTS:
        raise Http404(gettext("What you saved can be sorted by new or old."))
    if kind and kind not in KINDS:
        raise Http404(gettext("There are studies, posts and comments."))
    folders = saving.folders_of(request.user)
    folder = next((each for each in folders if str(each.pk) == chosen), None)
    if chosen and chosen != "none" and folder is None:
        raise Http404(gettext("You have no such folder."))
    words = clean_line(request.GET.get("q", ""))[:WORDS_LIMIT]
    wanted = Wanted(kind, folder.pk if folder else 0 if chosen else None, words)
    page = keeping.paginate(request.user, wanted, sort, request.GET.get("after", ""))
    keeping.show(page.rows, request.user)
    context = {
        "section": "saved",
        "page": page,
        "sort": sort,
        "sorts": SORTS,
        "kind": kind,
        "kinds": KINDS,
        "folders": folders,
        "folder": folder,
        "chosen": chosen,
        "words": words,
        "exports": kind in ("", "study") and not chosen and any(row.kind == "study" for row in page.rows),
        "removed": _removed(request),
    }
    return render(request, "pages/saved.html", context)


@require_POST
@login_required
def move(request: HttpRequest) -> HttpResponse:
    """Put what is ticked into a folder, also a new one."""
    items = request.POST.getlist("item")
    try:
        folder = saving.chosen_folder(request.user, request.POST.get("folder", ""), request.POST.get("new_folder", ""))
    except saving.CannotSave as refused:
        messages.error(request, str(refused))
        return redirect("pages:saved")
    if items:
        keeping.move(request.user, items, folder)
        messages.success(
            request,
            gettext("Moved to “%(folder)s”.") % {"folder": folder} if folder else gettext("Taken out of its folder."),
        )
    else:
        messages.info(request, "Tick what you want to move first.")
    return redirect(f"{reverse('pages:saved')}?folder={folder.pk}" if folder else "pages:saved")


@require_POST
@login_required
def folder_delete(request: HttpRequest, pk: int) -> HttpResponse:
    mine = get_object_or_404(Folder, pk=pk, member=request.user.pk)
    keeping.delete_folder(request.user, mine.pk)
    messages.success(request, gettext("The folder “%(mine)s” is gone. What was in it is still saved.") % {"mine": mine})
    return redirect("pages:saved")


def _removed(request: HttpRequest) -> dict[str, str] | None:
    """What was removed just now, as long as that can be undone: its words, and where a press puts it back."""
    kind, _, number = request.GET.get("removed", "").partition("-")
    if kind not in KINDS or not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    if kind == "study":
        gone = SavedStudy.objects.filter(member=request.user.pk, study=int(number), removed_at__isnull=False)
        row = gone.select_related("study").first()
        return {"words": row.study.title, "put_back": reverse("studies:put_back", args=[number])} if row else None
    words = SavedWords.objects.filter(member=request.user.pk, removed_at__isnull=False, **{kind: int(number)})
    if not words.exists():
        return None
    return {"words": f"a {kind}", "put_back": reverse(f"forum:{kind}_put_back", args=[number])}
