"""The library's open data: a page that explains the files, and the files."""

from __future__ import annotations

import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from common.files import file_answer
from studies.open_data import CITATIONS, FILES, MANIFEST, STUDIES, TAGS

WORDS = {
    STUDIES: gettext_noop("The studies: a CSL-JSON item in each line"),
    CITATIONS: gettext_noop("Who cites whom: a row for each reference of each study, with the identifiers it names"),
    TAGS: gettext_noop("The tags with their descriptions, and which stands for which"),
}
CONTENT_TYPES = {
    MANIFEST: "application/json",
    CITATIONS: "application/gzip",
    STUDIES: "application/gzip",
    TAGS: "application/gzip",
}


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    try:
        manifest = json.loads((settings.OPEN_DATA_DIR / MANIFEST).read_text(encoding="utf-8"))
        files = [{"name": name, "words": WORDS[name], **manifest["files"][name]} for name in FILES]
        written_at = parse_datetime(manifest["written_at"])
    except (OSError, ValueError, KeyError):
        files, written_at = [], None
    context = {"section": "studies", "files": files, "written_at": written_at, "licence": settings.SUMMARY_LICENCE}
    return render(request, "studies/open_data.html", context)


@require_safe
def open_data_file(request: HttpRequest, name: str) -> HttpResponseBase:
    if name not in CONTENT_TYPES:
        raise Http404(gettext("There is no such file."))
    try:
        answer = file_answer(request, settings.OPEN_DATA_DIR / name, CONTENT_TYPES[name])
    except OSError as error:
        raise Http404(gettext("This file has not been written yet.")) from error
    answer["Cache-Control"] = "public, max-age=3600"
    return answer
