"""Records stored as studies: in batches of one transaction each, so that an import may be cut off and run again.

Every record is kept as it came (``StudySource``); the study is computed from all of its records (``building``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from common.bulk import copy_rows, next_ids
from studies.importing.building import build, sources_of
from studies.importing.identity import Described, described, sort_of, title_key, titles_agree
from studies.importing.knowing import best_verdict, descriptions_of, kept_apart, propose, propose_pair
from studies.importing.record import Refusal, StudyRecord, cut
from studies.models import MergedStudy, OtherIdentifier, Study, StudySource, TitleKey

BATCH = 400
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
    "bibtex": ("doi", "pmid"), "studyhall": ("doi", "pmid", "pmcid"), "demo": ("pmid", "doi"),
}  # fmt: skip
TITLES_SHOWN, MERGED_SHOWN = 200, 1000  # as many as a report names
OLDER = "a newer version of the record is in the library already"
MERGED_AWAY = "the record of a study that was merged into another, whose own record stays"


@dataclass(frozen=True)
class Touched:
    """A study that an import made or changed: its title, its number where it is in the library, and what changed."""

    title: str
    study: int | None = None
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        changed = ", ".join(name.replace("_", " ") for name in self.fields)
        return f"{self.title}: {changed}" if changed else self.title


@dataclass(frozen=True)
class Joined:
    """A record that was known again, or a study that was merged: with which study, and why."""

    place: str
    title: str
    study: int
    why: str

    def __str__(self) -> str:
        return f"{self.place or self.title}: joined with study {self.study} because {self.why}"


@dataclass
class Report:
    """What became of the records of an import.

    ``losses`` counts what was left out of records that were taken. ``merged_count`` is how many records were joined
    with a study that other sources brought; ``merged`` names them, ``new_titles`` and ``updated_titles`` name studies,
    each as many as anybody would read.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    losses: Counter[str] = field(default_factory=Counter)
    merged_count: int = 0
    merged: list[Joined] = field(default_factory=list)
    new_titles: list[Touched] = field(default_factory=list)
    updated_titles: list[Touched] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.new + self.updated + self.unchanged + len(self.refused)

    def add(self, other: Report) -> None:
        self.new += other.new
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.losses += other.losses
        self.merged_count += other.merged_count
        self.merged += other.merged[: MERGED_SHOWN - len(self.merged)]
        self.new_titles += other.new_titles[: TITLES_SHOWN - len(self.new_titles)]
        self.updated_titles += other.updated_titles[: TITLES_SHOWN - len(self.updated_titles)]

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


def _taken(batch: list[StudyRecord | Refusal], kind: StudySource.Kind, dry_run: bool) -> _Batch | None:
    """The batch in one transaction, as far as it goes without a merge; None where the database refuses a record."""
    for tries_left in reversed(range(TRIES)):
        try:
            with one_at_a_time():
                taken = _Batch(kind, dry_run)
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


def _refusing(batch: list[StudyRecord | Refusal], kind: StudySource.Kind, error: Exception) -> _Batch:
    taken = _Batch(kind)
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
    from studies.merging import CannotMerge, merge  # it imports like we do

    kept, gone = sorted(twins.studies)
    try:
        merge(Study(pk=kept), Study(pk=gone), reason=f"found at import: {twins.why}")
    except CannotMerge:
        return Report()  # somebody else just did; the record finds what is there now
    why = f"study {gone} was merged into it, as {twins.why}"
    return Report(merged_count=1, merged=[Joined(record.place, twins.title, kept, why)])


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
            # A batch touches few rows of large tables, always by an index. PostgreSQL guesses more of them, and would
            # read whole tables or compile what runs for a moment.
            cursor.execute("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
            # New words wait beside the search index until there are enough of them to be sorted in at once.
            cursor.execute("SELECT set_config('gin_pending_list_limit', '32MB', true)")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        yield


@dataclass(frozen=True)
class _Known:
    """A stored record, as far as it takes to know it again."""

    digest: str
    revised: str
    identifiers: dict[str, str]


@dataclass(eq=False)
class _Work:
    """A study of the library, or one about to be made (``pk`` None), as far as a batch must know it."""

    pk: int | None
    title: str
    identifiers: dict[str, str]
    kept_fields: Collection[str] = ()
    known: dict[str, _Known] = field(default_factory=dict)  # by kind of source
    others: set[tuple[str, str]] = field(default_factory=set)  # identifiers of what was merged into it
    left_out: set[str] = field(default_factory=set)  # digests of records of the same
    described: list[Described] = field(default_factory=list)
    record: StudyRecord | None = None  # what this batch says of it

    @property
    def name(self) -> str:
        return f"study {self.pk}" if self.pk else f"“{cut(self.title, 80)}” of the same import"


@dataclass(frozen=True)
class Twins:
    """Two studies of the library (their ids) that are one work, why, and its title."""

    studies: tuple[int, int]
    why: str
    title: str


class _Twins(Exception):
    """The record names two works that are one: they must be merged before it can be taken."""

    def __init__(self, works: list[_Work], why: str, title: str) -> None:
        self.works, self.why, self.title = works, why, title


class _Conflict(Exception):
    """The record contradicts what the library knows; the text says how."""


class _Batch:
    """One batch of records of one kind on its way into the library."""

    def __init__(self, kind: StudySource.Kind, dry_run: bool = False) -> None:
        self.kind, self.dry_run = kind, dry_run
        self.report = Report()
        self.works: dict[tuple[str, str], _Work] = {}  # by identifier
        self.titled: dict[str, list[_Work]] = defaultdict(list)  # by title key
        self.new: list[_Work] = []
        self.changed: list[_Work] = []
        self.conflicts: list[tuple[list[_Work], str]] = []
        # Where two studies must be merged before the next record can be taken: they, and the records from that one on.
        self.twins: Twins | None = None
        self.rest: list[StudyRecord | Refusal] = []

    def take(self, batch: list[StudyRecord | Refusal]) -> None:
        records = [item for item in batch if isinstance(item, StudyRecord)]
        self._look_up(records)
        twins = None
        for number, item in enumerate(batch):
            if isinstance(item, Refusal):
                self.report.refused.append(item)
                continue
            try:
                self._sort_in(item)
            except _Conflict as conflict:
                self.report.refused.append(Refusal(item.place or item.title[:80], str(conflict)))
            except _Twins as found:
                if not self.dry_run:
                    twins, self.rest = found, batch[number:]
                    break
                self._would_merge(found, item)
            else:
                self.report.losses.update(item.losses)
        self._store()
        if twins:
            one, other = (work.pk or 0 for work in twins.works)  # all have a number by now
            self.twins = Twins((one, other), twins.why, twins.title)

    def _look_up(self, records: list[StudyRecord]) -> None:
        wanted, others = Q(pk__in=[]), Q(pk__in=[])
        for name in IDENTIFIERS:
            if values := {record.identifiers[name] for record in records if name in record.identifiers}:
                wanted |= Q(**{f"{name}__in": values})
                others |= Q(name=name, value__in=values)
        columns = ("pk", "title", "kept_fields", *IDENTIFIERS)
        found = {row[0]: row for row in Study.objects.filter(wanted).values_list(*columns)}
        led_to = list(OtherIdentifier.objects.filter(others).values_list("name", "value", "study_id"))
        titles = {title_key(record.title) for record in records} - {""}
        of_title = list(TitleKey.objects.filter(title__in=titles).values_list("title", "study_id").distinct())
        missing = ({pk for *_, pk in led_to} | {pk for _, pk in of_title}) - set(found)
        if missing:
            found |= {row[0]: row for row in Study.objects.filter(pk__in=missing).values_list(*columns)}
        by_pk: dict[int, _Work] = {}
        for pk, title, kept, *values in found.values():
            own = {name: value for name, value in zip(IDENTIFIERS, values, strict=True) if value}
            by_pk[pk] = work = _Work(pk, title, own, kept)
            self.works |= dict.fromkeys(own.items(), work)
        for name, value, pk in led_to:
            self.works[name, value] = by_pk[pk]
        for pk, name, value in OtherIdentifier.objects.filter(study__in=found).values_list("study_id", "name", "value"):
            by_pk[pk].others.add((name, value))
        for pk, digests in MergedStudy.objects.filter(study__in=found).values_list("study_id", "digests"):
            by_pk[pk].left_out.update(digests)
        for title, pk in of_title:
            self.titled[title].append(by_pk[pk])
        names = ("study_id", "kind", "digest", "record__revised", "record__doi", "record__pmid", "record__pmcid")
        for pk, kind, digest, revised, *values in StudySource.objects.filter(study__in=found).values_list(*names):
            identifiers = {name: value for name, value in zip(IDENTIFIERS, values, strict=True) if value}
            by_pk[pk].known[kind] = _Known(digest, revised or "", identifiers)
        for pk, descriptions in descriptions_of({pk for _, pk in of_title}).items():
            by_pk[pk].described = descriptions

    def _sort_in(self, record: StudyRecord) -> None:
        """Find the study of the record, or make it, and count what becomes of it."""
        work, why = self._work_of(record)
        if work is None:
            work = _Work(None, record.title, {})
            self.new.append(work)
            self.report.new += 1
            self._show(self.report.new_titles, TITLES_SHOWN, Touched(record.title))
        else:
            before = work.known.get(self.kind)
            if (before and before.digest == record.digest) or record.digest in work.left_out:
                self.report.unchanged += 1
                return
            if before and work.others & set(record.identifiers.items()) and not self._same_record(before, record):
                self.report.unchanged += 1
                self.report.losses[MERGED_AWAY] += 1
                return
            self._find_twin(work, record)
            self._refuse_contradiction(work, record)
            if before and record.revised and record.revised < before.revised:
                self.report.unchanged += 1
                self.report.losses[OLDER] += 1
                return
            self.report.updated += 1
            if work.pk and (not before or why.startswith("title")):
                self.report.merged_count += 1
                place = record.place or record.title
                self._show(self.report.merged, MERGED_SHOWN, Joined(place, record.title, work.pk, why))
        work.known[self.kind] = _Known(record.digest, record.revised, record.identifiers)
        if work.record is None:
            self.changed.append(work)
        work.record = record
        work.identifiers = {**record.identifiers, **work.identifiers}
        self.works |= dict.fromkeys(record.identifiers.items(), work)
        self._describe(work, record)

    def _describe(self, work: _Work, record: StudyRecord) -> None:
        """Let the records that follow know the work by what this one says."""
        said = described(record)
        if said.title:
            work.described.append(replace(said, identifiers=work.identifiers))
            if work not in self.titled[said.title]:
                self.titled[said.title].append(work)

    def _show(self, shown: list[Any], most: int, thing: Any) -> None:
        if len(shown) < most:
            shown.append(thing)

    def _work_of(self, record: StudyRecord) -> tuple[_Work | None, str]:
        """The work that carries any of the record's identifiers, else that of its title, with why in words.

        Raises ``_Conflict`` where its identifiers name several.
        """
        found = {
            f"{IDENTIFIERS[name]} {value}": work
            for name, value in record.identifiers.items()
            if (work := self.works.get((name, value)))
        }
        works = list(dict.fromkeys(found.values()))
        if len(works) > 1:
            if self._are_one(works[:2], record):
                raise _Twins(works[:2], f"a record has the identifiers of both ({', '.join(found)})", record.title)
            named = ", ".join(f"{identifier} {work.name}" for identifier, work in found.items())
            self.conflicts.append((works, f"a record has the identifiers of both ({', '.join(found)})"))
            raise _Conflict(f"its identifiers name different studies of the library: {named}")
        if works:
            return works[0], f"the {next(iter(found))} is the same"
        return self._work_of_title(record)

    def _work_of_title(self, record: StudyRecord) -> tuple[_Work | None, str]:
        """The one work that is certainly the record's; none where several are, or where it is only likely."""
        said = described(record)
        candidates = self.titled.get(said.title, []) if said.title else []
        for work in candidates:
            known = work.known.get(self.kind)
            if known and known.digest == record.digest:
                return work, "the record is the same"
        certain = [
            (work, verdict.why)
            for work in candidates
            if (verdict := best_verdict([said], [each for each in work.described if each.title == said.title]))
            and verdict.certain
        ]
        return certain[0] if len(certain) == 1 else (None, "")

    def _find_twin(self, work: _Work, record: StudyRecord) -> None:
        """Raise ``_Twins`` where the record's identifiers name one study and its title, certainly, another."""
        said = described(record)
        if not said.title:
            return
        said = replace(said, identifiers={**work.identifiers, **record.identifiers})
        others = [each for each in self.titled.get(said.title, ()) if each is not work]
        certain = [
            (other, verdict.why)
            for other in others
            if (verdict := best_verdict([said], [each for each in other.described if each.title == said.title]))
            and verdict.certain
        ]
        if len(certain) != 1 or self._kept_apart(work, certain[0][0]):
            return
        other, why = certain[0]
        raise _Twins([work, other], why, record.title)

    def _would_merge(self, twins: _Twins, record: StudyRecord) -> None:
        """What a dry run says of a merge; the records that follow see one work."""
        one, other = twins.works
        self.report.updated += 1
        self.report.losses.update(record.losses)
        self.report.merged_count += 1
        if one.pk and other.pk:
            kept, gone = sorted((one.pk, other.pk))
            why = f"study {gone} would be merged into it, as {twins.why}"
            self._show(self.report.merged, MERGED_SHOWN, Joined(record.place, record.title, kept, why))
        self.works |= dict.fromkeys(other.identifiers.items(), one)
        for works in self.titled.values():
            if other in works:
                works.remove(other)

    def _are_one(self, works: list[_Work], record: StudyRecord) -> bool:
        """Whether two works that a record names by identifiers are one: nothing contradicts, and the titles agree."""
        one, other = works
        known = {**one.identifiers, **other.identifiers}
        contradict = any(
            each.get(name, value) != value
            for name, value in known.items()
            for each in (one.identifiers, other.identifiers, record.identifiers)
        )
        alike = all(titles_agree(record.title, work.title) for work in works) and titles_agree(one.title, other.title)
        sorts = {sort_of(work.title) for work in works} | {described(record).sort}
        return not contradict and alike and len(sorts) == 1 and not self._kept_apart(one, other)

    def _kept_apart(self, one: _Work, other: _Work) -> bool:
        """Whether a librarian has decided so."""
        return bool(one.pk and other.pk and kept_apart(one.pk, other.pk))

    def _refuse_contradiction(self, work: _Work, record: StudyRecord) -> None:
        """Raise ``_Conflict`` where the study has another identifier of the same kind, on other authority.

        A source may correct its own record: PubMed a DOI, JATS a PMID. It is its own where it carries the source's own
        identifier, which never changes.
        """
        on_authority: dict[str, str] = {}
        for name, value in work.identifiers.items():
            if not work.known or name in work.kept_fields:
                on_authority[name] = value
        for kind, known in work.known.items():
            if kind != self.kind or not self._same_record(known, record):
                on_authority |= {n: value for n, value in known.identifiers.items() if (n, value) not in work.others}
        for name, value in record.identifiers.items():
            other = on_authority.get(name, value)
            if other != value and (name, value) not in work.others:
                shared = next(
                    (f"{IDENTIFIERS[each]} {record.identifiers[each]}" for each in self._shared(work, record)), "title"
                )
                raise _Conflict(
                    f"it has the {shared} of {work.name}, but {IDENTIFIERS[name]} {value} where that has {other}"
                )

    def _same_record(self, known: _Known, record: StudyRecord) -> bool:
        for name in OWN_IDENTIFIERS[self.kind]:
            if name in known.identifiers and name in record.identifiers:
                return known.identifiers[name] == record.identifiers[name]
        return False

    def _shared(self, work: _Work, record: StudyRecord) -> Iterator[str]:
        return (name for name, value in record.identifiers.items() if self.works.get((name, value)) is work)

    def _store(self) -> None:
        if self.changed:
            self._store_changed()
        for works, why in self.conflicts:
            one, other = works[0].pk, works[1].pk
            if one and other:
                propose_pair(one, other, why, 0)

    def _store_changed(self) -> None:
        new = {}
        for work, pk in zip(self.new, next_ids(Study, len(self.new)), strict=True):
            work.pk = pk
            new[pk] = Study(pk=pk, title=work.title, **work.identifiers)
        records = {work.pk: work.record for work in self.changed if work.pk and work.record}
        known = [pk for pk in records if pk not in new]
        sources: dict[int, dict[str, StudyRecord]] = {pk: {self.kind: record} for pk, record in records.items()}
        if known:
            for pk, others in sources_of(known, besides=self.kind).items():
                sources[pk] = others | {self.kind: records[pk]}
        changes = build(sources, new)
        self._store_sources(records, known)
        for work in self.changed:
            if work.pk and work.pk not in new:
                fields = tuple(changes.get(work.pk, ()))
                self._show(self.report.updated_titles, TITLES_SHOWN, Touched(work.title, work.pk, fields))
        propose(records)

    def _store_sources(self, records: Mapping[int, StudyRecord], known: Collection[int]) -> None:
        """Keep the records as they came."""
        now = timezone.now()
        if known:
            StudySource.objects.bulk_create(
                [
                    StudySource(
                        study_id=pk, kind=self.kind, digest=records[pk].digest, record=records[pk].to_json(),
                        imported_at=now,
                    )
                    for pk in known
                ],
                update_conflicts=True,
                unique_fields=["study", "kind"],
                update_fields=["digest", "record", "imported_at"],
            )  # fmt: skip
        there = set(known)
        copy_rows(
            StudySource,
            ("study", "kind", "digest", "record", "imported_at"),
            (
                (pk, str(self.kind), record.digest, record.json, now)
                for pk, record in records.items()
                if pk not in there
            ),
        )
