"""Exports as answers: a file to keep, streamed in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from common.text import slugify_title
from studies.exporting.formats import FORMATS, Format
from studies.exporting.loading import items
from studies.models import Study

MOST = 5_000  # studies in one file; the whole library is at /open-data/
CUT = f"This file holds the first {MOST:,} studies of a longer list. The whole library is under /open-data/."


def respond(studies: QuerySet | Iterable[Study | int], format: str, filename: str) -> StreamingHttpResponse:
    """These studies as a file to download, in their order, at most ``MOST`` of them.

    Takes a queryset of studies in the order wanted (of which only ids are read here), or studies, or their ids; the
    suffix of a format (``FORMATS``), and a name for the file without its suffix, in any letters. A list that was cut
    says so in the header ``X-Export-Cut`` and, where the format has remarks, in the file.
    """
    kind = FORMATS[format]
    if isinstance(studies, QuerySet):
        ids = list(studies.values_list("pk", flat=True)[: MOST + 1])
    else:
        ids = [each if isinstance(each, int) else each.pk for each in islice(studies, MOST + 1)]
    cut = len(ids) > MOST
    answer = StreamingHttpResponse(written(ids[:MOST], kind, CUT if cut else ""), content_type=kind.content_type)
    name = f"{slugify_title(filename)}.{kind.suffix}"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    if cut:
        answer["X-Export-Cut"] = f"first {MOST} studies"
    return answer


def written(ids: Iterable[int], kind: Format, remark: str = "") -> Iterator[str]:
    """The file, piece by piece."""
    yield kind.start
    if remark:
        yield kind.remark(remark)
    between = ""
    for item in items(ids):
        yield between + kind.entry(item)
        between = kind.between
    yield kind.end
