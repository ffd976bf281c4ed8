"""Making a copy of everything that the site holds of a member: a zip of JSON files, one for each kind of thing.

What there is to give out is told by each app (``common.personal``). Rows are read and written one after the other, so
that it takes no more memory for a member who wrote much than for one who wrote nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import mail
from accounts.models import DataCopy, Member
from accounts.models.data_copy import GIVEN_UP, KEPT, folder
from common import personal
from common.addresses import absolute
from common.personal import Part

SCHEMA = 1  # of the files; a reader that knows a lower one may not understand them
ROWS = 500  # read at once
FORGOTTEN = timedelta(days=1)  # after which a file that no row knows is removed


def make(copy: DataCopy) -> None:
    """Make the copy and tell its member. The file appears under its name only when it is whole."""
    unfinished = copy.path.with_suffix(".part")
    try:
        with unfinished.open("xb") as file:
            os.chmod(unfinished, 0o600)
            write(copy.member, file)
        unfinished.replace(copy.path)
    finally:
        unfinished.unlink(missing_ok=True)
    with transaction.atomic():
        done = DataCopy.objects.filter(pk=copy.pk, file=copy.file, state=DataCopy.State.BUILDING).update(
            state=DataCopy.State.READY, ready_at=timezone.now(), size=copy.path.stat().st_size
        )
        if not done:  # another worker took it for given up
            copy.path.unlink(missing_ok=True)
            return
        link = absolute(reverse("accounts:data"))
        mail.send(copy.member, "copy_ready", gettext_noop("Your data is ready"), link=link, days=KEPT.days)
    for older in DataCopy.objects.filter(member=copy.member, pk__lt=copy.pk).exclude(state__in=DataCopy.OPEN):
        older.remove()


def write(member: Member, file: IO[bytes]) -> None:
    """Write the zip of everything that is ``member``'s."""
    told = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for part in personal.parts():
            if part.name:
                with out.open(_entry(f"{part.name}.json"), "w", force_zip64=True) as to:
                    told.append({"part": part, "count": _write_rows(part, member, to), "fields": _fields(part)})
        pictures = 0
        for files in personal.files():
            for name, path in files.find(member):
                with contextlib.suppress(FileNotFoundError), path.open("rb") as source:
                    with out.open(_entry(f"{files.name}/{name}"), "w", force_zip64=True) as to:
                        while piece := source.read(1 << 16):
                            to.write(piece)
                    pictures += 1
        context = {"member": member, "told": told, "files": pictures, "schema": SCHEMA, "made_at": timezone.now()}
        context |= {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
        out.writestr(_entry("README.txt"), render_to_string("accounts/copy_readme.txt", context))


def _write_rows(part: Part, member: Member, to: IO[bytes]) -> int:
    count = 0
    to.write(b"[")
    for row in rows(part, member):
        words = json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
        to.write(f"{',' if count else ''}\n{words}".encode())
        count += 1
    to.write(b"\n]\n")
    return count


def rows(part: Part, member: Member) -> Iterator[dict[str, Any]]:
    """What is given out of a part, in the order it came."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        found = part.rows_of(member).order_by("pk").values(*part.fields)
        for values in found.iterator(chunk_size=ROWS):
            row = {name: values[field] for name, field in zip(_fields(part), part.fields, strict=True)}
            if part.address is not None:
                row["address"] = absolute(part.address(values))
            yield part.finish(row) if part.finish else row


def _fields(part: Part) -> list[str]:
    return [field.replace("__", "_") for field in part.fields]


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.gmtime()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def sweep() -> int:
    """Remove copies whose time is over, give up those whose worker died, and files that no row knows."""
    now, gone = timezone.now(), 0
    for copy in DataCopy.objects.filter(state=DataCopy.State.READY, ready_at__lt=now - KEPT):
        copy.remove()
        gone += 1
    stuck = DataCopy.objects.filter(state__in=DataCopy.OPEN, asked_at__lt=now - 2 * GIVEN_UP)
    stuck.exclude(started_at__gte=now - GIVEN_UP).update(state=DataCopy.State.FAILED)
    known = set(DataCopy.objects.exclude(file="").values_list("file", flat=True))
    for path in folder().iterdir():
        if path.name not in known and _age(path) > FORGOTTEN.total_seconds():
            path.unlink(missing_ok=True)
    return gone


def _age(path: Path) -> float:
    with contextlib.suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime
    return 0.0
