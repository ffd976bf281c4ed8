"""Words that were sent in vain, because their sender was signed out or the form was too old: shown once more.

The page holds all that was typed and a button that sends it again, so nothing is lost and nothing is kept: not in a
session that the next person at that browser would find, and not in the database.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import loader
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

TEMPLATE = "errors/unsent.html"
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field
# Fields in which people write. Others are carried along unseen.
WORDS: dict[str, Any] = {
    "title": _("Title"),
    "body": _("Text"),
    "tldr": _("TL;DR"),
    "tags": _("Tags"),
    "own_gist": _("In one or two sentences"),
    "words": _("Words"),
    "note": _("Note"),
    "reason": _("Reason"),
    "bio": _("About you"),
    "description": _("Description"),
}
SEND_WHOLE = "X-Send-Whole"  # asks the script of a page to send its form as a browser would, and show what comes


def has_words(request: HttpRequest) -> bool:
    """Whether somebody sent words by a form that can be sent again: files can't be, passwords are not shown."""
    return (
        request.method == "POST"
        and settings.CSRF_COOKIE_NAME in request.COOKIES
        and not request.FILES
        and not any("password" in name for name in request.POST)
        and any(request.POST.get(name, "").strip() for name in WORDS)
    )


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this site sent it: what another site made up is not offered again."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def page(request: HttpRequest, sign_in: str = "") -> HttpResponse:
    """What was typed, and a button that sends it again (403: nothing was done). ``sign_in`` is where to do so first."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=403, headers={SEND_WHOLE: "true", "Cache-Control": "no-store"})
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name != TOKEN]
    context = {
        "title": gettext("Your words were not sent yet"),
        "sign_in": sign_in,
        "action": request.get_full_path(),
        "written": [(name, WORDS[name], value) for name, value in fields if name in WORDS and value.strip()],
        "carried": [(name, value) for name, value in fields if not (name in WORDS and value.strip())],
        "token_name": TOKEN,
        "token": get_token(request),
        "site_name": settings.SITE_NAME,
    }
    html = loader.get_template(TEMPLATE).render(context)
    return HttpResponse(html, status=403, headers={"Cache-Control": "no-store"})
