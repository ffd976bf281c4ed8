"""A study computed from all that its sources say: the one place that decides which source is believed for what.

Nothing here depends on which source was imported first. ``rebuild`` computes again what is stored, after the rules or
the readers have changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from django.db import transaction

from common.bulk import copy_in, copy_rows
from common.models import Tag
from common.tags import get_or_create, set_tags_of_many
from studies.evidence import Evidence, assess
from studies.importing.abstracts import html_of
from studies.importing.facts import write_facts
from studies.importing.identity import folded, title_key
from studies.importing.journals import known_journals
from studies.importing.knowing import Key, keys_of, write_keys
from studies.importing.linking import link
from studies.importing.people import author_key, known_authors
from studies.importing.precedence import PRECEDENCE, PRECEDENCE_OF_REFERENCES
from studies.importing.record import (
    RETRACTION_STATES,
    Heading,
    JournalFacts,
    Person,
    Reference,
    StudyRecord,
    web_address,
)
from studies.importing.relating import relate, stated
from studies.importing.sources import sources_of
from studies.importing.subjects import tag_names
from studies.importing.turns import one_at_a_time
from studies.models import (
    Author,
    Authorship,
    Citation,
    MergedStudy,
    OtherIdentifier,
    Study,
    StudySource,
    StudyTag,
    StudyText,
)
from studies.searching import searched_text, searched_texts, store_texts

BATCH = 100

COLUMNS = (
    "title", "journal", "published_year", "published_month", "published_day", "volume", "issue", "pages", "language",
    "doi", "pmid", "pmcid", "registration", "publication_types", "study_type", "evidence_level", "evidence_source",
    "sample_size", "licence", "open_access_url",
)  # fmt: skip

Sources = Mapping[str, StudyRecord]
Changes = defaultdict[int, list[str]]  # the names of changed fields, by study


# ── What the sources say together ────────────────────────────────────────────────────────────────


def combined(sources: Sources) -> StudyRecord:
    """One record of what all sources say: field by field, the first that says anything, in the order of precedence.

    Identifiers, keywords and headings are joined; authors keep their order of the source that is believed and get
    missing ORCID iDs from the others; references likewise get missing identifiers; of several states of retraction the
    gravest holds, with its notice. Takes at least one record.
    """
    records = [sources[kind] for kind in PRECEDENCE if kind in sources]
    first = records[0]
    facts: dict[str, Any] = {
        name: next((value for record in records if (value := getattr(record, name))), getattr(first, name))
        for name in (
            "title", "published", "doi", "pmid", "pmcid", "volume", "issue", "pages", "language", "abstract",
            "article_type", "open_access_url", "registration", "sample_size", "population", "intervention",
            "comparison", "outcome", "funding", "conflicts",
        )
    }  # fmt: skip
    licensed = next((record for record in records if record.licence), first)
    gravest = max(records, key=lambda record: RETRACTION_STATES.index(record.retraction))  # of equals the first
    return replace(
        first,
        **facts,
        journal=_journal(records),
        authors=_authors(records),
        keywords=_joined(record.keywords for record in records),
        mesh=_headings(records),
        publication_types=_joined(record.publication_types for record in records),
        references=_references([sources[kind].references for kind in PRECEDENCE_OF_REFERENCES if kind in sources]),
        registrations=_joined(record.registrations for record in records),
        relations=tuple(relation for _, relation in stated(sources)),
        licence=licensed.licence,
        licence_url=licensed.licence_url,
        retraction=gravest.retraction,
        retraction_notice=gravest.retraction_notice,
        retraction_date=gravest.retraction_date,
        losses=(),
    )


def _without(sources: Sources, others: set[tuple[str, str]]) -> Sources:
    """The sources without the identifiers by which another study was known before it was merged into theirs."""
    bare = {}
    for kind, record in sources.items():
        left_out = {name: "" for name, value in record.identifiers.items() if (name, value) in others}
        bare[kind] = copy(record) if left_out else record
        bare[kind].__dict__.update(left_out)  # a record made anew might have nothing left to be known by
    return bare


def _journal(records: Sequence[StudyRecord]) -> JournalFacts:
    said = [record.journal for record in records if record.journal]
    return JournalFacts(
        title=next((journal.title for journal in said if journal.title), ""),
        abbreviation=next((journal.abbreviation for journal in said if journal.abbreviation), ""),
        issns=tuple(issn for journal in said for issn in journal.issns),
        nlm_id=next((journal.nlm_id for journal in said if journal.nlm_id), ""),
    )


def _joined(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Each once, however it is spelled, in the order of the lists."""
    return tuple({text.casefold(): text for words in reversed(list(lists)) for text in reversed(words)}.values())[::-1]


def _headings(records: Sequence[StudyRecord]) -> tuple[Heading, ...]:
    found: dict[str, Heading] = {}
    for heading in (heading for record in records for heading in record.mesh):
        before = found.get(heading.descriptor)
        found[heading.descriptor] = Heading(heading.descriptor, heading.major or bool(before and before.major))
    return tuple(found.values())


def _authors(records: Sequence[StudyRecord]) -> tuple[Person, ...]:
    """The authors of the first source that names any; ORCID iDs from the others where one name fits one person."""
    authors = next((record.authors for record in records if record.authors), ())
    iDs: dict[str, set[str]] = defaultdict(set)
    for person in (person for record in records for person in record.authors if person.orcid):
        iDs[_short(person)].add(person.orcid)
    spelled = defaultdict(int)  # type: ignore[var-annotated]
    for person in authors:
        spelled[_short(person)] += 1

    def with_orcid(person: Person) -> Person:
        found = iDs[_short(person)]
        fits = not person.orcid and len(found) == 1 and spelled[_short(person)] == 1
        return replace(person, orcid=next(iter(found))) if fits else person

    return tuple(map(with_orcid, authors))


def _short(person: Person) -> str:
    """Family name and first initial: enough to tell the authors of one study apart, mostly."""
    return f"{folded(person.family or person.collective)}|{folded(person.given)[:1]}"


def _references(lists: Sequence[tuple[Reference, ...]]) -> tuple[Reference, ...]:
    """The first list that has any, each reference with the identifiers that the other lists know for the same work.

    The lists are not joined: the same works stand in all of them, and half of them could not be told to be the same.
    """
    filled = [references for references in lists if references]
    if len(filled) < 2:
        return filled[0] if filled else ()
    known: dict[tuple[str, str], Reference] = {}
    for reference in (reference for references in reversed(filled[1:]) for reference in reversed(references)):
        for name in ("doi", "pmid", "pmcid"):
            if value := getattr(reference, name):
                known[name, value] = reference
    return tuple(_completed(reference, known) for reference in filled[0])


def _completed(reference: Reference, known: Mapping[tuple[str, str], Reference]) -> Reference:
    for name in ("doi", "pmid", "pmcid"):
        other = known.get((name, getattr(reference, name)))
        if other:
            missing = {
                each: value
                for each in ("doi", "pmid", "pmcid", "year", "text")
                if not getattr(reference, each) and (value := getattr(other, each))
            }
            reference = replace(reference, **missing, losses=())
    return reference


# ── What the library holds ───────────────────────────────────────────────────────────────────────


@transaction.atomic
def build(studies: Mapping[int, Sources], new: Mapping[int, Study] | None = None) -> dict[int, list[str]]:
    """Write these studies anew from their sources, and all that hangs on them: authors, citations, links, tags, texts.

    Takes each study's id with its sources; those in ``new`` are not in the database yet and are put there. Gives the
    names of the fields that changed, by study. Fields in ``kept_fields`` stay as a librarian set them ("authors",
    "tags", "citations" and "abstract" count as fields). Rows that are right already are not written.
    """
    new = new or {}
    known = [pk for pk in studies if pk not in new]
    rows = {study.pk: study for study in Study.objects.filter(pk__in=known).select_for_update().order_by("pk")}
    rows |= new
    others: dict[int, set[tuple[str, str]]] = defaultdict(set)
    titles: dict[int, list[str]] = defaultdict(list)
    if known:
        named = OtherIdentifier.objects.filter(study__in=known)
        for pk, name, value in named.values_list("study_id", "name", "value"):
            others[pk].add((name, value))
        for pk, title in MergedStudy.objects.filter(study__in=known).values_list("study_id", "title"):
            titles[pk].append(title)
    facts = {pk: combined(_without(studies[pk], others[pk]) if pk in others else studies[pk]) for pk in rows}
    writing = _Writing(rows, facts, studies, known)
    writing.columns(new)
    writing.authors()
    formerly_cited = writing.citations()
    link(rows, formerly_cited)
    write_keys({pk: _keys(study, studies[pk], titles.get(pk, ())) for pk, study in rows.items()}, known)
    relate(rows, studies)
    write_facts(rows, facts, studies)
    # Tags come last of what others lock too: a member who opens a discussion locks the study, then its tags.
    writing.tags()
    writing.texts(new)
    return writing.changes


def _keys(study: Study, sources: Sources, merged: Iterable[str]) -> set[Key]:
    """By what the study is known again: as its sources call it, as a librarian does, as those merged into it were."""
    keys = keys_of(sources.values())
    others = [*merged, study.title] if "title" in study.kept_fields else merged
    named = {(year, author) for _, year, author in keys} or {(study.published_year, "")}
    return keys | {(key, *rest) for key in map(title_key, others) if key for rest in named}


# Whose publication types are NLM's own: PubMed's two formats, and what was copied from there: the demo's, and those of
# another Studyhall, whose files tell the source of each level beside the record.
OF_NLM = {StudySource.Kind.PUBMED, StudySource.Kind.MEDLINE, StudySource.Kind.DEMO, StudySource.Kind.STUDYHALL}


def evidence_of(record: StudyRecord, sources: Sources, types: Sequence[str] | None = None) -> Evidence:
    """The evidence that a study's records give together, with the name of the source that states the telling type.

    ``types`` are publication types to read instead of the record's own: those that a librarian keeps.
    """

    def stated_by(name: str) -> str:
        key = name.casefold()
        for kind in PRECEDENCE:
            if kind in sources and any(each.casefold() == key for each in sources[kind].publication_types):
                return "PubMed" if kind in OF_NLM else str(StudySource.Kind(kind).label)
        return "PubMed"

    headings = (heading.descriptor for heading in record.mesh)
    return assess(record.publication_types if types is None else types, headings, record.article_type, stated_by)


def _columns(study: Study, record: StudyRecord, sources: Sources) -> dict[str, Any]:
    published = record.published
    evidence = evidence_of(record, sources)
    pmcid = record.pmcid or study.pmcid
    return {
        "title": record.title,
        "published_year": published.year if published else None,
        "published_month": published.month if published else None,
        "published_day": published.day if published else None,
        "volume": record.volume,
        "issue": record.issue,
        "pages": record.pages,
        "language": record.language,
        # An identifier is never taken back: addresses and citations were made with it.
        "doi": record.doi or study.doi,
        "pmid": record.pmid or study.pmid,
        "pmcid": pmcid,
        "registration": record.registration,
        "publication_types": list(record.publication_types),
        "study_type": evidence.study_type,
        "evidence_level": evidence.level,
        "evidence_source": evidence.source,
        "sample_size": record.sample_size,
        "licence": record.licence,
        "open_access_url": _open_access(record, pmcid),
    }


def _open_access(record: StudyRecord, pmcid: str | None) -> str:
    """Where everybody may read it: PubMed Central for what is there under an open licence, else what a source says."""
    if record.licence and pmcid:
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/"
    if record.open_access_url:
        return record.open_access_url
    return web_address(f"https://doi.org/{record.doi}") if record.licence and record.doi else ""


class _Writing:
    """A batch on its way into the tables. ``known`` are the ids of the studies that were there before."""

    def __init__(
        self,
        rows: Mapping[int, Study],
        facts: Mapping[int, StudyRecord],
        sources: Mapping[int, Sources],
        known: Collection[int],
    ) -> None:
        self.rows, self.facts, self.sources, self.known = rows, facts, sources, known
        self.changes = Changes(list)
        self.people: dict[str, Author] = {}
        self.tag_of: dict[str, Tag] = {}

    def _free(self, name: str) -> Iterator[tuple[int, StudyRecord]]:
        """The studies whose field no librarian has set, with their facts."""
        return ((pk, self.facts[pk]) for pk, study in self.rows.items() if name not in study.kept_fields)

    def _note(self, name: str, changed: Iterable[int]) -> None:
        for pk in changed:
            self.changes[pk].append(name)

    def columns(self, new: Mapping[int, Study]) -> None:
        changed = []
        journals = known_journals([self.facts[pk].journal for pk in self.rows])
        for (pk, study), journal in zip(self.rows.items(), journals, strict=True):
            wanted = _columns(study, self.facts[pk], self.sources[pk]) | {"journal": journal}
            differing = [
                name
                for name, value in wanted.items()
                if name not in study.kept_fields
                and (study.journal_id != (value and value.pk) if name == "journal" else getattr(study, name) != value)
            ]
            for name in differing:
                setattr(study, name, wanted[name])
            if differing and pk not in new:
                changed.append(study)
                self.changes[pk] += differing
        # These exist already, so this updates, in one plain statement; bulk_update would write a CASE for each field.
        Study.objects.bulk_create(changed, update_conflicts=True, unique_fields=["pk"], update_fields=COLUMNS)
        copy_in(list(new.values()))

    def authors(self) -> None:
        free = {pk: facts.authors for pk, facts in self._free("authors")}
        self.people = known_authors(person for people in free.values() for person in people)
        before: dict[int, list[tuple[int, int]]] = defaultdict(list)
        if self.known:
            stored = Authorship.objects.filter(study__in=self.known)
            for study, position, author in stored.values_list("study_id", "position", "author_id"):
                before[study].append((position, author))
        wanted = {
            pk: [(place, self.people[author_key(person)].pk) for place, person in enumerate(people, 1)]
            for pk, people in free.items()
        }
        changed = [pk for pk in wanted if sorted(before.get(pk, ())) != wanted[pk]]
        self._note("authors", changed)
        if gone := [pk for pk in changed if pk in before]:
            Authorship.objects.filter(study__in=gone).delete()
        copy_rows(
            Authorship,
            ("study", "position", "author"),
            ((pk, place, author) for pk in changed for place, author in wanted[pk]),
        )

    def citations(self) -> set[int]:
        """Write the reference lists that differ; gives the ids of studies that the rows now gone pointed at."""
        before: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        names = ("position", "text", "year", "doi", "pmid", "pmcid")
        if self.known:
            stored = Citation.objects.filter(study__in=self.known).order_by("position")
            for study, *row in stored.values_list("study_id", *names):
                before[study].append(tuple(row))
        wanted = {
            pk: [
                (place, each.text, each.year, each.doi, each.pmid, each.pmcid)
                for place, each in enumerate(facts.references, 1)
            ]
            for pk, facts in self._free("citations")
        }
        changed = [pk for pk in wanted if before.get(pk, []) != wanted[pk]]
        self._note("citations", changed)
        formerly_cited: set[int] = set()
        if gone := [pk for pk in changed if pk in before]:
            rows = Citation.objects.filter(study__in=gone)
            formerly_cited = set(rows.filter(cited__isnull=False).values_list("cited_id", flat=True))
            rows.delete()
        copy_rows(Citation, ("study", *names), ((pk, *row) for pk in changed for row in wanted[pk]))
        return formerly_cited

    def tags(self) -> None:
        wanted = {pk: tag_names(facts) for pk, facts in self._free("tags")}
        found = get_or_create({name for names in wanted.values() for name in names})
        self.tag_of = {tag.name: tag for tag in found}
        for synonym in Tag.objects.filter(synonym_of__in=found).select_related("synonym_of"):
            self.tag_of[synonym.name] = synonym.synonym_of or synonym
        before: dict[int, set[int]] = defaultdict(set)
        if self.known:
            stored = StudyTag.objects.filter(content_object__in=self.known)
            for study, tag in stored.values_list("content_object_id", "tag_id"):
                before[study].add(tag)
        after = {pk: {self.tag_of[name].pk for name in names} for pk, names in wanted.items()}
        changed = [pk for pk in wanted if before.get(pk, set()) != after[pk]]
        self._note("tags", changed)
        set_tags_of_many(StudyTag, before, {pk: after[pk] for pk in changed})

    def texts(self, new: Mapping[int, Study]) -> None:
        copy_in([self._new_text(study) for study in new.values()])
        known = {pk: self.rows[pk] for pk in self.known if pk in self.rows}
        if not known:
            return
        texts = searched_texts(known.values())
        before = dict(StudyText.objects.filter(study__in=known).values_list("study_id", "abstract"))
        kept = {pk for pk, study in known.items() if "abstract" in study.kept_fields}
        for text in texts:
            if text.pk not in kept:
                if self.facts[text.pk].abstract != before.get(text.pk, ""):
                    self.changes[text.pk].append("abstract")
                text.abstract = self.facts[text.pk].abstract
                text.abstract_html = html_of(text.abstract, f"s{text.pk}")
        fields = ["title", "names", "tag_words", "plain"]
        store_texts([text for text in texts if text.pk in kept], fields)
        store_texts([text for text in texts if text.pk not in kept], [*fields, "abstract", "abstract_html"])

    def _new_text(self, study: Study) -> StudyText:
        """The texts of a study that is new, from what was just written of it."""
        facts = self.facts[study.pk]
        authors = [self.people[author_key(person)].name for person in facts.authors]
        tags = sorted({self.tag_of[name].name for name in tag_names(facts)})
        return searched_text(
            study, authors, tags, abstract=facts.abstract,
            abstract_html=html_of(facts.abstract, f"s{study.pk}"),
        )  # fmt: skip


# ── Again ────────────────────────────────────────────────────────────────────────────────────────


def rebuild() -> int:
    """Compute every study that has sources anew, in batches of one transaction each; gives how many there were."""
    count = 0
    for ids in _batches(StudySource.objects.order_by("study").values_list("study", flat=True).distinct().iterator()):
        with one_at_a_time():
            build(sources_of(ids))
        count += len(ids)
    return count


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for pk in ids:
        batch.append(pk)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
