"""Imports that librarians asked for, and the sweeping up after them."""

from __future__ import annotations

import time

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from studies.models import ImportRun
from studies.models.import_run import KEPT_FOR, folder

ORPHANS_AFTER = 24 * 3600  # seconds after which a file that no import names is nobody's


@app.task(name="studies.run_import")
def run_import(run_id: int) -> None:
    """Work on one import until its end. Does nothing where another worker has it, or where enough are at work."""
    from studies.fetching.fetched import fetch  # heavy: only where there is work
    from studies.importing.running import work_on

    try:
        run = ImportRun.claim(run_id)
        if run is None:
            return
        work_on(run, fetch)
        # One that found enough others at work has waited for this moment.
        for waiting in _without_worker().exclude(pk=run_id).order_by("pk")[:1]:
            run_import.defer(run_id=waiting.pk)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # the worker's thread must not keep it


@app.periodic(cron="* * * * *")
@app.task(name="studies.resume_imports")
def resume_imports(timestamp: int) -> None:
    """Take up again what a worker left that died."""
    for run in _without_worker().order_by("pk")[:5]:
        run_import.defer(run_id=run.pk)


def _without_worker():
    return ImportRun.objects.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()), state__in=ImportRun.ACTIVE)


@app.periodic(cron="17 4 * * *")
@app.task(name="studies.sweep_imports")
def sweep_imports(timestamp: int) -> None:
    """Let go of files that nobody wants any more: never imported, failed long ago, or left by an upload that broke."""
    old = timezone.now() - KEPT_FOR
    for run in ImportRun.objects.filter(state=ImportRun.State.REVIEW, asked_at__lt=old):
        run.cancel()
    for run in ImportRun.objects.filter(state=ImportRun.State.FAILED, finished_at__lt=old).exclude(file=""):
        run.path.unlink(missing_ok=True)
        ImportRun.objects.filter(pk=run.pk).update(file="")
    named = set(ImportRun.objects.exclude(file="").values_list("file", flat=True))
    for path in folder().iterdir():
        if path.name not in named and path.stat().st_mtime < time.time() - ORPHANS_AFTER:
            path.unlink(missing_ok=True)
