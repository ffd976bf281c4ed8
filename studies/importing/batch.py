"""A batch of records on its way into the library: each known again or new, and what contradicts refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.utils import timezone

from common.bulk import copy_rows, next_ids
from studies.importing.building import build
from studies.importing.identity import Described, described, sort_of, title_key, titles_agree
from studies.importing.knowing import best_verdict, descriptions_of, kept_apart, propose, propose_pair
from studies.importing.record import Refusal, StudyRecord, cut
from studies.importing.report import MERGED_SHOWN, TITLES_SHOWN, Joined, Report, Touched
from studies.importing.sources import sources_of
from studies.models import MergedStudy, OtherIdentifier, Study, StudySource, TitleKey

IDENTIFIERS = {"doi": "DOI", "pmid": "PMID", "pmcid": "PMCID"}
# By what each kind of source itself tells its records apart, first the surest.
OWN_IDENTIFIERS = {
    "pubmed": ("pmid",), "medline": ("pmid",), "jats": ("pmcid", "doi", "pmid"), "crossref": ("doi",),
    "openalex": ("doi", "pmid"), "csl": ("doi", "pmid"), "endnote": ("doi", "pmid"), "ris": ("doi", "pmid"),
    "bibtex": ("doi", "pmid"), "studyhall": ("doi", "pmid", "pmcid"), "demo": ("pmid", "doi"),
}  # fmt: skip
OLDER = "a newer version of the record is in the library already"
MERGED_AWAY = "the record of a study that was merged into another, whose own record stays"


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


class Batch:
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
