"""Where each field of a study comes from: which source gave it, and what the others say instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from common.text import shortened
from studies.importing.building import combined
from studies.importing.precedence import PRECEDENCE, PRECEDENCE_OF_REFERENCES
from studies.importing.record import NotAStudy, StudyRecord
from studies.models import Study, StudySource
from studies.models.study import Retraction

SHOWN = 400  # characters of one value
NAMED = 8  # of a list


def _list(values: Iterable[str]) -> str:
    values = list(values)
    more = len(values) - NAMED
    return "; ".join(values[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}" if number else ""


@dataclass(frozen=True)
class Field:
    """A field of a record: its name among ``kept_fields``, its heading, and how a record's value reads in words.

    ``joined`` where the values of all sources are put together.
    """

    name: str
    title: str
    words: Callable[[StudyRecord], str]
    joined: bool = False


def _retraction(record: StudyRecord) -> str:
    if not record.retraction:
        return ""
    return ", ".join(
        filter(None, (Retraction(record.retraction).label, record.retraction_notice, record.retraction_date))
    )


FIELDS = (
    Field("title", gettext_noop("Title"), lambda record: record.title),
    Field("authors", gettext_noop("Authors"), lambda record: _list(person.name for person in record.authors)),
    Field("journal", gettext_noop("Journal"), lambda record: record.journal.title or record.journal.abbreviation),
    Field("published_year", gettext_noop("Published"), lambda record: str(record.published or "")),
    Field("volume", gettext_noop("Volume"), lambda record: record.volume),
    Field("issue", gettext_noop("Issue"), lambda record: record.issue),
    Field("pages", gettext_noop("Pages"), lambda record: record.pages),
    Field("language", gettext_noop("Language"), lambda record: record.language),
    Field("doi", "DOI", lambda record: record.doi),
    Field("pmid", "PMID", lambda record: record.pmid),
    Field("pmcid", "PMCID", lambda record: record.pmcid),
    Field("abstract", gettext_noop("Abstract"), lambda record: record.abstract),
    Field(
        "tags",
        gettext_noop("Headings"),
        lambda record: _list(heading.descriptor for heading in record.mesh),
        joined=True,
    ),
    Field("tags", gettext_noop("Keywords"), lambda record: _list(record.keywords), joined=True),
    Field(
        "publication_types",
        gettext_noop("Publication types"),
        lambda record: _list(record.publication_types),
        joined=True,
    ),
    Field("article_type", gettext_noop("Article type"), lambda record: record.article_type),
    Field("retraction", gettext_noop("Retraction or correction"), _retraction),
    Field("sample_size", gettext_noop("People studied"), lambda record: str(record.sample_size or "")),
    Field("population", gettext_noop("Population"), lambda record: record.population),
    Field("intervention", gettext_noop("Intervention"), lambda record: record.intervention),
    Field("comparison", gettext_noop("Comparison"), lambda record: record.comparison),
    Field("outcome", gettext_noop("Primary outcome"), lambda record: record.outcome),
    Field("funding", gettext_noop("Funding"), lambda record: _list(record.funding)),
    Field("conflicts", gettext_noop("Conflicts of interest"), lambda record: record.conflicts),
    Field("registrations", gettext_noop("Registrations"), lambda record: _list(record.registrations), joined=True),
    Field("licence", gettext_noop("Licence"), lambda record: record.licence),
    Field("open_access_url", gettext_noop("Free to read at"), lambda record: record.open_access_url),
    Field(
        "citations",
        gettext_noop("References"),
        lambda record: _counted(len(record.references), "reference", "references"),
    ),
)


@dataclass(frozen=True)
class Origin:
    """One field as the library has it: ``value`` in words, which ``sources`` gave it, what the ``others`` say."""

    title: str
    value: str
    sources: str
    others: tuple[tuple[str, str], ...]
    by_librarian: bool


def origins(study: Study, stored: Iterable[StudySource]) -> list[Origin]:
    """Every field that any source says anything about, in the order of a study's page.

    Takes the study's stored sources. What the library shows is computed as for the study itself.
    """
    records: dict[str, StudyRecord] = {}
    for source in stored:
        try:
            records[source.kind] = StudyRecord.from_json(source.record)
        except NotAStudy:  # made by older rules than now
            continue
    if not records:
        return []
    whole = combined(records)
    found = []
    for field in FIELDS:
        said = {kind: words for kind, record in records.items() if (words := field.words(record))}
        if said:
            found.append(_origin(study, field, field.words(whole), said))
    return found


def _origin(study: Study, field: Field, value: str, said: Mapping[str, str]) -> Origin:
    names = dict(StudySource.Kind.choices)
    order = PRECEDENCE_OF_REFERENCES if field.name == "citations" else PRECEDENCE
    kinds = [str(kind) for kind in order if kind in said]
    if field.joined:
        giving = kinds
    elif field.name == "retraction":
        giving = [kind for kind in kinds if said[kind] == value][:1]
    else:
        giving = kinds[:1]
    others = [(names[kind], shortened(said[kind], SHOWN)) for kind in kinds if not _same(said[kind], value)]
    return Origin(
        title=field.title,
        value=shortened(value, SHOWN),
        sources=", ".join(names[kind] for kind in giving),
        others=tuple(others),
        by_librarian=field.name in study.kept_fields,
    )


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
