"""Old addresses of studies that were merged into others."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.utils.encoding import escape_uri_path

from common.text import slugify_title
from studies.models import MergedStudy

OF_A_STUDY = re.compile(r"/studies/(\d{1,18})(/.*)?")


class MergedStudyMiddleware:
    """Lead every address of a merged study, whatever stands behind its number, to the same address of the kept one.

    Asks only where the answer would be a 404, so that a page costs nothing more and no view needs to know of merges.
    Permanent: 301, and 308 for a form sent from a page opened before, which is sent again with all that was typed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if answer.status_code != 404:
            return answer
        address = OF_A_STUDY.fullmatch(request.path_info)
        merged = MergedStudy.objects.select_related("study").filter(pk=int(address[1])).first() if address else None
        return _moved(request, merged, address[2] or "/") if merged and address else answer


def _moved(request: HttpRequest, merged: MergedStudy, rest: str) -> HttpResponseBase:
    old, new = slugify_title(merged.title), merged.study.slug
    if rest.startswith((f"/{old}/", f"/{old}.")):
        rest = f"/{new}{rest[len(old) + 1 :]}"
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    answer = HttpResponsePermanentRedirect(f"{escape_uri_path(f'/studies/{merged.study_id}{rest}')}{query}")
    if request.method not in ("GET", "HEAD"):
        answer.status_code = 308
    return answer
