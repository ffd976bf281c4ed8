"""The address that each mail of notifications carries to end its kind, without signing in (RFC 8058)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notices import unsubscribing


@csrf_exempt  # a mail reader sends the POST, and the signed token in the address is what it may do
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, for scanners follow every link of a mail; POST ends it, at once and as often as it comes."""
    found = unsubscribing.read(token)
    if found is None:
        raise Http404(gettext("This address is damaged, or its member has left. Your settings can end every mail."))
    if request.method == "POST":
        unsubscribing.end(*found)
    context = {"is_done": request.method == "POST", "title": unsubscribing.title_of(found[1])}
    return render(request, "notices/unsubscribe.html", context)
