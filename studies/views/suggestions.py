"""Studies that members ask for, corrections that they suggest, and the librarians' answers."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import librarians_only
from common.paging import paginate
from common.text import clean_line
from moderation import limits
from studies.correcting import FIELDS
from studies.errors import TooManyOpen
from studies.forms import CorrectionForm, DeclineForm, SuggestForm
from studies.models import Correction, Study, StudyAsk, StudySuggestion
from studies.views.loading import study_of

MINE_SHOWN = 10
ASKS_SHOWN = 5
WAITING = StudySuggestion.Status.WAITING

# ── For members ──────────────────────────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request: HttpRequest) -> HttpResponse:
    """Ask for a study by its identifier. One that is here already is shown."""
    if request.method != "POST":
        form = SuggestForm(initial={"identifier": clean_line(request.GET.get("identifier", ""))[:600]})
        return _suggest_page(request, form)
    form = SuggestForm(request.POST)
    if not form.is_valid():
        return _suggest_page(request, form, 422)
    kind, value = form.cleaned_data["identifier"]
    if here := Study.objects.identified_by(**{kind: value}).first():
        messages.success(request, gettext("The library has this study already: here it is."))
        return redirect(here)
    if refused := limits.refusal(request, "report", form):
        return refused.told_by(_suggest_page(request, form, 429))
    try:
        suggestion = StudySuggestion.ask(kind, value, request.user, form.cleaned_data["reason"])
    except TooManyOpen as refusal:
        form.add_error(None, str(refusal))
        return _suggest_page(request, form, 429)
    if suggestion.status == StudySuggestion.Status.DECLINED:
        form.add_error(
            "identifier", gettext("The librarians have said no to this one: %(answer)s") % {"answer": suggestion.answer}
        )
        return _suggest_page(request, form, 409)
    messages.success(
        request, gettext("Thank you. The librarians will look at it, and you will be told when it is here.")
    )
    return redirect("studies:suggest")


def _suggest_page(request: HttpRequest, form: SuggestForm, status: int = 200) -> HttpResponse:
    mine = (
        StudyAsk.objects.filter(member=request.user.pk).select_related("suggestion__study").order_by("-pk")[:MINE_SHOWN]
    )
    context = {"section": "studies", "form": form, "mine": mine}
    return render(request, "studies/suggestions/suggest.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Suggest another value for a field: it is chosen first, then what stands there now is shown beside the new one."""
    found = study_of(request, pk, slug, "correct/")
    if isinstance(found, HttpResponse):
        return found
    name = request.POST.get("field") or request.GET.get("field", "")
    if name and name not in FIELDS:
        raise Http404(gettext("There is no such field to correct."))
    if request.method != "POST":
        initial = {"field": name, "after": FIELDS[name].show(found)} if name else {}
        return _correct_page(request, found, CorrectionForm(initial=initial, study=found), name)
    form = CorrectionForm(request.POST, study=found)
    if not form.is_valid():
        return _correct_page(request, found, form, name, 422)
    if refused := limits.refusal(request, "report", form):
        return refused.told_by(_correct_page(request, found, form, name, 429))
    try:
        form.send(request.user)
    except TooManyOpen as refusal:
        form.add_error(None, str(refusal))
        return _correct_page(request, found, form, name, 429)
    messages.success(request, gettext("Thank you. The librarians will look at it, and you will be told."))
    return redirect(found)


def _correct_page(
    request: HttpRequest, study: Study, form: CorrectionForm, name: str, status: int = 200
) -> HttpResponse:
    field = FIELDS.get(name)
    context = {
        "section": "studies",
        "study": study,
        "form": form,
        "field": field,
        "fields": FIELDS.values(),
        "now": field.show(study) if field else "",
    }
    return render(request, "studies/suggestions/correct.html", context, status=status)


# ── For librarians ───────────────────────────────────────────────────────────────────────────────


@require_safe
@librarians_only
def suggestions(request: HttpRequest) -> HttpResponse:
    """The studies that members ask for, those that most ask for first."""
    return _suggestions(request)


def _suggestions(
    request: HttpRequest, wrong: DeclineForm | None = None, at: int = 0, status: int = 200
) -> HttpResponse:
    # Of what a crowd asks for, a few reasons tell enough.
    asks = StudyAsk.objects.select_related("member").order_by("pk")[:ASKS_SHOWN]
    waiting = StudySuggestion.objects.filter(status=WAITING).prefetch_related(
        Prefetch("asks", asks, to_attr="first_asks")
    )
    page = paginate(waiting, ("-ask_count", "-pk"), request.GET.get("after", ""))
    context = {
        "section": "librarians",
        "page": page,
        "kind": "studies",
        "form": DeclineForm(),
        "wrong": wrong,
        "at": at,
    }
    return render(request, "studies/suggestions/studies.html", context, status=status)


@require_safe
@librarians_only
def corrections(request: HttpRequest) -> HttpResponse:
    """The corrections that members suggest, with what the library says now."""
    return _corrections(request)


def _corrections(
    request: HttpRequest, wrong: DeclineForm | None = None, at: int = 0, status: int = 200
) -> HttpResponse:
    waiting = Correction.objects.filter(status=Correction.Status.WAITING)
    waiting = waiting.select_related("study__journal", "member")
    page = paginate(waiting, ("-pk",), request.GET.get("after", ""))
    context = {
        "section": "librarians",
        "page": page,
        "kind": "corrections",
        "form": DeclineForm(),
        "wrong": wrong,
        "at": at,
    }
    return render(request, "studies/suggestions/corrections.html", context, status=status)


@require_POST
@librarians_only
def answer_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the study fetched, or say no."""
    suggestion = get_object_or_404(StudySuggestion, pk=pk)
    if suggestion.status != WAITING:
        messages.info(request, "This suggestion has been answered already.")
    elif "accept" in request.POST:
        suggestion.accept(request.user)
        messages.success(request, gettext("The record is being fetched. Whoever asked is told when the study is here."))
    else:
        form = DeclineForm(request.POST)
        if not form.is_valid():
            return _suggestions(request, form, pk, 422)
        suggestion.decline(request.user, form.cleaned_data["words"])
        messages.success(request, gettext("Declined, and whoever asked is told."))
    return redirect("studies:suggestions")


@require_POST
@librarians_only
def answer_correction(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply the correction, or say no."""
    correction = get_object_or_404(Correction.objects.select_related("study", "member"), pk=pk)
    if correction.status != Correction.Status.WAITING:
        messages.info(request, "This correction has been answered already.")
    elif "accept" in request.POST:
        try:
            correction.accept(request.user)
            messages.success(request, gettext("Applied. It stands in the study's history, and the member is told."))
        except ValidationError as error:
            messages.error(
                request, gettext("It can't be applied: %(messages)s") % {"messages": " ".join(error.messages)}
            )
    else:
        form = DeclineForm(request.POST)
        if not form.is_valid():
            return _corrections(request, form, pk, 422)
        correction.decline(request.user, form.cleaned_data["words"])
        messages.success(request, gettext("Declined, and the member is told."))
    return redirect("studies:corrections")
