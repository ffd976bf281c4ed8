"""Pictures on the disk, under names of our own making, and as answers that can do nothing.

A *shelf* is a folder for one kind ("pictures", "avatars"). The widest size of a picture is ``name.webp``, the other
one ``name-small.webp``.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from common.files import file_answer
from common.pictures.taking import Made

NAME = r"[a-z2-7]{16}"
FILE = re.compile(rf"(?P<name>{NAME})(?P<small>-small)?\.webp")
ENDS = ("", "-small")
POLICY = "sandbox; default-src 'none'"
# Whoever has seen it may keep it; what stands between asks again soon, so that what is hidden goes from there.
OPEN_TO_ALL = "public, max-age=31536000, s-maxage=60, immutable"
FOR_ONE = "private, no-store"


def new_name() -> str:
    """Sixteen letters and digits that nobody can guess."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def path_of(shelf: str, name: str, end: str = "") -> Path:
    return Path(settings.MEDIA_ROOT) / shelf / name[:2] / f"{name}{end}.webp"


def incoming() -> Path:
    """Where files wait while they are being sent."""
    folder = Path(settings.MEDIA_ROOT) / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep(shelf: str, name: str, made: Sequence[Made]) -> None:
    """Write one or two sizes of a picture, the widest first. Raises ``OSError`` where the disk does not take them."""
    for end, each in zip(ENDS, made, strict=False):
        path = path_of(shelf, name, end)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(each.data)
        os.replace(part, path)


def copy(shelf: str, name: str, new: str) -> None:
    """Keep a picture's files, those that are there, under a new name too."""
    for end in ENDS:
        path = path_of(shelf, new, end)
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(path_of(shelf, name, end), path)


def forget(shelf: str, name: str) -> None:
    """Take a picture's files away, where they are there."""
    for end in ENDS:
        with contextlib.suppress(FileNotFoundError):
            path_of(shelf, name, end).unlink()


def names_on(shelf: str, *, older_than: float) -> Iterator[str]:
    """The names of all files that were written more than so many seconds ago; a name may come twice."""
    before = time.time() - older_than
    for path in (Path(settings.MEDIA_ROOT) / shelf).glob("??/*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                yield path.name.removesuffix(path.suffix).removesuffix("-small")


def answer(request: HttpRequest, shelf: str, name: str, end: str = "", *, open_to_all: bool) -> HttpResponseBase:
    """The file, inline, in a sandbox that allows nothing. Raises ``Http404`` where it is not there.

    ``open_to_all`` is for what every visitor may see: it can be kept by anybody, also by who is signed in.
    """
    try:
        found = file_answer(request, path_of(shelf, name, end), "image/webp")
    except FileNotFoundError as error:
        raise Http404(gettext("This picture is not here.")) from error
    found["Content-Security-Policy"] = POLICY
    found["X-Content-Type-Options"] = "nosniff"
    found["Content-Disposition"] = "inline"
    found["Cache-Control"] = OPEN_TO_ALL if open_to_all else FOR_ONE
    found.same_for_all = open_to_all  # type: ignore[attr-defined] # read by MemberCacheMiddleware
    return found


def forget_all_but(shelf: str, known: Iterable[str], names: Iterable[str]) -> int:
    """Of these ``names`` on the disk, take away those that are not ``known``; gives how many."""
    strays = set(names) - set(known)
    for name in strays:
        forget(shelf, name)
    return len(strays)
