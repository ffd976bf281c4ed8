"""What a librarian brings into the library: a file, or identifiers to fetch; where it stands, and what became of it."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from common.deferring import defer

LEASE = timedelta(seconds=60)  # a worker that is silent for so long is taken for dead
MOST_AT_ONCE = 2  # imports that work at the same time, so that mails and other jobs have a worker too
MOST_TRIES = 5  # workers that may die over one import before it is given up
MOST_LINES = 1_000  # details of one kind that are kept of one import; all are counted
KEPT_FOR = timedelta(days=7)  # how long a file waits for somebody to press Import
CLAIMING = 7_203_411_953  # an advisory lock: one worker at a time looks for work


class ImportRun(models.Model):
    """One import, from the moment it was asked for until its report.

    A file is first only read (``READING``) and waits for a yes (``REVIEW``); identifiers are fetched at once. A worker
    holds a lease on what it works on, and what it did is written in the same transaction as how far it got: a worker
    that dies, or that another took for dead, has done nothing twice.
    """

    class Kind(models.TextChoices):
        FILE = "file", gettext_noop("File")
        IDENTIFIERS = "identifiers", gettext_noop("Identifiers")

    class State(models.TextChoices):
        WAITING = "waiting", gettext_noop("Waiting")
        READING = "reading", gettext_noop("Reading")
        REVIEW = "review", gettext_noop("Ready for review")
        RUNNING = "running", gettext_noop("Running")
        DONE = "done", gettext_noop("Done")
        FAILED = "failed", gettext_noop("Failed")
        CANCELLED = "cancelled", gettext_noop("Cancelled")

    ACTIVE = (State.WAITING, State.READING, State.RUNNING)
    OPEN = (*ACTIVE, State.REVIEW)

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="import_runs"
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    token = models.UUIDField(unique=True, default=uuid.uuid4, help_text="of the form: sent twice is one import")
    title = models.CharField(max_length=200, help_text="the file's name as it was sent, or how many identifiers")
    file = models.CharField(max_length=80, blank=True, default="", help_text="its name in our folder; empty: removed")
    identifiers = models.JSONField(default=dict, blank=True, help_text="kind → the identifiers to fetch")
    asked_at = models.DateTimeField(auto_now_add=True)
    import_pressed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    total = models.BigIntegerField(default=0, help_text="bytes of the file, or identifiers")
    done = models.BigIntegerField(default=0, help_text="of the total")
    position = models.BigIntegerField(default=0, help_text="records (or identifiers) whose outcome is stored")
    preview = models.JSONField(default=dict, blank=True, help_text="the dry run's counts")
    report = models.JSONField(default=dict, blank=True, help_text="the import's counts")
    failure = models.CharField(max_length=500, blank=True, default="")
    cancel_asked = models.BooleanField(default=False)
    lease_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(
                fields=["state", "id"],
                name="import_open",
                condition=models.Q(state__in=["waiting", "reading", "running", "review"]),
            ),
        )

    def __str__(self) -> str:
        return f"import {self.pk} of {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("studies:import_run", args=[self.pk])

    # ── What it is asked ─────────────────────────────────────────────────────────────────────────

    @property
    def is_active(self) -> bool:
        """Whether a worker works on it or will."""
        return self.state in self.ACTIVE

    @property
    def is_dry(self) -> bool:
        """Whether what is known, or is being found out, is only what would become of it."""
        return self.kind == self.Kind.FILE and self.import_pressed_at is None

    @property
    def counts(self) -> dict[str, Any]:
        """What becomes of it, as far as known: of the dry run until Import is pressed."""
        return self.preview if self.is_dry else self.report

    @property
    def told(self) -> dict[str, dict[str, Any]]:
        """The kinds of details that there are, in their order: kind → its title, how many, and how many are kept."""
        kept = dict(self.lines.order_by().values_list("kind").annotate(models.Count("pk")))
        lines = self.counts.get("lines", {})
        return {
            kind.value: {
                "title": kind.label,
                "count": max(self.counts.get(kind.value, 0), lines.get(kind.value, 0), kept[kind.value]),
                "kept": kept[kind.value],
            }
            for kind in ImportLine.Kind
            if kept.get(kind.value)
        }

    @property
    def can_run_again(self) -> bool:
        if self.state == self.State.DONE:
            return bool(self.report.get("unanswered"))
        return self.state in (self.State.FAILED, self.State.CANCELLED) and bool(self.file or self.identifiers)

    @property
    def path(self) -> Path:
        return folder() / self.file

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0

    # ── What people do to it ─────────────────────────────────────────────────────────────────────

    @transaction.atomic
    def start(self) -> bool:
        """Import what the dry run showed. Pressed twice it starts once: gives whether it was this press."""
        started = ImportRun.objects.filter(pk=self.pk, state=self.State.REVIEW).update(
            state=self.State.RUNNING, import_pressed_at=timezone.now(), done=0, position=0, report={}, tries=0
        )
        if started:
            self.lines.all().delete()
            self.defer()
        return bool(started)

    @transaction.atomic
    def cancel(self) -> bool:
        """Stop it: at once where nobody works on it, else as soon as the worker looks. Gives whether it was open."""
        run = ImportRun.objects.select_for_update().get(pk=self.pk)
        if run.state not in self.OPEN:
            return False
        run.cancel_asked = True
        run.save(update_fields=["cancel_asked"])
        if run.lease_until is None or run.lease_until < timezone.now():
            run._end(self.State.CANCELLED)
        return True

    @transaction.atomic
    def run_again(self) -> bool:
        """Take up again what failed, was cancelled or found a source silent. What is stored stays, known again."""
        run = ImportRun.objects.select_for_update().get(pk=self.pk)
        if not run.can_run_again:
            return False
        if run.kind == self.Kind.FILE and not run.path.is_file():
            return False
        goes_on = run.state != self.State.DONE and not run.is_dry
        run.state = self.State.WAITING if run.is_dry else self.State.RUNNING
        run.cancel_asked, run.failure, run.finished_at, run.tries = False, "", None, 0
        if not goes_on:
            run.done = run.position = 0
            run.preview, run.report = ({}, run.report) if run.is_dry else (run.preview, {})
            run.lines.exclude(kind__in=ImportLine.TOLD_AT_ONCE).delete()
        run.save()
        run.defer()
        return True

    @classmethod
    def of_file(cls, *, member, title: str, file: str, size: int, token: uuid.UUID) -> ImportRun:
        """Ask for the dry run of a file that lies in our folder. One form is one import, however often it comes.

        Where the same form came before, the run that it made then is given, and the file is not its own.
        """
        with transaction.atomic():
            run, made = cls.objects.get_or_create(
                token=token,
                defaults={
                    "kind": cls.Kind.FILE,
                    "asked_by": member,
                    "title": title[:200],
                    "file": file,
                    "total": size,
                },
            )
            if made:
                run.defer()
        return run

    def defer(self) -> None:
        defer("studies.run_import", run_id=self.pk)

    # ── What workers do to it ────────────────────────────────────────────────────────────────────

    @classmethod
    def claim(cls, pk: int) -> ImportRun | None:
        """Take the lease on a run that is to be worked on; None where it is not, or somebody has it, or enough work."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIMING])
            now = timezone.now()
            leased = cls.objects.filter(state__in=cls.ACTIVE, lease_until__gte=now)
            run = cls.objects.select_for_update().filter(pk=pk, state__in=cls.ACTIVE).first()
            if run is None or (run.lease_until and run.lease_until >= now) or leased.count() >= MOST_AT_ONCE:
                return None
            if run.tries >= MOST_TRIES:
                run._end(cls.State.FAILED, f"The work on it broke off {MOST_TRIES} times. What was stored stays.")
                return None
            if run.cancel_asked:
                run._end(cls.State.CANCELLED)
                return None
            run.state = cls.State.READING if run.is_dry else cls.State.RUNNING
            run.lease_by, run.lease_until, run.tries = uuid.uuid4(), now + LEASE, run.tries + 1
            run.save(update_fields=["state", "lease_by", "lease_until", "tries"])
        return run

    def write(self, **fields: Any) -> None:
        """Store how far the work is, and keep the lease. Raises ``LeaseLost`` where another worker has it by now."""
        for name, value in fields.items():
            setattr(self, name, value)
        if not self._own().update(lease_until=timezone.now() + LEASE, **fields):
            raise LeaseLost

    def beat(self, **fields: Any) -> None:
        """As ``write``, and raises ``Cancelled`` where somebody pressed Cancel."""
        self.write(**fields)
        if self._own().filter(cancel_asked=True).exists():
            raise Cancelled

    def finish(self, state: str, failure: str = "", **fields: Any) -> None:
        """End the work of the worker that has the lease."""
        with transaction.atomic():
            self.write(**fields)
            self._end(state, failure)

    def _own(self) -> models.QuerySet[ImportRun]:
        return ImportRun.objects.filter(pk=self.pk, lease_by=self.lease_by, lease_until__isnull=False)

    def _end(self, state: str, failure: str = "") -> None:
        self.state, self.failure, self.lease_by, self.lease_until = state, failure[:500], None, None
        fields = ["state", "failure", "lease_by", "lease_until"]
        if state != self.State.REVIEW:
            self.finished_at = timezone.now()
            fields.append("finished_at")
        if state in (self.State.DONE, self.State.CANCELLED) and self.file:
            transaction.on_commit(partial(self.path.unlink, missing_ok=True))
            self.file = ""
            fields.append("file")
        self.save(update_fields=fields)


class LeaseLost(Exception):
    """Another worker has taken the work over; whatever this one is about to store must not be."""


class Cancelled(Exception):
    """Somebody pressed Cancel."""


class ImportLine(models.Model):
    """One detail of an import's report: a record that was refused, and where it stood; what was merged with what."""

    class Kind(models.TextChoices):
        REFUSED = "refused", gettext_noop("Refused")
        MERGED = "merged", gettext_noop("Merged")
        NEW = "new", gettext_noop("New")
        UPDATED = "updated", gettext_noop("Updated")
        UNKNOWN = "unknown", gettext_noop("Not found")
        HERE = "here", gettext_noop("In the library already")
        UNREAD = "unread", gettext_noop("Not understood")

    TOLD_AT_ONCE = (Kind.HERE, Kind.UNREAD)  # before anything is fetched

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=10, choices=Kind)
    place = models.CharField(max_length=300, blank=True, default="")
    words = models.CharField(max_length=1000)
    study = models.ForeignKey("studies.Study", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=["run", "kind", "id"], name="import_lines"),)

    def __str__(self) -> str:
        return f"{self.place}: {self.words}" if self.place else self.words


def folder() -> Path:
    """Where files wait to be imported: not among what is served, and only for us to read."""
    path = Path(settings.VAR_DIR) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def new_file_name() -> str:
    return f"{secrets.token_hex(16)}.import"
