"""Where a study is mentioned, and which mentioned works the library does not have."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import librarians_only
from common.counting import CappedCount, capped_count
from forum import visits
from forum.models import PostVote
from studies.fetching import request as request_identifiers
from studies.mentioning import page_of_posts, page_of_wanted, with_who_wants
from studies.models import MentionedWork
from studies.views.loading import study_of

FETCHED = ("doi", "pmid", "pmcid")  # kinds of identifiers that sources answer to


@require_safe
def mentions(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The posts that mention the study, in their own words or in a comment, newest first."""
    found = study_of(request, pk, slug, "mentions/")
    if isinstance(found, HttpResponse):
        return found
    page = page_of_posts(found, request.user, request.GET.get("after", ""))
    visits.mark(request.user, page.rows)
    context = {
        "section": "studies",
        "study": found,
        "page": page,
        "count": CappedCount.at_most(found.mention_count),
        "voted": PostVote.of(request.user, page.rows),
    }
    return render(request, "studies/mentions.html", context)


@require_safe
def wanted(request: HttpRequest) -> HttpResponse:
    """The works that posts mention and the library does not have, those of most posts first."""
    context = {
        "section": "studies",
        "page": page_of_wanted(request.GET.get("after", "")),
        "count": capped_count(MentionedWork.objects.wanted()),
        "fetched": FETCHED,
        "ask": _address("studies:suggest"),
    }
    return render(request, "studies/wanted.html", context)


@require_POST
@librarians_only
def wanted_fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Fetch a wanted work; pressed again on the same day, it leads to the same run."""
    work = get_object_or_404(MentionedWork.objects.wanted(), pk=pk)
    if work.kind not in FETCHED:
        raise Http404(gettext("Trials are fetched by the studies that report them."))
    token = uuid.uuid5(uuid.NAMESPACE_URL, f"wanted {work.kind} {work.value} {timezone.localdate()}")
    [found] = with_who_wants([work])
    reason = f"Wanted by {found.shown_count} post{'s' * (found.post_count != 1)}"
    named = [str(each) for each in (work, *found.others)]
    return redirect(request_identifiers(named, member=request.user, reason=reason, token=token))


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
