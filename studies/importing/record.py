"""What one source says about one study, in one shape whatever the source's format.

A ``StudyRecord`` is normalised by being made: whatever text it is given, its fields fit the library's columns and hold
no control characters, its identifiers are well formed or "". What had to be left out is told in ``losses``.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from typing import Any

from common.text import BLANK_BRAILLE, INVISIBLE_LETTERS, clean_line, clean_text, shortened
from studies.dates import EARLIEST_YEAR, LATEST_YEAR, PartialDate
from studies.identifiers import parse_doi, parse_issn, parse_orcid, parse_pmcid, parse_pmid, parse_registration
from studies.importing.identity import described, tells_enough

ABSTRACT_LIMIT = 100_000  # characters
REFERENCE_LIMIT = 4_000  # characters of one reference's text
INVISIBLE = re.compile(f"[{''.join(INVISIBLE_LETTERS)}{BLANK_BRAILLE}]")  # printable to Python, blank to the eye
LIST_LIMIT = 30_000  # authors, references or headings of one record
RETRACTION_STATES = ("", "corrected", "concern", "retracted")  # each outweighs those before it
RELATION_LIMIT = 500  # relations of one record to other works
WORDS_LIMIT = 5_000  # characters of a statement: who paid, whose interest is in it


class NotAStudy(ValueError):
    """A record that cannot become a study; its text says why, as a sentence for whoever imported it."""


@dataclass(frozen=True)
class Refusal:
    """A record that was not taken: ``place`` says where it stood (file, member, record), ``reason`` why."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class Person:
    """An author: family and given name, or the ``collective`` name of a group. ORCID iD where known."""

    family: str = ""
    given: str = ""
    collective: str = ""
    orcid: str = ""

    def __post_init__(self) -> None:
        _set(self, family=cut(self.family, 150), given=cut(self.given, 150), collective=cut(self.collective, 300))
        _set(self, orcid=parse_orcid(self.orcid))
        if not self.family and not self.collective:
            _set(self, family=self.given, given="")
        if self.family:
            _set(self, collective="")

    @property
    def name(self) -> str:
        return self.collective or f"{self.given} {self.family}".strip()


@dataclass(frozen=True)
class JournalFacts:
    """What a source says about the journal; empty where it says nothing."""

    title: str = ""
    abbreviation: str = ""
    issns: tuple[str, ...] = ()
    nlm_id: str = ""

    def __post_init__(self) -> None:
        _set(self, title=cut(self.title, 300), abbreviation=cut(self.abbreviation, 150), nlm_id=cut(self.nlm_id, 20))
        _set(self, issns=tuple(sorted({issn for issn in map(parse_issn, self.issns) if issn})))

    def __bool__(self) -> bool:
        return bool(self.title or self.abbreviation or self.issns or self.nlm_id)


@dataclass(frozen=True)
class Heading:
    """A MeSH descriptor; ``major`` where the work is chiefly about it."""

    descriptor: str
    major: bool = False

    def __post_init__(self) -> None:
        _set(self, descriptor=cut(self.descriptor, 200), major=bool(self.major))


@dataclass(frozen=True)
class Reference:
    """One entry of a reference list: its text as printed and the identifiers it carries, each "" where unknown."""

    text: str = ""
    year: int | None = None
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    losses: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        doi, pmid, pmcid = (
            parse(given) if given else ""
            for parse, given in ((parse_doi, self.doi), (parse_pmid, self.pmid), (parse_pmcid, self.pmcid))
        )
        losses = self.losses
        for name, given, parsed in (("DOI", self.doi, doi), ("PMID", self.pmid, pmid), ("PMCID", self.pmcid, pmcid)):
            if given and not parsed:
                losses += (f"a reference's {name} is not one, and stays out",)
        self.__dict__.update(
            text=cut(self.text, REFERENCE_LIMIT), year=year_or_none(self.year), doi=doi, pmid=pmid, pmcid=pmcid,
            losses=losses,
        )  # fmt: skip

    def __bool__(self) -> bool:
        return bool(self.text or self.doi or self.pmid or self.pmcid)


# How two works can be related, each as the one and as the other tells it: "retracted_by" beside "retracts".
OPPOSITES = {
    "retracted_by": "retracts",
    "replaced_by": "replaces",
    "concern_in": "concern_about",
    "corrected_by": "corrects",
    "partly_retracted_by": "partly_retracts",
    "republished_as": "republishes",
    "preprint_of": "has_preprint",
    "updated_by": "updates",
    "commented_by": "comments_on",
    "companion": "companion",
}
OPPOSITES |= {opposite: kind for kind, opposite in OPPOSITES.items()}
RELATION_KINDS = frozenset(OPPOSITES)


@dataclass(frozen=True)
class Relation:
    """Another work that this one is related to, by any of its identifiers, and how (``RELATION_KINDS``).

    ``text`` is how the source names the other work, ``date`` the ISO day, month or year on which the relation was
    stated, where the source says so.
    """

    kind: str
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    text: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        _set(self, doi=parse_doi(self.doi), pmid=parse_pmid(self.pmid), pmcid=parse_pmcid(self.pmcid))
        _set(self, text=cut(self.text, 500), date=partial_date_or_blank(self.date))

    def __bool__(self) -> bool:
        return self.kind in RELATION_KINDS and bool(self.text or self.doi or self.pmid or self.pmcid)


@dataclass(frozen=True)
class StudyRecord:
    """What one source says about one study.

    Raises ``NotAStudy`` without a title, and where nothing would know it again: neither an identifier nor a telling
    title with two of year, first author and journal (``identity``).

    ``abstract`` is Markdown: paragraphs, each with its section's label in bold where there is one, everything else
    escaped. ``keywords`` are the authors' or ours, ``mesh`` NLM's. ``registration`` is the first of ``registrations``.
    ``funding`` has a line for each who paid, ``conflicts`` the authors' statement of their interests. ``revised`` is
    the ISO day on which the source last changed its record, where it says so. ``place`` (where it was read) and
    ``losses`` (what was left out while reading) are about the reading, not about the study: they are not stored and
    not compared.
    """

    title: str
    journal: JournalFacts = field(default_factory=JournalFacts)
    published: PartialDate | None = None
    authors: tuple[Person, ...] = ()
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    language: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    mesh: tuple[Heading, ...] = ()
    publication_types: tuple[str, ...] = ()
    article_type: str = ""
    references: tuple[Reference, ...] = ()
    licence: str = ""
    licence_url: str = ""
    open_access_url: str = ""
    registration: str = ""
    registrations: tuple[str, ...] = ()
    sample_size: int | None = None
    population: str = ""
    intervention: str = ""
    comparison: str = ""
    outcome: str = ""
    funding: tuple[str, ...] = ()
    conflicts: str = ""
    relations: tuple[Relation, ...] = ()
    retraction: str = ""
    retraction_notice: str = ""
    retraction_date: str = ""
    revised: str = ""
    place: str = field(default="", compare=False)
    losses: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        losses = [
            f"the {name} is not one, and stays out"
            for name, given, parsed in (
                ("DOI", self.doi, parse_doi(self.doi)),
                ("PMID", self.pmid, parse_pmid(self.pmid)),
                ("PMCID", self.pmcid, parse_pmcid(self.pmcid)),
                ("registration number", self.registration, parse_registration(self.registration)),
            )
            if given and not parsed
        ]
        _set(
            self,
            title=cut(self.title, 1000),
            doi=parse_doi(self.doi),
            pmid=parse_pmid(self.pmid),
            pmcid=parse_pmcid(self.pmcid),
            volume=cut(self.volume, 50),
            issue=cut(self.issue, 50),
            pages=cut(self.pages, 80),
            language=cut(self.language, 20),
            abstract=cut_text(self.abstract, ABSTRACT_LIMIT),
            article_type=cut(self.article_type, 60).lower(),
            licence=cut(self.licence, 120),
            licence_url=web_address(self.licence_url),
            open_access_url=web_address(self.open_access_url),
            registration=parse_registration(self.registration),
            retraction_notice=parse_doi(self.retraction_notice) or parse_pmid(self.retraction_notice),
            retraction_date=partial_date_or_blank(self.retraction_date),
            revised=partial_date_or_blank(self.revised),
        )
        if not self.title:
            raise NotAStudy("it has no title")
        if self.retraction not in RETRACTION_STATES:
            raise NotAStudy(f"“{cut(self.retraction, 40)}” is no state of retraction")
        if self.sample_size is not None and not 0 < self.sample_size < 2**31:
            _set(self, sample_size=None)
            losses.append("the sample size is not a number of people, and stays out")
        for name in ("authors", "mesh", "references"):
            kept = tuple(getattr(self, name))
            if len(kept) > LIST_LIMIT:
                losses.append(f"more than {LIST_LIMIT:,} {name}; the rest stays out")
                kept = kept[:LIST_LIMIT]
            _set(self, **{name: kept})
        _set(
            self,
            authors=tuple(person for person in self.authors if person.name),
            mesh=_each_once(heading for heading in self.mesh if heading.descriptor),
            keywords=_each_once(filter(None, (cut(word, 200) for word in self.keywords)))[:LIST_LIMIT],
            publication_types=_each_once(filter(None, (cut(name, 120) for name in self.publication_types))),
            relations=_each_once(filter(None, self.relations))[:RELATION_LIMIT],
            funding=_each_once(filter(None, (cut(line, WORDS_LIMIT) for line in self.funding)))[:RELATION_LIMIT],
        )
        if not (self.doi or self.pmid or self.pmcid or tells_enough(described(self))):
            tried = f" ({'; '.join(losses)})" if losses else ""
            raise NotAStudy(
                f"it has neither a DOI nor a PMID nor a PMCID, by which it would be known again{tried}, and without "
                "one it needs a title of three words or more that is its own, and two of year, first author and journal"
            )
        for name in ("population", "intervention", "comparison", "outcome", "conflicts"):
            if value := getattr(self, name):
                _set(self, **{name: cut(value, WORDS_LIMIT)})
        if self.registration or self.registrations:
            registrations = _each_once(filter(None, map(parse_registration, (self.registration, *self.registrations))))
            _set(
                self,
                registrations=registrations[:RELATION_LIMIT],
                registration=registrations[0] if registrations else "",
            )
        losses += [loss for reference in self.references for loss in reference.losses]
        _set(self, losses=self.losses + tuple(losses))

    @property
    def identifiers(self) -> dict[str, str]:
        """The identifiers it has: any of "doi", "pmid", "pmcid"."""
        return {name: value for name in ("doi", "pmid", "pmcid") if (value := getattr(self, name))}

    def to_json(self) -> dict[str, Any]:
        """As JSON values, without what is empty: what the database stores."""
        return _plain(self)

    @cached_property
    def json(self) -> str:
        """The canonical text of ``to_json``."""
        return canonical(self.to_json())

    @classmethod
    def from_json(cls, facts: Mapping[str, Any], *, place: str = "") -> StudyRecord:
        """From what ``to_json`` gave, or from any mapping with these names; unknown names are left alone.

        ``published`` is ISO text ("2011-02"); authors, mesh and references are mappings. Raises ``NotAStudy``.
        """
        known = {name.name for name in fields(cls)} - {"place", "losses"}
        given: dict[str, Any] = {name: value for name, value in facts.items() if name in known and value is not None}
        try:
            if published := given.pop("published", ""):
                given["published"] = PartialDate.parse(published)
            if journal := given.pop("journal", None):
                given["journal"] = _made(JournalFacts, journal, issns=tuple(journal.get("issns") or ()))
            given["authors"] = tuple(_made(Person, person) for person in given.get("authors", ()))
            given["mesh"] = tuple(_made(Heading, heading) for heading in given.get("mesh", ()))
            given["references"] = tuple(_made(Reference, reference) for reference in given.get("references", ()))
            given["relations"] = tuple(_made(Relation, relation) for relation in given.get("relations", ()))
            for name in ("keywords", "publication_types", "funding", "registrations"):
                given[name] = tuple(given.get(name, ()))
            return cls(place=place, **given)
        except (TypeError, AttributeError) as error:
            raise NotAStudy(f"its JSON has another shape than a study's ({error})") from error
        except NotAStudy:
            raise
        except ValueError as error:
            raise NotAStudy(str(error)) from error

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: equal for equal facts, wherever they were read."""
        return hashlib.sha256(self.json.encode()).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def cut(text: str | None, limit: int) -> str:
    """One clean line of at most ``limit`` characters; a longer one ends in "…"."""
    return shortened(tidy(text), limit)


def tidy(text: str | None) -> str:
    """``clean_line``, at a tenth of its price for a text that needs no cleaning, as most of a reference list."""
    if not text:
        return ""
    line = " ".join(text.split())
    clean = line.isascii() or (unicodedata.is_normalized("NFC", line) and not INVISIBLE.search(line))
    return line if clean and line.isprintable() else clean_line(text)


def cut_text(text: str | None, limit: int) -> str:
    return shortened(clean_text(text), limit)


def year_or_none(value: int | str | None) -> int | None:
    """A year a work can have appeared in, else None."""
    try:
        year = int(str(value)[:4]) if value else 0
    except ValueError:
        return None
    return year if EARLIEST_YEAR <= year <= LATEST_YEAR else None


def partial_date_or_blank(text: str) -> str:
    try:
        return PartialDate.parse(text).iso if text else ""
    except (TypeError, ValueError):
        return ""


def web_address(text: str | None) -> str:
    """An http or https address of at most 500 characters without white space, quotes or brackets; else ""."""
    address = clean_line(text)
    if len(address) > 500 or any(character in address for character in " <>\"'`\\"):
        return ""
    return address if address.lower().startswith(("https://", "http://")) else ""


def _set(thing: Any, **values: Any) -> None:
    thing.__dict__.update(values)  # the one moment when a frozen record may still change: while it is made


def _each_once(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _made(kind: type, facts: Mapping[str, Any], **more: Any) -> Any:
    known = _names(kind)
    return kind(**{name: value for name, value in facts.items() if name in known and value is not None} | more)


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(name.name for name in fields(kind)) - {"losses"}


def _plain(thing: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    kind: Any = type(thing)
    for name in _compared(kind):
        value = getattr(thing, name)
        if not value:
            continue  # what is empty, zero or False says nothing
        if isinstance(value, PartialDate):
            facts[name] = value.iso
        elif isinstance(value, JournalFacts):
            facts[name] = _plain(value)
        elif isinstance(value, tuple):
            facts[name] = [_plain(item) if hasattr(item, "__dataclass_fields__") else item for item in value]
        else:
            facts[name] = value
    return facts


@cache
def _compared(kind: Any) -> tuple[str, ...]:
    """The names of the fields that are about the study."""
    return tuple(each.name for each in fields(kind) if each.compare)
