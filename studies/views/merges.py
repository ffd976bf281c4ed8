"""The librarians' pages about studies that may be one work: the queue, and two studies side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import librarians_only
from common.paging import paginate
from common.text import shortened
from studies import identifiers
from studies.importing.knowing import best_verdict, descriptions_of
from studies.merging import CannotMerge, keep_apart, merge
from studies.models import MergedStudy, MergeProposal, Study

SHOWN_NAMES = 12
SHOWN_ABSTRACT = 700  # characters
NUMBER = re.compile(r"(?:.*/studies/)?(\d{1,18})(?:/.*)?")


class PairForm(forms.Form):
    """Two studies, each by its number, its address here, or a DOI, PMID or PMCID."""

    one = forms.CharField(label=_("One study"), max_length=500, help_text=_("its number, its address, a DOI or a PMID"))
    other = forms.CharField(label=_("The other study"), max_length=500, help_text=_("likewise"))

    def clean_one(self) -> int:
        return _found(self.cleaned_data["one"])

    def clean_other(self) -> int:
        return _found(self.cleaned_data["other"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("one") and data.get("one") == data.get("other"):
            raise forms.ValidationError(gettext("Both name the same study."))
        return data


def _found(text: str) -> int:
    """The id of the study that the text names. Raises ``ValidationError``."""
    number = NUMBER.fullmatch(text.strip())
    if number:
        pk = int(number[1])
        found = Study.objects.filter(pk=pk).values_list("pk", flat=True).first()
        found = found or MergedStudy.objects.filter(pk=pk).values_list("study_id", flat=True).first()
        if found:
            return found
    named = {
        "doi": identifiers.parse_doi(text), "pmid": identifiers.parse_pmid(text), "pmcid": identifiers.parse_pmcid(text)
    }  # fmt: skip
    found = Study.objects.identified_by(**named).values_list("pk", flat=True).first()
    if not found:
        raise forms.ValidationError(gettext("The library has no such study."))
    return found


class DecisionForm(forms.Form):
    """What is decided about two studies. ``keep`` is the id of the one to keep, or "apart"."""

    keep = forms.ChoiceField()
    reason = forms.CharField(
        label=_("Why (optional)"),
        max_length=500,
        required=False,
        help_text=_("Stands in the study's history, for everyone."),
    )

    def __init__(self, one: Study, other: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keep"].choices = [(str(one.pk), ""), (str(other.pk), ""), ("apart", "")]


@require_safe
@librarians_only
def merges(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, likeliest first, and a form to compare any two studies."""
    form = PairForm(request.GET) if "one" in request.GET else PairForm()
    if form.is_bound and form.is_valid():
        return redirect("studies:merge", *sorted((form.cleaned_data["one"], form.cleaned_data["other"])))
    waiting = MergeProposal.objects.filter(state=MergeProposal.State.OPEN)
    page = paginate(
        waiting.select_related("study__journal", "other__journal"), ("-score", "pk"), request.GET.get("after", "")
    )
    context = {"section": "librarians", "page": page, "form": form}
    return render(request, "studies/librarians/merges.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@librarians_only
def merge_two(request: HttpRequest, one: int, other: int) -> HttpResponse:
    """Two studies side by side; POST makes them one, or keeps them apart."""
    studies = {study.pk: study for study in _compared().filter(pk__in=(one, other))}
    if len(studies) < 2:
        return _merged_already(request, one, other)
    pair = [studies[one], studies[other]]
    form = DecisionForm(*pair, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return _decided(request, pair, form.cleaned_data["keep"], form.cleaned_data["reason"])
    verdict = best_verdict(*(descriptions_of([pk]).get(pk, []) for pk in (one, other)))
    proposal = MergeProposal.objects.select_related("decided_by").filter(study=min(one, other), other=max(one, other))
    context = {
        "section": "librarians", "pair": pair, "rows": _rows(*pair), "form": form, "proposal": proposal.first(),
        "verdict": verdict,
    }  # fmt: skip
    return render(request, "studies/librarians/merge.html", context, status=422 if form.errors else 200)


def _decided(request: HttpRequest, pair: list[Study], keep: str, reason: str) -> HttpResponse:
    if keep == "apart":
        keep_apart(*pair, actor=request.user, reason=reason)
        messages.success(request, gettext("The two studies stay apart, and won't be proposed again."))
        return redirect("studies:merges")
    kept, gone = pair if keep == str(pair[0].pk) else pair[::-1]
    title = shortened(gone.title, 100)
    try:
        study = merge(kept, gone, actor=request.user, reason=reason)
    except CannotMerge as error:
        messages.error(request, str(error))
        return redirect("studies:merges")
    messages.success(request, gettext("“%(title)s” was merged into this study.") % {"title": title})
    return redirect(study)


def _merged_already(request: HttpRequest, one: int, other: int) -> HttpResponse:
    """To the study that the two have become; 404 where they never were."""
    merged = MergedStudy.objects.select_related("study").filter(pk__in=(one, other)).first()
    if one == other or not merged:
        raise Http404(gettext("The library has no such two studies."))
    messages.info(request, "The two were merged already.")
    return redirect(merged.study)


# ── Side by side ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """One fact of both studies, in words; "" where unknown."""

    name: str
    values: tuple[str, str]

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same."""
        one, other = (" ".join(value.casefold().split()).strip(".") for value in self.values)
        return bool(one and other) and one != other

    @property
    def only_one(self) -> bool:
        return bool(self.values[0]) != bool(self.values[1])


def _compared():
    return Study.objects.select_related("journal", "text", "summary", "discussion").defer("text__search_vector")


def _rows(one: Study, other: Study) -> list[Row]:
    facts = [_facts(study) for study in (one, other)]
    rows = [Row(name, (facts[0][name], facts[1][name])) for name in facts[0]]
    return [row for row in rows if any(row.values)]


def _facts(study: Study) -> dict[str, str]:
    authors = study.authorships.select_related("author").order_by("position")[: SHOWN_NAMES + 1]
    names = [str(each.author) for each in authors]
    tags = list(study.tags.order_by("name").values_list("name", flat=True)[: SHOWN_NAMES + 1])
    text = getattr(study, "text", None)
    summary = getattr(study, "summary", None)
    return {
        gettext("Title"): study.title,
        gettext("Authors"): _few(names),
        gettext("Journal"): str(study.journal or ""),
        gettext("Published"): str(study.published or ""),
        gettext("Volume, issue, pages"): ", ".join(filter(None, (study.volume, study.issue, study.pages))),
        "DOI": study.doi or "",
        "PMID": study.pmid or "",
        "PMCID": study.pmcid or "",
        gettext("Kind"): study.study_type,
        gettext("Publication types"): ", ".join(study.publication_types),
        gettext("Standing"): str(study.get_retraction_display()) if study.retraction else "",
        gettext("Registration"): study.registration,
        gettext("Abstract"): shortened(text.abstract, SHOWN_ABSTRACT) if text else "",
        gettext("Tags"): _few(tags),
        gettext("Cites"): str(study.reference_count or ""),
        gettext("Cited here by"): str(study.cited_by_count or ""),
        "TL;DR": summary.tldr if summary else "",
        gettext("Comments"): str(study.discussion.comment_count) if study.discussion else "",
        gettext("Records"): ", ".join(
            source.get_kind_display() for source in study.sources.defer("record").order_by("kind")
        ),
        gettext("Set by hand"): ", ".join(study.kept_fields),
        gettext("In the library since"): f"{study.added_at:%Y-%m-%d}",
    }


def _few(names: list[str]) -> str:
    return "; ".join(names[:SHOWN_NAMES]) + (" …" if len(names) > SHOWN_NAMES else "")
