"""Pages for what went wrong, made without database, session or token, so that they can always be made."""

from __future__ import annotations

import logging
from html import escape
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import loader

logger = logging.getLogger(__name__)

TEMPLATE = "errors/error.html"
TITLES = {
    400: "This request could not be read",
    403: "This is not open to you",
    404: "There is no such page",
    405: "This cannot be done here",
    409: "Something changed meanwhile",
    411: "The length is missing",
    413: "This is too large",
    414: "This address is too long",
    415: "This kind of text is not understood",
    422: "Something needs another look",
    429: "A little slower, please",
    500: "Something went wrong here",
    503: "Back in a moment",
}


def error_page(request: HttpRequest, status: int, sentence: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """The page for ``status`` with a sentence that tells what to do.

    ``templates/errors/error.html`` is given ``status``, ``title``, ``sentence``, ``request_id`` and ``site_name``, and
    nothing else: no context processor runs. Where even the template fails, a page without looks says the same.
    """
    context = {
        "status": status,
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "sentence": sentence,
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
    reference = f"<p>Reference: {said['request_id']}</p>" if said["request_id"] else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{said['title']} · {said['site_name']}</title></head><body><main>"
        f"<h1>{said['title']}</h1><p>{said['sentence']}</p>{reference}"
        '<p><a href="/">To the first page</a></p></main></body></html>'
    )
