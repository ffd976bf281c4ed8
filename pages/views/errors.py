"""The pages that say what went wrong, in a sentence a member can act on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext

from common import unsent
from common.addresses import page_of
from common.errors import error_page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(
        request, 400, gettext("Something about that address or form can't be understood. Go back and try again.")
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403, str(exception) or gettext("You may not do that."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Sentences of ours only: Django's own words name models and paths.
    said = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    ours = said.endswith(".") and not said.startswith(("No ", "/"))
    return error_page(
        request,
        404,
        gettext(said) if ours else gettext("There is nothing at this address, or it is not there any more."),
    )


def too_many(request: HttpRequest) -> HttpResponse:
    """Asked for by allauth when somebody tries too often."""
    said = gettext("That was too often. Wait five minutes, then try again.")
    return error_page(request, 429, said, {"Retry-After": "300"}, back=page_of(request))


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request, 500, gettext("Something broke on our side. It has been noted; trying again in a moment often helps.")
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if unsent.is_from_here(request) and unsent.has_words(request):
        return unsent.page(request, sign_in="" if request.user.is_authenticated else resolve_url("account_login"))
    return error_page(
        request,
        403,
        gettext(
            "This form was open for too long, or it came from another site. Go back, reload "
            "the page and send it again; your browser keeps what you typed."
        ),
    )
