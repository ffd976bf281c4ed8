"""Pages for what went wrong, made without database, session or token, so that they can always be made."""

from __future__ import annotations

import logging
from html import escape
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

TEMPLATE = "errors/error.html"
TITLES = {
    400: _("This request could not be read"),
    403: _("This is not open to you"),
    404: _("There is no such page"),
    405: _("This cannot be done here"),
    409: _("Something changed meanwhile"),
    411: _("The length is missing"),
    413: _("This is too large"),
    414: _("This address is too long"),
    415: _("This kind of text is not understood"),
    422: _("Something needs another look"),
    429: _("A little slower, please"),
    500: _("Something went wrong here"),
    503: _("Back in a moment"),
}


def error_page(
    request: HttpRequest, status: int, sentence: str, headers: dict[str, str] | None = None, back: str = ""
) -> HttpResponse:
    """The page for ``status`` with a sentence that tells what to do.

    ``back`` is an address of ours to which it leads first. ``templates/errors/error.html`` is given that, ``status``,
    ``title``, ``sentence``, ``request_id`` and ``site_name``, and nothing else: no context processor runs. Where even
    the template fails, a page without looks says the same.
    """
    context = {
        "status": status,
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "sentence": sentence,
        "back": back,
        "request_id": getattr(request, "id", ""),
        "site_name": settings.SITE_NAME,
    }
    try:
        html = loader.get_template(TEMPLATE).render(context)
    except Exception:
        logger.exception("the error page's template failed")
        html = _bare(context)
    response = HttpResponse(html, status=status, content_type="text/html; charset=utf-8", headers=headers or {})
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _bare(context: dict[str, object]) -> str:
    said = {name: escape(str(value)) for name, value in context.items()}
    reference = f"<p>{gettext('Reference')}: {said['request_id']}</p>" if said["request_id"] else ""
    return (
        f'<!doctype html><html lang="{get_language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{said['title']} · {said['site_name']}</title></head><body><main>"
        f"<h1>{said['title']}</h1><p>{said['sentence']}</p>{reference}"
        f'<p><a href="/">{gettext("To the first page")}</a></p></main></body></html>'
    )
