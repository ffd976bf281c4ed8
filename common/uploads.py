"""Uploads larger than any other request may be: only to views that say so, only from who may, straight to disk.

A view says it by ``takes_large_uploads``. Every other request stays under ``common.middleware.BODY_LIMIT``. Who may
send so much is asked before a byte of it is read, and the file is written where it will stay, never to memory.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

PART = ".part"  # how names of files end that are still being sent
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class LargeUploads:
    """What a view takes: ``limit`` bytes of a request, written into ``folder()``.

    ``refusal`` gives the answer for who may not send them, or None for who may.
    """

    limit: int
    folder: Callable[[], Path]
    refusal: Callable[[HttpRequest], HttpResponseBase | None]
    advice: str = "Please send it in parts."  # to who sends more


def takes_large_uploads(rule: LargeUploads) -> Callable[[View], View]:
    """Mark a view as one that takes uploads by ``rule``. Stands outermost, above all other decorators."""

    def marked(view: View) -> View:
        view.large_uploads = rule  # type: ignore[attr-defined]
        return view

    return marked


def rule_for(request: HttpRequest) -> LargeUploads | None:
    """What the view of this request's address takes, where it takes more than others and this is a POST."""
    if request.method != "POST" or request.content_type != "multipart/form-data":
        return None
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return None
    return getattr(view, "large_uploads", None)


class IntoFolder(TemporaryFileUploadHandler):
    """Writes a file that is being sent into a folder, under a name of its own. What is not moved away goes again."""

    def __init__(self, request: HttpRequest, folder: Path) -> None:
        super().__init__(request)
        self.folder = folder

    def new_file(self, *arguments: Any, **options: Any) -> None:
        FileUploadHandler.new_file(self, *arguments, **options)
        self.file = _Sent(self.folder, self.file_name or "", self.content_type, self.charset)


class _Sent(TemporaryUploadedFile):
    def __init__(self, folder: Path, name: str, content_type: str | None, charset: str | None) -> None:
        file = tempfile.NamedTemporaryFile(dir=folder, suffix=PART)  # noqa: SIM115 -- closed with the request
        UploadedFile.__init__(self, file, name, content_type, 0, charset)


def keep(sent: UploadedFile, path: Path) -> None:
    """Put a file that was sent where it stays. Raises ``OSError`` where the disk does not take it."""
    if isinstance(sent, TemporaryUploadedFile):
        sent.flush()
        shutil.move(sent.temporary_file_path(), path)
    else:
        with path.open("xb") as file:
            for chunk in sent.chunks():
                file.write(chunk)
    os.chmod(path, 0o600)
