"""What the composer asks at each "@" and "#"."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.text import clean_line
from forum import suggesting
from moderation.limits import TooMany, count_reading
from notices.muting import muted_by

KINDS = ("member", "tag")


@require_safe
@login_required
@never_cache
def suggest(request: HttpRequest) -> HttpResponse:
    """Names of members, or tags, that begin with what is typed. Who asks too often is told nothing new."""
    kind = request.GET.get("kind", "tag")
    if kind not in KINDS:
        raise Http404(gettext("Suggestions are of members and of tags."))
    try:
        count_reading(request, "suggest")
    except TooMany:
        return HttpResponse(status=204)
    typed = clean_line(request.GET.get("q", "")[: suggesting.TYPED_LIMIT])
    names = suggesting.tags(typed) if kind == "tag" else suggesting.members(typed, muted_by(request.user).members)
    return JsonResponse({"suggested": names})
