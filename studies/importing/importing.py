"""Records stored as studies: in batches of one transaction each, so that an import may be cut off and run again.

Every record is kept as it came (``StudySource``); the study is computed from all of its records (``building``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from studies.importing.batch import Batch, Twins
from studies.importing.record import Refusal, StudyRecord, cut
from studies.importing.report import Joined, Report
from studies.importing.turns import one_at_a_time
from studies.merging import CannotMerge, merge
from studies.models import Study, StudySource

BATCH = 400
TRIES = 4
PASSING = {"40P01", "40001", "55P03"}  # deadlock, serialization failure, lock not available: another try may succeed
TOO_LARGE = "54000"  # a text that PostgreSQL cannot index


def import_records(
    records: Iterable[StudyRecord | Refusal],
    kind: str,
    *,
    batch_size: int = BATCH,
    done: Callable[[Report], None] | None = None,
    dry_run: bool = False,
) -> Report:
    """Put records of one kind of source into the library; refusals among them go into the report.

    A record is known again by its DOI, PMID or PMCID, else by title, year, first author and journal (``identity``).
    One whose stored copy is the same changes nothing, not even a date. Each batch is one transaction; ``done`` is told
    the report of each after it is committed. A record that the library cannot take is refused, with its place and the
    reason, and the others of its batch are kept. A ``dry_run`` gives the same report and takes every batch back: what
    two batches have in common is then new to both.
    """
    report = Report()
    stream = iter(records)
    while batch := list(islice(stream, batch_size)):
        result = _imported(batch, StudySource.Kind(kind), dry_run)
        report.add(result)
        if done:
            done(result)
    return report


def _imported(batch: list[StudyRecord | Refusal], kind: StudySource.Kind, dry_run: bool) -> Report:
    report = Report()
    while batch:
        taken = _taken(batch, kind, dry_run)
        if taken is None:
            report.add(_one_by_one(batch, kind, dry_run))
            break
        report.add(taken.report)
        batch = taken.rest
        if taken.twins:
            report.add(_merged(taken.twins, batch[0]))
    return report


def _taken(batch: list[StudyRecord | Refusal], kind: StudySource.Kind, dry_run: bool) -> Batch | None:
    """The batch in one transaction, as far as it goes without a merge; None where the database refuses a record."""
    for tries_left in reversed(range(TRIES)):
        try:
            with one_at_a_time():
                taken = Batch(kind, dry_run)
                taken.take(batch)
                if dry_run:
                    transaction.set_rollback(True)
                return taken
        except (DataError, IntegrityError) as error:
            if len(batch) > 1:
                return None
            return _refusing(batch, kind, error)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == TOO_LARGE:
                return None if len(batch) > 1 else _refusing(batch, kind, error)
            # Inside a transaction of the caller's, only the caller can try again.
            if state not in PASSING or not tries_left or connection.in_atomic_block:
                raise
    raise AssertionError("unreachable")


def _refusing(batch: list[StudyRecord | Refusal], kind: StudySource.Kind, error: Exception) -> Batch:
    taken = Batch(kind)
    reason = str(error).partition("\n")[0]
    taken.report.refused.append(Refusal(batch[0].place, f"the database does not take it ({cut(reason, 200)})"))
    return taken


def _one_by_one(batch: list[StudyRecord | Refusal], kind: StudySource.Kind, dry_run: bool) -> Report:
    """The batch again, a transaction for each record: the one at fault is found and the others are kept."""
    report = Report()
    for item in batch:
        report.add(_imported([item], kind, dry_run))
    return report


def _merged(twins: Twins, record: StudyRecord | Refusal) -> Report:
    """Two studies that a record shows to be one become one, in a transaction of their own; the older is kept."""
    kept, gone = sorted(twins.studies)
    try:
        merge(Study(pk=kept), Study(pk=gone), reason=f"found at import: {twins.why}")
    except CannotMerge:
        return Report()  # somebody else just did; the record finds what is there now
    why = f"study {gone} was merged into it, as {twins.why}"
    return Report(merged_count=1, merged=[Joined(record.place, twins.title, kept, why)])
