"""The work on an import: a file read and shown, then stored, part by part, each part with how far it got.

A part's records and the run's position are one transaction. Whoever takes the work up again reads the file from its
start, passes over what is stored, and goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import OperationalError, connection, transaction

from common.middleware import is_database_away
from studies.importing import opening
from studies.importing.identity import title_key
from studies.importing.importing import PASSING, import_records
from studies.importing.record import Refusal, StudyRecord, cut
from studies.importing.report import Report
from studies.importing.turns import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from studies.models import ImportLine, ImportRun, Study, TitleKey
from studies.models.import_run import MOST_LINES, Cancelled, LeaseLost

logger = logging.getLogger(__name__)

PART = 100  # records stored in one transaction
DRY_PART = 400  # what two parts of a dry run have in common counts as new twice
BEAT = 1.0  # seconds between two looks at whether to go on
MOST_LOSSES = 50  # kinds of losses that a report names
TRIES = 4
NUMBERS = ("new", "updated", "unchanged", "merged", "refused", "found")
Line = tuple[str, str, str, int | None]  # kind, place, words, study


def work_on(run: ImportRun, fetched: Callable[[ImportRun], None]) -> None:
    """Do the work of a run that was claimed, to its end, its cancelling or its failure. ``fetched`` does it for
    identifiers. Raises only where the database is away: the lease ends by itself, and another worker takes over.
    """
    try:
        if run.kind == ImportRun.Kind.FILE:
            _read(run)
        else:
            fetched(run)
    except LeaseLost:
        logger.warning("import %s goes on elsewhere", run.pk)
    except Cancelled:
        _finish(run, ImportRun.State.CANCELLED)
    except Stopped as stopped:
        _finish(run, ImportRun.State.FAILED, str(stopped))
    except Exception as error:
        if is_database_away(error):
            raise
        logger.exception("import %s failed", run.pk)
        _finish(
            run,
            ImportRun.State.FAILED,
            f"Something broke while it was worked on ({type(error).__name__}). What was stored before stays.",
        )


class Stopped(Exception):
    """The work cannot go on; the text is a sentence for the librarian."""


def _finish(run: ImportRun, state: str, failure: str = "") -> None:
    try:
        run.finish(state, failure)
    except LeaseLost:
        logger.warning("import %s goes on elsewhere", run.pk)


# ── A file ───────────────────────────────────────────────────────────────────────────────────────


def _read(run: ImportRun) -> None:
    dry = run.is_dry
    if not run.path.is_file():
        raise Stopped("The file is not here any more. Please upload it again.")
    if dry:  # a dry run leaves nothing behind, so it begins anew
        with transaction.atomic():
            run.write(position=0, done=0, preview={})
            run.lines.all().delete()
    size = DRY_PART if dry else PART
    beating = _Beating(run)
    stream = _items(run, beating)
    for _ in islice(stream, run.position):
        pass
    for kind, part in parts(stream, size):
        if dry:
            beating.beat(force=True)
        store(run, [(kind, part)], steps=len(part), done=beating.moved_to)
    if not dry and not run.counts:
        raise Stopped("The file holds nothing to import.")
    run.finish(ImportRun.State.REVIEW if dry else ImportRun.State.DONE, done=run.total)


class _Beating:
    """Tells the run how far its file was read, now and then, and learns of a cancel."""

    def __init__(self, run: ImportRun) -> None:
        self.run, self.moved_to, self.next_beat = run, run.done, 0.0

    def moved(self, position: int) -> None:
        self.moved_to = max(self.moved_to, min(position, self.run.total))
        self.beat()

    def beat(self, force: bool = False) -> None:
        if force or time.monotonic() >= self.next_beat:
            self.run.beat(done=self.moved_to)
            self.next_beat = time.monotonic() + BEAT


def _items(run: ImportRun, beating: _Beating) -> Iterator[tuple[str, StudyRecord | Refusal]]:
    """The file's items under the name it was sent by. What cannot be read goes with the kind that came before."""
    kind, name = "jats", run.path.name
    for found, item in opening.read(run.path, beating.moved):
        kind = found or kind
        if isinstance(item, Refusal):
            item = Refusal(item.place.replace(name, run.title), item.reason)
        yield kind, item


def parts(
    stream: Iterable[tuple[str, StudyRecord | Refusal]], size: int
) -> Iterator[tuple[str, list[StudyRecord | Refusal]]]:
    """The items in their order, in parts of ``size`` at most and of one kind each."""
    part: list[StudyRecord | Refusal] = []
    part_kind = ""
    for kind, item in stream:
        if part and (kind != part_kind or len(part) >= size):
            yield part_kind, part
            part = []
        part.append(item)
        part_kind = kind
    if part:
        yield part_kind, part


# ── Storing ──────────────────────────────────────────────────────────────────────────────────────


def store(
    run: ImportRun,
    records: list[tuple[str, list[StudyRecord | Refusal]]],
    *,
    steps: int,
    done: int,
    lines: Iterable[Line] = (),
    counts: dict[str, Any] | None = None,
) -> None:
    """Import records, by kind of source, and in the same transaction say so in the run: ``steps`` further by now.

    For a dry run only what would become of them is found out.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                _allow_long_work()
                total, told = counts or {}, list(lines)
                for kind, part in records:
                    report = import_records(part, kind, batch_size=max(1, len(part)), dry_run=run.is_dry)
                    total, told = added(total, counted(report)), told + lines_of(report, run)
                note(run, total, told, position=run.position + steps, done=done)
            return
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in PASSING or not tries_left:
                raise
            run.beat()


def _allow_long_work() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true),"
            " set_config('idle_in_transaction_session_timeout', '60s', true)",
            [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
        )


def note(run: ImportRun, counts: dict[str, Any], lines: list[Line], **fields: Any) -> None:
    """Add counts and details to the run, with how far it is. As many details of a kind are kept as anybody reads."""
    total = added(run.counts, counts)
    told = total.setdefault("lines", {})
    kept: list[ImportLine] = []
    for kind, place, words, study in lines:
        told[kind] = told.get(kind, 0) + 1
        if told[kind] <= MOST_LINES:
            kept.append(ImportLine(run=run, kind=kind, place=cut(place, 300), words=cut(words, 1000), study_id=study))
    run.write(**{"preview" if run.is_dry else "report": total}, tries=0, **fields)
    ImportLine.objects.bulk_create(kept)


def counted(report: Report) -> dict[str, Any]:
    """The numbers of a report, as JSON."""
    return {
        "new": report.new,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "merged": report.merged_count,
        "refused": len(report.refused),
        "losses": dict(report.losses),
    }


def added(before: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The sum of two such reports; losses beyond ``MOST_LOSSES`` kinds are counted together."""
    total = {**before, "unanswered": {**before.get("unanswered", {}), **more.get("unanswered", {})}}
    for name in NUMBERS:
        total[name] = before.get(name, 0) + more.get(name, 0)
    losses = dict(before.get("losses", {}))
    for loss, count in more.get("losses", {}).items():
        name = loss if loss in losses or len(losses) < MOST_LOSSES else "other things"
        losses[name] = losses.get(name, 0) + count
    return {**total, "losses": losses}


def lines_of(report: Report, run: ImportRun) -> list[Line]:
    """The details of a report: what was refused and why, merged with what, and which studies are new or changed."""
    kinds = ImportLine.Kind
    made = {} if run.is_dry else _made(report)
    lines: list[Line] = [(kinds.REFUSED, refusal.place, refusal.reason, None) for refusal in report.refused]
    lines += [(kinds.MERGED, each.place.replace(run.path.name, run.title), f"{each.title}: {each.why}", each.study)
              for each in report.merged]  # fmt: skip
    lines += [(kinds.NEW, "", each.title, made.get(title_key(each.title))) for each in report.new_titles]
    lines += [(kinds.UPDATED, "", str(each), each.study) for each in report.updated_titles]
    known = set(Study.objects.filter(pk__in={study for *_, study in lines if study}).values_list("pk", flat=True))
    return [(kind, place, words, study if study in known else None) for kind, place, words, study in lines]


def _made(report: Report) -> dict[str, int]:
    """The studies that a report tells as new, by the key of their title; the newest where several have one."""
    keys = {title_key(each.title) for each in report.new_titles} - {""}
    return dict(TitleKey.objects.filter(title__in=keys).order_by("study_id").values_list("title", "study_id"))
