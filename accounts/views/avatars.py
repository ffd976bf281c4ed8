"""Avatars as files: everybody may see them, as they may see the names beside which they stand."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts import avatars
from common.pictures import keeping

NAME = re.compile(keeping.NAME)


@require_safe
def avatar(request: HttpRequest, name: str, end: str = "") -> HttpResponseBase:
    """One that a member sent."""
    if not NAME.fullmatch(name):
        raise Http404(gettext("There is no such picture."))
    return keeping.answer(request, avatars.SHELF, name, end, open_to_all=True)


@require_safe
def drawn(request: HttpRequest, key: str) -> HttpResponse:
    """One that is drawn. Asks nobody: the address says all."""
    if not avatars.KEY.fullmatch(key):
        raise Http404(gettext("There is no such drawing."))
    answer = HttpResponse(avatars.drawn(key), content_type="image/svg+xml; charset=utf-8")
    answer["Content-Security-Policy"] = keeping.POLICY
    answer["Cache-Control"] = keeping.OPEN_TO_ALL
    answer.same_for_all = True
    return answer
