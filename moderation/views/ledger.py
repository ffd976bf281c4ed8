"""A member's ledger of reputation."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.models import Member
from common.paging import paginate
from moderation import reputation
from moderation.models import Reputation, ReputationEntry

PAGE = 50


@require_safe
@login_required
def ledger(request: HttpRequest, name: str) -> HttpResponse:
    """What earned and cost this member reputation, the newest first; for the member and for moderators alone."""
    member = get_object_or_404(Member, username__iexact=name)
    if not reputation.can_be_read_by(request.user, member.pk):
        raise Http404(gettext("Only the member and moderators can read this."))
    if member.username != name:
        return redirect("moderation:ledger", member.username, permanent=True)
    entries = ReputationEntry.objects.filter(member=member)
    page = paginate(entries, ("-day", "-pk"), request.GET.get("after", ""), PAGE)
    reputation.name_things(request.user, page.rows)
    sums = Reputation.objects.filter(member=member).first() or Reputation(member=member)
    worth = [(source.one, source.worth, source.is_public) for source in reputation.sources.values()]
    return render(request, "moderation/ledger.html", {"member": member, "page": page, "sums": sums, "worth": worth})
