"""Works as the Crossref REST API gives them, and as its resolver answers a request for CSL-JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from studies.dates import PartialDate
from studies.identifiers import doi_in, parse_doi, parse_pmcid, parse_pmid, pmid_in, registrations_in
from studies.importing import licences
from studies.importing.dates import first_appeared, partial_date
from studies.importing.json_values import table_of, tables_of, text_of, texts_of
from studies.importing.languages import language_code
from studies.importing.names import spoken
from studies.importing.record import OPPOSITES, JournalFacts, Person, Reference, Relation, StudyRecord, tidy
from studies.importing.words import abstract_of, title_of

APPEARED = ("published", "published-print", "published-online", "issued", "posted")
PUBLICATION_TYPES = {
    "journal-article": "Journal Article",
    "article-journal": "Journal Article",
    "dissertation": "Academic Dissertation",
    "dataset": "Dataset",
}
# What a notice does to the work that it updates, by Crossref's names of updates; each state outweighs those before it.
UPDATES = {
    "correction": "corrected", "corrigendum": "corrected", "erratum": "corrected", "partial_retraction": "corrected",
    "expression_of_concern": "concern",
    "retraction": "retracted", "withdrawal": "retracted", "removal": "retracted",
}  # fmt: skip
# What a notice states of the work that it updates; the work itself states the opposite.
RELATIONS_OF_UPDATES = {
    "correction": "corrects", "corrigendum": "corrects", "erratum": "corrects", "partial_retraction": "partly_retracts",
    "expression_of_concern": "concern_about",
    "retraction": "retracts", "withdrawal": "retracts", "removal": "retracts",
    "addendum": "updates", "clarification": "updates", "new_version": "updates", "new_edition": "updates",
}  # fmt: skip
RELATIONS = {
    "is-preprint-of": "preprint_of", "has-preprint": "has_preprint",
    "is-comment-on": "comments_on", "has-comment": "commented_by",
    "is-reply-to": "comments_on", "has-reply": "commented_by",
    "is-correction-of": "corrects", "has-correction": "corrected_by",
    "is-replaced-by": "updated_by", "replaces": "updates",
}  # fmt: skip
NOTICES = {
    "corrected": "Published Erratum",
    "concern": "Expression of Concern",
    "retracted": "Retraction of Publication",
}
WEIGHT = {"": 0, "corrected": 1, "concern": 2, "retracted": 3}
# Publishers put this before the title of a work that they retracted; a notice's own title begins otherwise.
RETRACTED_TITLE = re.compile(
    r"\s*(?:\[?RETRACTED(?: ARTICLE| PAPER)?\]?\s*:|\[Retracted(?: Article)?\]|RETRACTED ARTICLE\b)"
)
# The licence of the published version before one of unstated scope; an accepted manuscript's is not the article's.
LICENSED_VERSIONS = ("vor", "unspecified", "tdm")


def is_work(facts: dict[str, Any]) -> bool:
    """Whether a JSON object is a work of Crossref's: it has a DOI, and what only Crossref counts and dates."""
    return "DOI" in facts and bool({"is-referenced-by-count", "reference-count", "indexed", "deposited"} & facts.keys())


def record_of(message: dict[str, Any], place: str) -> StudyRecord:
    """The record of one work (what the API calls its "message"), whatever is missing from it. Raises ``NotAStudy``."""
    title, subtitle = title_of(text_of(message.get("title"))), title_of(text_of(message.get("subtitle")))
    if subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title.rstrip(':')}: {subtitle}"
    licence, licence_url = _licence(message)
    state, notice, noticed = _retraction(message, title)
    references = list(_references(message))
    return StudyRecord(
        title=title,
        journal=_journal(message),
        published=_published(message),
        authors=tuple(_authors(message)),
        doi=text_of(message.get("DOI")),
        pmid=text_of(message.get("PMID")),
        volume=text_of(message.get("volume")),
        issue=text_of(message.get("issue")),
        pages=text_of(message.get("page")) or text_of(message.get("article-number")),
        language=language_code(text_of(message.get("language"))),
        abstract=abstract_of(text_of(message.get("abstract"))),
        publication_types=tuple(_publication_types(message)),
        references=tuple(filter(None, references)),
        licence=licence,
        licence_url=licence_url,
        registrations=tuple(_registrations(message)),
        funding=tuple(_funding(message)),
        relations=tuple(_relations(message)),
        retraction=state,
        retraction_notice=notice,
        retraction_date=noticed,
        revised=text_of(table_of(message.get("deposited")).get("date-time"))[:10],
        place=place,
        losses=tuple("an entry of the reference list is empty" for reference in references if not reference),
    )


def date_of(value: Any) -> PartialDate | None:
    """A date as Crossref and CSL write it: ``{"date-parts": [[2011, 2, 14]]}``, as far as it makes sense."""
    parts = table_of(value).get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts else None
    year, month, day = (*texts_of(first if isinstance(first, list) else []), "", "", "")[:3]
    return partial_date(year, month, day)


def _journal(message: dict[str, Any]) -> JournalFacts:
    """The journal, or the book of a chapter; a preprint has the name of its server, where Crossref knows it."""
    title = title_of(text_of(message.get("container-title")))
    if not title and text_of(message.get("type")) == "posted-content":
        institution = next(tables_of(message.get("institution")), table_of(message.get("institution")))
        title = text_of(institution.get("name")) or text_of(message.get("group-title"))
    return JournalFacts(
        title=title,
        abbreviation=title_of(
            text_of(message.get("short-container-title")) or text_of(message.get("container-title-short"))
        ),
        issns=tuple(texts_of(message.get("ISSN"))),
    )


def _published(message: dict[str, Any]) -> PartialDate | None:
    return first_appeared(date_of(message.get(name)) for name in APPEARED)


def _authors(message: dict[str, Any]) -> Iterator[Person]:
    for author in tables_of(message.get("author")):
        family, given = tidy(text_of(author.get("family"))), tidy(text_of(author.get("given")))
        group, orcid = text_of(author.get("name")) or text_of(author.get("literal")), text_of(author.get("ORCID"))
        if not family and not given:
            yield Person(collective=group)
        elif not family:
            yield spoken(given)
        else:
            suffix = tidy(text_of(author.get("suffix"))).rstrip(".")
            yield Person(family=f"{family} {suffix}".strip(), given=given, orcid=orcid)


def _publication_types(message: dict[str, Any]) -> Iterator[str]:
    kind = text_of(message.get("type"))
    if kind in PUBLICATION_TYPES:
        yield PUBLICATION_TYPES[kind]
    if kind == "posted-content" and text_of(message.get("subtype")) in ("preprint", ""):
        yield "Preprint"
    own = text_of(message.get("DOI")).lower()
    states = {
        UPDATES.get(text_of(update.get("type")).lower(), "")
        for update in tables_of(message.get("update-to"))
        if text_of(update.get("DOI")).lower() != own
    }
    yield from (words for state, words in NOTICES.items() if state in states)


def _licence(message: dict[str, Any]) -> tuple[str, str]:
    given = list(tables_of(message.get("license")))
    for version in LICENSED_VERSIONS:
        for licence in given:
            if text_of(licence.get("content-version")) == version:
                found = licences.from_address(text_of(licence.get("URL")))
                if found[0]:
                    return found
    return "", ""


def _registrations(message: dict[str, Any]) -> Iterator[str]:
    for trial in tables_of(message.get("clinical-trial-number")):
        yield from registrations_in(text_of(trial.get("clinical-trial-number")))


def _funding(message: dict[str, Any]) -> Iterator[str]:
    """A line for each who paid, with the numbers of the grants before the name."""
    for funder in tables_of(message.get("funder")):
        yield ", ".join(filter(None, map(tidy, (*texts_of(funder.get("award")), text_of(funder.get("name"))))))


def _relations(message: dict[str, Any]) -> Iterator[Relation]:
    """What it updates, what updates it, and the works it names as its preprint, version, comment or reply."""
    own = parse_doi(text_of(message.get("DOI")))
    for name, turned in (("update-to", False), ("updated-by", True)):
        for update in tables_of(message.get(name)):
            kind = RELATIONS_OF_UPDATES.get(_update_type(update), "")
            doi, date = parse_doi(text_of(update.get("DOI"))), date_of(update.get("updated"))
            if kind and doi and doi != own:
                yield Relation(OPPOSITES[kind] if turned else kind, doi=doi, date=date.iso if date else "")
    for name, others in table_of(message.get("relation")).items():
        for other in tables_of(others) if name in RELATIONS else ():
            kind, value = text_of(other.get("id-type")).lower(), text_of(other.get("id"))
            if kind == "doi" and parse_doi(value) not in ("", own):
                yield Relation(RELATIONS[name], doi=value)
            elif kind == "pmid" and parse_pmid(value):
                yield Relation(RELATIONS[name], pmid=value)
            elif kind == "pmcid" and parse_pmcid(value):
                yield Relation(RELATIONS[name], pmcid=value)


def _update_type(update: dict[str, Any]) -> str:
    return text_of(update.get("type")).lower().replace("-", "_").replace(" ", "_")


def _retraction(message: dict[str, Any], title: str) -> tuple[str, str, str]:
    """What became of the work itself: (state, DOI of the weightiest notice, its date).

    Told by ``updated-by``, by an ``update-to`` that names the work's own DOI, and by what its publisher wrote before
    its title. An ``update-to`` that names another work says nothing of this one but that it is the notice.
    """
    own = parse_doi(text_of(message.get("DOI")))
    found = ("", "", "")
    to = list(tables_of(message.get("update-to")))
    of_itself = [update for update in to if parse_doi(text_of(update.get("DOI"))) == own]
    for update in (*tables_of(message.get("updated-by")), *of_itself):
        state = UPDATES.get(_update_type(update), "")
        if WEIGHT[state] > WEIGHT[found[0]]:
            date = date_of(update.get("updated"))
            found = (state, parse_doi(text_of(update.get("DOI"))), date.iso if date else "")
    if found[0] != "retracted" and not to and RETRACTED_TITLE.match(title):
        return "retracted", "", ""
    return found


def _references(message: dict[str, Any]) -> Iterator[Reference]:
    for reference in tables_of(message.get("reference")):
        printed = title_of(text_of(reference.get("unstructured")))
        doi = parse_doi(text_of(reference.get("DOI"))) or doi_in(printed)
        year = text_of(reference.get("year"))[:4]
        yield Reference(
            text=printed or _composed(reference),
            year=int(year) if year.isascii() and year.isdigit() else None,
            doi=doi,
            pmid=pmid_in(printed),
        )


def _composed(reference: dict[str, Any]) -> str:
    """A reference line from its parts: author. Title. Source. Year;volume(issue):page."""

    def said(*names: str) -> str:
        return next((text for name in names if (text := title_of(text_of(reference.get(name))))), "")

    volume, issue, page = said("volume"), said("issue"), said("first-page")
    number = f"{volume}({issue})" if volume and issue else volume
    where = ";".join(filter(None, (said("year"), number)))
    where = f"{where}:{page}" if where and page else where or page
    parts = [
        said("author"),
        said("article-title", "volume-title", "standard-designator"),
        said("journal-title", "series-title"),
        where,
    ]
    text = ". ".join(part.rstrip(".") for part in parts if part)
    return f"{text}." if text and text[-1].isalnum() else text
