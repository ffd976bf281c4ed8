"""Files as answers, whole or in part: what a download that was cut off goes on from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

PIECE = 64 * 1024  # bytes read at a time
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def file_answer(request: HttpRequest, path: Path, content_type: str) -> HttpResponseBase:
    """The file, or the one range of it that is asked for; 304 where the asker has it. Raises ``FileNotFoundError``.

    Several ranges at once are answered with the whole file, as RFC 9110 (14.2) allows.
    """
    file = path.open("rb")
    facts = path.stat()
    size, etag, modified = facts.st_size, f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"', int(facts.st_mtime)
    answer: Any = get_conditional_response(request, etag=etag, last_modified=modified)
    if answer is None:
        answer = _part(request, file, size, etag) or FileResponse(file, content_type=content_type)
        answer["Content-Type"] = content_type
    if not answer.streaming:
        file.close()
    answer["ETag"], answer["Last-Modified"], answer["Accept-Ranges"] = etag, http_date(modified), "bytes"
    return answer


def _part(request: HttpRequest, file: BinaryIO, size: int, etag: str) -> HttpResponseBase | None:
    found = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.method != "GET" or not found or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = found[1], found[2]
    if not first and not last:
        return None
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start:
        answer: HttpResponseBase = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
        return answer
    file.seek(start)
    answer = StreamingHttpResponse(_pieces(file, end - start + 1), status=206)
    answer["Content-Range"], answer["Content-Length"] = f"bytes {start}-{end}/{size}", str(end - start + 1)
    return answer


def _pieces(file: BinaryIO, left: int) -> Iterator[bytes]:
    with file:
        while left and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
