"""Records stored as studies: in batches of one transaction each, so that an import may be cut off and run again.

Every record is kept as it came (``StudySource``); the study is computed from all of its records (``building``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from studies.importing.building import build, sources_of
from studies.importing.record import Refusal, StudyRecord, cut
from studies.models import Study, StudySource

BATCH = 50
TRIES = 4
ONE_AT_A_TIME = 7_203_411_952  # the advisory lock that imports share; any number that nothing else uses
# Imports wait for each other, and a batch writes thousands of rows: a request's limits would be too tight.
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "300s", "120s"
PASSING = {"40P01", "40001", "55P03"}  # deadlock, serialization failure, lock not available: another try may succeed
TOO_LARGE = "54000"  # a text that PostgreSQL cannot index

IDENTIFIERS = {"doi": "DOI", "pmid": "PMID", "pmcid": "PMCID"}
# By what each kind of source itself tells its records apart, first the surest.
OWN_IDENTIFIERS = {
    "pubmed": ("pmid",), "medline": ("pmid",), "jats": ("pmcid", "doi", "pmid"), "crossref": ("doi",),
    "openalex": ("doi", "pmid"), "csl": ("doi", "pmid"), "endnote": ("doi", "pmid"), "ris": ("doi", "pmid"),
    "bibtex": ("doi", "pmid"), "demo": ("pmid", "doi"),
}  # fmt: skip
OLDER = "a newer version of the record is in the library already"


@dataclass
class Report:
    """What became of the records of an import. ``losses`` counts what was left out of records that were taken."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    losses: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        return self.new + self.updated + self.unchanged + len(self.refused)

    def add(self, other: Report) -> None:
        self.new += other.new
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.losses += other.losses

    def __str__(self) -> str:
        return (
            f"read {self.read:,}: {self.new:,} new, {self.updated:,} updated, {self.unchanged:,} unchanged, "
            f"{len(self.refused):,} refused"
        )


def import_records(
    records: Iterable[StudyRecord | Refusal],
    kind: str,
    *,
    batch_size: int = BATCH,
    done: Callable[[Report], None] | None = None,
) -> Report:
    """Put records of one kind of source into the library; refusals among them go into the report.

    A record is known again by its DOI, PMID or PMCID. One whose stored copy is the same changes nothing, not even a
    date. Each batch is one transaction; ``done`` is told the report of each after it is committed. A record that the
    library cannot take is refused, with its place and the reason, and the others of its batch are kept.
    """
    report = Report()
    stream = iter(records)
    while batch := list(islice(stream, batch_size)):
        result = _imported(batch, StudySource.Kind(kind))
        report.add(result)
        if done:
            done(result)
    return report


def _imported(batch: list[StudyRecord | Refusal], kind: StudySource.Kind) -> Report:
    for tries_left in reversed(range(TRIES)):
        try:
            with one_at_a_time():
                return _Batch(kind).take(batch)
        except (DataError, IntegrityError) as error:
            return _one_by_one(batch, kind, error)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == TOO_LARGE:
                return _one_by_one(batch, kind, error)
            # Inside a transaction of the caller's, only the caller can try again.
            if state not in PASSING or not tries_left or connection.in_atomic_block:
                raise
    raise AssertionError("unreachable")


def _one_by_one(batch: list[StudyRecord | Refusal], kind: StudySource.Kind, error: Exception) -> Report:
    """The batch again, a transaction for each record: the one at fault is found and the others are kept."""
    report = Report()
    if len(batch) > 1:
        for item in batch:
            report.add(_imported([item], kind))
    else:
        reason = str(error).partition("\n")[0]
        report.refused.append(Refusal(batch[0].place, f"the database does not take it ({cut(reason, 200)})"))
    return report


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction that no other import shares its time with: both would find the same work missing and make it twice.

    Reading files goes on in parallel; only the writing takes turns. A caller's own transaction keeps its own limits.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
                [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
            )
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '60s', true)")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        yield


@dataclass(frozen=True)
class _Known:
    """A stored record, as far as it takes to know it again."""

    digest: str
    revised: str
    identifiers: dict[str, str]


class _Conflict(Exception):
    """The record contradicts what the library knows; the text says how."""


class _Batch:
    """One batch of records of one kind on its way into the library."""

    def __init__(self, kind: StudySource.Kind) -> None:
        self.kind = kind
        self.report = Report()
        self.studies: dict[tuple[str, str], Study] = {}  # by identifier
        self.known: dict[int, dict[str, _Known]] = defaultdict(dict)  # by study and kind of source
        self.changed: dict[int, StudyRecord] = {}

    def take(self, batch: list[StudyRecord | Refusal]) -> Report:
        records = [item for item in batch if isinstance(item, StudyRecord)]
        self._look_up(records)
        for item in batch:
            if isinstance(item, Refusal):
                self.report.refused.append(item)
                continue
            try:
                self._sort_in(item)
            except _Conflict as conflict:
                self.report.refused.append(Refusal(item.place or item.title[:80], str(conflict)))
            else:
                self.report.losses.update(item.losses)
        self._store()
        return self.report

    def _look_up(self, records: list[StudyRecord]) -> None:
        wanted = Q(pk__in=[])
        for name in IDENTIFIERS:
            if values := {record.identifiers[name] for record in records if name in record.identifiers}:
                wanted |= Q(**{f"{name}__in": values})
        found = list(Study.objects.filter(wanted).only(*IDENTIFIERS, "kept_fields"))
        for study in found:
            for name in IDENTIFIERS:
                if value := getattr(study, name):
                    self.studies[name, value] = study
        names = ("study_id", "kind", "digest", "record__revised", "record__doi", "record__pmid", "record__pmcid")
        for study_id, kind, digest, revised, *values in StudySource.objects.filter(study__in=found).values_list(*names):
            identifiers = {name: value for name, value in zip(IDENTIFIERS, values, strict=True) if value}
            self.known[study_id][kind] = _Known(digest, revised or "", identifiers)

    def _sort_in(self, record: StudyRecord) -> None:
        """Find the study of the record, or make it, and count what becomes of it."""
        study = self._study_of(record)
        if study is None:
            study = Study.objects.create(title=record.title, **record.identifiers)
            self.report.new += 1
        else:
            before = self.known[study.pk].get(self.kind)
            if before and before.digest == record.digest:
                self.report.unchanged += 1
                return
            self._refuse_contradiction(study, record)
            if before and record.revised and record.revised < before.revised:
                self.report.unchanged += 1
                self.report.losses[OLDER] += 1
                return
            self.report.updated += 1
        self.known[study.pk][self.kind] = _Known(record.digest, record.revised, record.identifiers)
        self.changed[study.pk] = record
        for name, value in record.identifiers.items():
            self.studies[name, value] = study

    def _study_of(self, record: StudyRecord) -> Study | None:
        """The study that carries any of the record's identifiers. Raises ``_Conflict`` where they name several."""
        found = {
            f"{IDENTIFIERS[name]} {value}": study
            for name, value in record.identifiers.items()
            if (study := self.studies.get((name, value)))
        }
        if len({study.pk for study in found.values()}) > 1:
            named = ", ".join(f"{identifier} study {study.pk}" for identifier, study in found.items())
            raise _Conflict(f"its identifiers name different studies of the library: {named}")
        return next(iter(found.values()), None)

    def _refuse_contradiction(self, study: Study, record: StudyRecord) -> None:
        """Raise ``_Conflict`` where the study has another identifier of the same kind, on other authority.

        A source may correct its own record: PubMed a DOI, JATS a PMID. It is its own where it carries the source's own
        identifier, which never changes.
        """
        on_authority: dict[str, str] = {}
        sources = self.known[study.pk]
        for name in IDENTIFIERS:
            value = getattr(study, name)
            if value and (not sources or name in study.kept_fields):
                on_authority[name] = value
        for kind, known in sources.items():
            if kind != self.kind or not self._same_record(known, record):
                on_authority |= known.identifiers
        for name, value in record.identifiers.items():
            other = on_authority.get(name, value)
            if other != value:
                shared = next(f"{IDENTIFIERS[each]} {record.identifiers[each]}" for each in self._shared(study, record))
                raise _Conflict(
                    f"it has the {shared} of study {study.pk}, but {IDENTIFIERS[name]} {value} where that has {other}"
                )

    def _same_record(self, known: _Known, record: StudyRecord) -> bool:
        for name in OWN_IDENTIFIERS[self.kind]:
            if name in known.identifiers and name in record.identifiers:
                return known.identifiers[name] == record.identifiers[name]
        return False

    def _shared(self, study: Study, record: StudyRecord) -> Iterator[str]:
        return (name for name, value in record.identifiers.items() if self.studies.get((name, value)) is study)

    def _store(self) -> None:
        if not self.changed:
            return
        now = timezone.now()
        StudySource.objects.bulk_create(
            [
                StudySource(study_id=pk, kind=self.kind, digest=record.digest, record=record.to_json(), imported_at=now)
                for pk, record in self.changed.items()
            ],
            update_conflicts=True,
            unique_fields=["study", "kind"],
            update_fields=["digest", "record", "imported_at"],
        )
        others = sources_of(self.changed, besides=self.kind)
        build({pk: {**others[pk], self.kind: record} for pk, record in self.changed.items()})
