"""What is new under the things that a member follows, and following a search."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from common.paging import paginate
from notices import following
from notices.views.following import TOO_MANY
from studies import searches
from studies.models import Arrival, SavedStudy, Study


@require_safe
@login_required
def arrivals_under(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The studies that came under one followed thing lately, newest first."""
    for each in following.followables():
        if each.name == kind:
            thing = get_object_or_404(each.seen_by(request.user), pk=pk)
            break
    else:
        raise Http404(gettext("There is no such kind of thing to follow."))
    content_type = ContentType.objects.get_for_model(thing)
    page = paginate(
        Arrival.objects.filter(content_type=content_type, object_id=pk), ("-study_id",), request.GET.get("after", "")
    )
    context = {"section": "studies", "thing": thing, "kind": kind, "page": page}
    studies = Study.objects.for_list().in_bulk([arrival.study_id for arrival in page.rows])
    context["studies"] = [studies[arrival.study_id] for arrival in page.rows if arrival.study_id in studies]
    context["saved"] = SavedStudy.of(request.user, context["studies"])
    context["is_followed"] = thing.pk in following.followed_among(request.user, [thing])
    return render(request, "studies/arrivals.html", context)


@require_POST
@login_required
def search_follow(request: HttpRequest) -> HttpResponse:
    """Follow the search that the address spells, as the library's does."""
    try:
        search = searches.save(request.user, request.GET)
    except searches.CannotSave as error:
        messages.error(request, str(error))
        return redirect("studies:library")
    except following.TooManyFollows:
        messages.error(request, TOO_MANY)
        return redirect("notices:following")
    messages.success(
        request,
        gettext("You follow the search %(name)s. You are told when a new study fits it.") % {"name": search.name},
    )
    return redirect(search)
