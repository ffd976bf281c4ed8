"""What stands against a member: what they read of it, and what they and the moderators write about it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Member
from accounts.permissions import moderators_only
from moderation import appeals, limits, sanctions
from moderation.forms import AppealForm, NoteForm
from moderation.models import MemberNote, Sanction
from moderation.models.sanction import Kind

SHOWN = 50


@require_safe
@login_required
def standing(request: HttpRequest) -> HttpResponse:
    """What moderators decided about the member's account, now and before."""
    listed = list(Sanction.objects.filter(member=request.user.pk)[:SHOWN])
    rows = [{"sanction": each, "said": sanctions.sentence(each)} for each in listed]
    return render(request, "moderation/standing.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def warning(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A warning, to read; POST says that it was read, and leads on."""
    found = get_object_or_404(Sanction, pk=pk, member=request.user.pk, kinds__contains=[Kind.WARNING])
    onward = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        onward = "/"
    if request.method == "POST":
        sanctions.acknowledge(found)
        messages.success(request, gettext("Thank you for reading. You can go on writing."))
        return redirect(onward)
    return render(request, "moderation/warning.html", {"warning": found, "next": onward})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, token: str) -> HttpResponseBase:
    """One sanction and what was said about it, for whoever has its link; POST says something more."""
    sanction = Sanction.behind(token)
    if sanction is None or not sanction.member.is_active:
        raise Http404(gettext("This link leads nowhere any more."))
    form = AppealForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if not form.is_valid():
            status = 422
        elif refused := limits.refusal(request, "appeal", form):
            return refused.told_by(_page(request, sanction, form, 429))
        else:
            try:
                appeals.write(sanction, form.cleaned_data["words"])
            except appeals.Refused as no:
                form.add_error(None, str(no))
                status = 422
            else:
                messages.success(request, gettext("Sent. The moderators will answer here, and by mail."))
                return redirect("moderation:appeal", token)
    return _page(request, sanction, form, status)


def _page(request: HttpRequest, sanction: Sanction, form: AppealForm, status: int) -> HttpResponse:
    newest = appeals.of(sanction)
    context = {
        "sanction": sanction,
        "said": sanctions.sentence(sanction),
        "appeal": newest,
        "thread": newest.messages.all() if newest else [],
        "why_not": appeals.why_not(sanction, newest),
        "form": form,
    }
    return render(request, "moderation/appeal.html", context, status=status)


@require_POST
@moderators_only
def note_new(request: HttpRequest, name: str) -> HttpResponseBase:
    """Note something about a member for the other moderators; the same words again are one note."""
    member = get_object_or_404(Member, username__iexact=name)
    form = NoteForm(request.POST)
    if form.is_valid():
        newest = member.moderators_notes.first()
        words = form.cleaned_data["words"]
        if newest is None or newest.words != words or newest.author_id != request.user.pk:
            MemberNote.objects.create(member=member, author_id=request.user.pk, words=words)
        messages.success(request, gettext("Noted."))
        return redirect("moderation:moderate", "member", member.pk)
    return render(request, "moderation/note.html", {"member": member, "form": form}, status=422)
