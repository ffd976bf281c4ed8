"""The summary of a study: its history, its editor, its review, proposals of members, drafts of a program."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import librarians_only
from common import markdown
from common.differences import differences
from common.paging import paginate
from moderation import limits
from studies import drafting
from studies.checking.check import Check, check_summary
from studies.errors import NotYours, StaleEdit, TooManyOpen
from studies.forms import DeclineForm, EditorForm, SummaryForm
from studies.models import Study, Summary, SummaryDraft, SummaryProposal
from studies.models.summary import Writer
from studies.views.loading import study_of

CHECK_FIRST = gettext_noop(
    "Some of this is not in the abstract. Look at each finding, then tick it off or mend the text."
)


def _found(request: HttpRequest, pk: int, slug: str, page: str) -> Study | HttpResponse:
    found = study_of(request, pk, slug, f"summary/{page}")
    if isinstance(found, Study):
        summaries = Summary.objects.select_related("writer", "editor", "reviewer")
        found.summary_now = summaries.filter(pk=found.pk).first()
    return found


# ── For everyone: what it said when ──────────────────────────────────────────────────────────────


@require_safe
def history(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Every version of the summary, the newest first."""
    found = _found(request, pk, slug, "history/")
    if isinstance(found, HttpResponse):
        return found
    versions = found.summary_versions.select_related("writer", "editor", "reviewer").defer("body")
    page = paginate(versions, ("-number",), request.GET.get("after", ""))
    return render(request, "studies/summaries/history.html", {"section": "studies", "study": found, "page": page})


@require_safe
def version(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """One version: what it changed, word by word, and how it read."""
    found = _found(request, pk, slug, f"history/{number}/")
    if isinstance(found, HttpResponse):
        return found
    people = found.summary_versions.select_related("writer", "editor", "reviewer")
    shown = get_object_or_404(people, number=number)
    before = found.summary_versions.filter(number__lt=number).order_by("-number").first()
    context = {
        "section": "studies",
        "study": found,
        "version": shown,
        "before": before,
        "tldr": differences(before.tldr if before else "", shown.tldr),
        "body": differences(before.body if before else "", shown.body),
        "later": found.summary_versions.filter(number__gt=number).order_by("number").first(),
    }
    return render(request, "studies/summaries/version.html", context)


# ── For librarians: the editor ───────────────────────────────────────────────────────────────────


@require_http_methods(["GET", "HEAD", "POST"])
@librarians_only
def edit(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The editor. What is not in the abstract must be ticked off; a stale edit shows both texts."""
    found = _found(request, pk, slug, "edit/")
    if isinstance(found, HttpResponse):
        return found
    draft = _draft(request, found)
    summary: Summary | None = found.summary_now
    if request.method != "POST":
        return _editor(
            request, found, EditorForm(initial=_initial(summary, draft), summary=summary, draft=draft), draft=draft
        )
    form = EditorForm(request.POST, summary=summary, draft=draft)
    return _save(request, found, form, draft=draft)


@require_http_methods(["GET", "HEAD", "POST"])
@librarians_only
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """A member's proposal in the editor: published as it is or with changes, or declined with words."""
    proposals = SummaryProposal.objects.select_related("study__text", "study__journal", "member", "answered_by")
    shown = get_object_or_404(proposals, pk=pk)
    found = shown.study
    summary = Summary.objects.select_related("writer", "editor", "reviewer").filter(pk=found.pk).first()
    found.summary_now = summary
    if shown.status != SummaryProposal.Status.WAITING:
        messages.info(request, "This proposal has been answered already.")
        return redirect("studies:summary_proposals")
    if request.method != "POST":
        initial = {
            "tldr": shown.tldr,
            "body": shown.body,
            "reason": shown.reason,
            "version": summary.version if summary else 0,
        }
        return _editor(request, found, EditorForm(initial=initial, summary=None), proposal=shown)
    if "decline" in request.POST:
        decline = DeclineForm(request.POST)
        if not decline.is_valid():
            form = EditorForm(request.POST, summary=None)
            return _editor(request, found, form, proposal=shown, decline=decline, status=422)
        shown.decline(request.user, decline.cleaned_data["words"])
        messages.success(request, gettext("Declined, and the member is told."))
        return redirect("studies:summary_proposals")
    data = request.POST.copy()
    data["writer"] = EditorForm.MINE  # the member's, whatever was sent
    return _save(request, found, EditorForm(data, summary=None), proposal=shown)


def _initial(summary: Summary | None, draft: SummaryDraft | None) -> dict[str, Any]:
    initial: dict[str, Any] = {"version": summary.version if summary else 0}
    if draft and draft.status == SummaryDraft.Status.DONE:
        return initial | {"tldr": draft.tldr, "body": draft.body, "draft": draft.pk}
    return initial | ({"tldr": summary.tldr, "body": summary.body} if summary else {})


def _draft(request: HttpRequest, study: Study) -> SummaryDraft | None:
    named = request.POST.get("draft") or request.GET.get("draft") or ""
    if not (named.isascii() and named.isdecimal() and len(named) < 19):
        return None
    return SummaryDraft.objects.filter(pk=int(named), study=study).first()


def _save(
    request: HttpRequest,
    study: Study,
    form: EditorForm,
    *,
    draft: SummaryDraft | None = None,
    proposal: SummaryProposal | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"draft": draft, "proposal": proposal}
    if "preview" in request.POST:
        return _editor(request, study, form, preview=_previewed(request), **context)
    if not form.is_valid():
        return _editor(request, study, form, status=422, **context)
    data = form.cleaned_data
    check = check_summary(study, tldr=data["tldr"], body=data["body"])
    if check.without(form.accepted):
        form.add_error(None, CHECK_FIRST)
        return _editor(request, study, form, check=check, status=422, **context)
    try:
        Summary.write(
            study,
            tldr=data["tldr"],
            body=data["body"],
            editor=request.user,
            version=data["version"],
            reason=data["reason"],
            accepted=[finding.as_json() for finding in check.findings],
            reviewed=data["reviewed"],
            **_writer(request, data["writer"], draft, proposal),
        )
    except StaleEdit:
        return _stale(request, study, form, check, context)
    except NotYours as refusal:
        form.add_error("reviewed", str(refusal))
        return _editor(request, study, form, check=check, status=422, **context)
    if proposal:
        proposal.accept(request.user)
    messages.success(request, gettext("Saved. This is what everybody reads now."))
    return redirect(study)


def _writer(
    request: HttpRequest, chosen: str, draft: SummaryDraft | None, proposal: SummaryProposal | None
) -> dict[str, Any]:
    """Who the version says wrote it: never a name that the form sent."""
    if proposal:
        return {"writer": proposal.member, "writer_kind": Writer.MEMBER}
    if chosen == EditorForm.DRAFT and draft:
        return {"writer_kind": Writer.MODEL, "writer_name": draft.writer_name, "written_on": draft.made_at.date()}
    if chosen == EditorForm.KEPT:
        return {"keeps_writer": True}
    return {"writer": request.user, "writer_kind": Writer.LIBRARIAN}


def _stale(
    request: HttpRequest, study: Study, form: SummaryForm, check: Check, context: dict[str, Any]
) -> HttpResponse:
    """Both texts: what stands there now, and what was typed, ready to be saved over it."""
    theirs = Summary.objects.select_related("writer", "editor", "reviewer").filter(pk=study.pk).first()
    study.summary_now = theirs
    form.data = form.data.copy()
    form.data["version"] = str(theirs.version if theirs else 0)
    return _editor(request, study, form, check=check, stale=theirs, status=409, **context)


def _editor(
    request: HttpRequest,
    study: Study,
    form: SummaryForm,
    *,
    check: Check | None = None,
    preview: str = "",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    context |= {
        "section": "studies",
        "study": study,
        "summary": study.summary_now,
        "form": form,
        "check": check,
        "accepted": set(form.accepted),
        "preview": preview,
        "drafter": drafting.drafter(),
        "licence": settings.SUMMARY_LICENCE,
    }
    if context.get("proposal"):
        context.setdefault("decline", DeclineForm())
        now = study.summary_now
        shown = context["proposal"]
        context["changes"] = differences(f"{now.tldr}\n\n{now.body}" if now else "", f"{shown.tldr}\n\n{shown.body}")
    return render(request, "studies/summaries/editor.html", context, status=status)


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The editor's preview for htmx: the same renderer that saves."""
    return render(request, "forum/posts/_preview.html", {"preview": _previewed(request)})


def _previewed(request: HttpRequest) -> str:
    return markdown.render(request.POST.get("body", "")[:10_000])


@require_POST
@librarians_only
def review(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Mark the version that was on the page as reviewed by this librarian."""
    found = _found(request, pk, slug, "review/")
    if isinstance(found, HttpResponse):
        return found
    summary: Summary | None = found.summary_now
    if summary is None:
        raise Http404(gettext("This study has no summary yet."))
    try:
        if str(summary.version) != request.POST.get("version", ""):
            raise StaleEdit
        summary.review(request.user)
        messages.success(request, gettext("Marked as reviewed by you."))
    except NotYours as refusal:
        messages.error(request, str(refusal))
    except StaleEdit:
        messages.error(request, gettext("Another version was saved meanwhile. Read it, then review it."))
    return redirect(found)


# ── For members: proposals ───────────────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A member writes a summary, or changes one; it waits for the librarians."""
    found = _found(request, pk, slug, "propose/")
    if isinstance(found, HttpResponse):
        return found
    mine = found.summary_proposals.filter(member=request.user.pk, status=SummaryProposal.Status.WAITING).first()
    summary: Summary | None = found.summary_now
    if request.method != "POST":
        begun: Any = mine or summary
        initial = {"tldr": begun.tldr, "body": begun.body} if begun else {}
        form = SummaryForm(initial=initial | {"version": summary.version if summary else 0})
        return _editor(request, found, form, mine=mine, proposing=True)
    form = SummaryForm(request.POST)
    if "preview" in request.POST:
        return _editor(request, found, form, preview=_previewed(request), proposing=True)
    if not form.is_valid():
        return _editor(request, found, form, proposing=True, status=422)
    data = form.cleaned_data
    check = check_summary(found, tldr=data["tldr"], body=data["body"])
    if check.without(form.accepted):
        form.add_error(None, CHECK_FIRST)
        return _editor(request, found, form, check=check, proposing=True, status=422)
    if refused := limits.refusal(request, "report", form):
        return refused.told_by(_editor(request, found, form, check=check, proposing=True, status=429))
    try:
        accepted = [finding.as_json() for finding in check.findings]
        SummaryProposal.send(
            found, request.user, tldr=data["tldr"], body=data["body"], reason=data["reason"], accepted=accepted
        )
    except TooManyOpen as refusal:
        form.add_error(None, str(refusal))
        return _editor(request, found, form, check=check, proposing=True, status=429)
    messages.success(request, gettext("Thank you. The librarians will look at it, and you will be told."))
    return redirect(found)


# ── For librarians: what waits, and drafts ───────────────────────────────────────────────────────


@require_safe
@librarians_only
def proposals(request: HttpRequest) -> HttpResponse:
    """The summaries that members have proposed."""
    waiting = SummaryProposal.objects.filter(status=SummaryProposal.Status.WAITING).select_related("study", "member")
    page = paginate(waiting, ("-pk",), request.GET.get("after", ""))
    return render(request, "studies/summaries/proposals.html", {"section": "librarians", "page": page})


@require_safe
@librarians_only
def to_review(request: HttpRequest) -> HttpResponse:
    """The summaries that nobody has reviewed."""
    waiting = (
        Summary.objects.filter(reviewed_on__isnull=True).select_related("study", "writer").defer("body", "body_html")
    )
    page = paginate(waiting, ("-pk",), request.GET.get("after", ""))
    return render(request, "studies/summaries/to_review.html", {"section": "librarians", "page": page})


@require_POST
@librarians_only
def draft_new(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Have a draft written; the editor opens on it, or waits for it."""
    found = _found(request, pk, slug, "draft/")
    if isinstance(found, HttpResponse):
        return found
    draft = drafting.begin(found, request.user)
    return redirect(f"{reverse('studies:summary_edit', args=[found.pk, found.slug])}?draft={draft.pk}")


@require_safe
@librarians_only
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """For htmx: whether a draft is written. When it is, the page is loaded anew with it."""
    shown = get_object_or_404(SummaryDraft.objects.select_related("study"), pk=pk)
    answer = render(request, "studies/summaries/_draft.html", {"draft": shown})
    if shown.status != SummaryDraft.Status.WAITING:
        address = reverse("studies:summary_edit", args=[shown.study_id, shown.study.slug])
        answer["HX-Redirect"] = f"{address}?draft={shown.pk}"
    return answer
