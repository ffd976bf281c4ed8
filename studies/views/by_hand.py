"""The page on which a librarian says what the records do not, or against them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import librarians_only
from studies import by_hand as hand
from studies.forms_by_hand import EvidenceForm, FactsForm, ReasonedForm, StandingForm
from studies.models import Study
from studies.standing import FIELDS, Standing
from studies.views.loading import study_of

FORMS: dict[str, type[ReasonedForm]] = {form.part: form for form in (StandingForm, EvidenceForm, FactsForm)}


@require_http_methods(["GET", "HEAD", "POST"])
@librarians_only
def by_hand(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Standing, evidence and facts: each its own form; each with a reason; each can be given back to the records."""
    found = study_of(request, pk, slug, "by-hand/")
    if isinstance(found, HttpResponse):
        return found
    part = request.POST.get("part", "")
    forms = {name: form(found, request.POST if name == part else None) for name, form in FORMS.items()}
    if request.method == "POST" and part in forms and forms[part].is_valid():
        done = _do(found, part, forms[part].cleaned_data, request)
        messages.success(
            request, gettext("Done. It is in the study's history.") if done else gettext("Nothing was changed.")
        )
        return redirect("studies:by_hand", found.pk, found.slug)
    context = {
        "section": "studies", "study": found, "forms": forms,
        "kept_standing": set(FIELDS) & set(found.kept_fields), "kept_evidence": "evidence_level" in found.kept_fields,
    }  # fmt: skip
    return render(request, "studies/by_hand.html", context, status=422 if request.method == "POST" else 200)


def _do(study: Study, part: str, typed: dict, request: HttpRequest) -> bool:
    who = {"actor": request.user, "reason": typed["reason"]}
    if part == "standing":
        if "back" in request.POST:
            return hand.give_standing_back(study, **who)
        return hand.set_standing(study, Standing(typed["state"], typed["notice"], typed["date"]), **who)
    if part == "evidence":
        if "back" in request.POST:
            return hand.give_evidence_back(study, **who)
        return hand.set_evidence(study, typed["level"], typed["design"], **who)
    facts = {name: typed[name] for name in hand.FACTS}
    return hand.set_facts(study, facts, back=frozenset(typed.get("back", ())), **who)
