"""Works as the OpenAlex API gives them.

What a machine guessed there (its topics, its type "review", its editorials) is not taken for what a study is: only
types that say how a work was published are. Cited works are named by OpenAlex's own numbers alone, by which nobody
could find them: that they are there is told as a loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from studies.dates import PartialDate
from studies.identifiers import parse_doi, parse_pmcid
from studies.importing import licences
from studies.importing.dates import partial_date
from studies.importing.json_values import table_of, tables_of, text_of, texts_of
from studies.importing.languages import language_code
from studies.importing.names import spoken
from studies.importing.record import Heading, JournalFacts, Person, StudyRecord, tidy, web_address
from studies.importing.words import abstract_of, title_of

PUBLICATION_TYPES = {
    "preprint": "Preprint",
    "erratum": "Published Erratum",
    "retraction": "Retraction of Publication",
    "letter": "Letter",
    "dissertation": "Academic Dissertation",
    "dataset": "Dataset",
}
KEYWORDS_TAKEN, KEYWORD_SCORE = 5, 0.4
ABSTRACT_WORDS = 30_000
# OpenAlex takes the markup out of abstracts and with it what stood between a heading and its text: "groups.ResultsThe".
GLUED = re.compile(
    r"(?:^|(?<=[.?!)]))\s*(Background|Objectives?|Aims?|Purpose|Introduction|Methods|Results|Conclusions?)(?=[A-Z])"
)
ONLY_THEIR_NUMBERS = "the works it cites are named by OpenAlex's numbers only, and stay out"


def is_work(facts: dict[str, Any]) -> bool:
    """Whether a JSON object is a work of OpenAlex."""
    return text_of(facts.get("id")).startswith("https://openalex.org/W") or (
        "authorships" in facts and ("primary_location" in facts or "display_name" in facts)
    )


def record_of(work: dict[str, Any], place: str) -> StudyRecord:
    """The record of one work, whatever is missing from it. Raises ``NotAStudy``."""
    ids, biblio = table_of(work.get("ids")), table_of(work.get("biblio"))
    best, primary = table_of(work.get("best_oa_location")), table_of(work.get("primary_location"))
    source = table_of(primary.get("source"))
    kind = text_of(work.get("type"))
    headings = tuple(_headings(work))
    notice = kind in ("erratum", "retraction")
    return StudyRecord(
        title=title_of(text_of(work.get("title")) or text_of(work.get("display_name"))),
        journal=_journal(source),
        published=_published(work),
        authors=tuple(_authors(work)),
        doi=parse_doi(text_of(work.get("doi")) or text_of(ids.get("doi"))),
        pmid=text_of(ids.get("pmid")),
        pmcid=_pmcid(text_of(ids.get("pmcid"))),
        volume=text_of(biblio.get("volume")),
        issue=text_of(biblio.get("issue")),
        pages=_pages(text_of(biblio.get("first_page")), text_of(biblio.get("last_page"))),
        language=language_code(text_of(work.get("language"))),
        abstract=_abstract(work.get("abstract_inverted_index")),
        keywords=() if headings else tuple(_keywords(work)),
        mesh=headings,
        publication_types=tuple(filter(None, [_publication_type(kind, work, source)])),
        licence=licences.from_short(text_of(primary.get("license")))
        or licences.from_short(text_of(best.get("license"))),
        open_access_url=_open_access(work, best),
        funding=tuple(_funding(work)),
        retraction="retracted" if work.get("is_retracted") is True and not notice else "",
        revised=text_of(work.get("updated_date"))[:10],
        place=place,
        losses=(ONLY_THEIR_NUMBERS,) if work.get("referenced_works") else (),
    )


def _journal(source: dict[str, Any]) -> JournalFacts:
    """The journal, or the server of a preprint; an archive that merely keeps a copy is neither."""
    title = text_of(source.get("display_name"))
    if not title or (text_of(source.get("type")) == "repository" and "xiv" not in title.lower()):
        return JournalFacts()
    return JournalFacts(title=title, issns=(text_of(source.get("issn_l")), *texts_of(source.get("issn"))))


def _published(work: dict[str, Any]) -> PartialDate | None:
    """The day of publication. OpenAlex fills in what it does not know with the first: 1 January is a year alone."""
    year, month, day = (*text_of(work.get("publication_date")).split("-"), "", "", "")[:3]
    if day == "01":
        day, month = "", "" if month == "01" else month
    return partial_date(year, month, day) or partial_date(text_of(work.get("publication_year")))


def _authors(work: dict[str, Any]) -> Iterator[Person]:
    for authorship in tables_of(work.get("authorships")):
        author = table_of(authorship.get("author"))
        name = text_of(author.get("display_name")) or text_of(authorship.get("raw_author_name"))
        person = spoken(name)
        orcid = text_of(author.get("orcid"))
        yield person if person.collective else Person(family=person.family, given=person.given, orcid=orcid)


def _pmcid(text: str) -> str:
    """OpenAlex writes them as addresses that end in bare digits."""
    number = text.rstrip("/").rpartition("/")[2]
    return parse_pmcid(f"PMC{number}" if number.isdigit() else text)


def _pages(first: str, last: str) -> str:
    return f"{first}-{last}" if first and last and first != last else first or last


def _abstract(index: Any) -> str:
    """The abstract from its inverted index, which gives each word with the places where it stands."""
    words: dict[int, str] = {}
    for word, places in table_of(index).items():
        for place in places if isinstance(places, list) else ():
            if isinstance(place, int) and 0 <= place < ABSTRACT_WORDS:
                words[place] = word
    text = " ".join(words[place] for place in sorted(words))
    return abstract_of(GLUED.sub(r" \1: ", text.removeprefix("Abstract ")))


def _headings(work: dict[str, Any]) -> Iterator[Heading]:
    """MeSH descriptors, once each, major where the descriptor or any of its qualifiers is."""
    found: dict[str, bool] = {}
    for heading in tables_of(work.get("mesh")):
        name = text_of(heading.get("descriptor_name"))
        found[name] = found.get(name, False) or heading.get("is_major_topic") is True
    return (Heading(name, major) for name, major in found.items())


def _keywords(work: dict[str, Any]) -> Iterator[str]:
    """The few keywords of which OpenAlex is surest; asked only where there are no headings of NLM's."""
    sure = [
        keyword
        for keyword in tables_of(work.get("keywords"))
        if isinstance(score := keyword.get("score"), int | float) and score >= KEYWORD_SCORE
    ]
    for keyword in sure[:KEYWORDS_TAKEN]:
        yield text_of(keyword.get("display_name")) or text_of(keyword.get("keyword"))


def _publication_type(kind: str, work: dict[str, Any], source: dict[str, Any]) -> str:
    if kind == "article" and text_of(source.get("type")) == "journal" and work.get("is_paratext") is not True:
        return "Journal Article"
    return PUBLICATION_TYPES.get(kind, "")


def _funding(work: dict[str, Any]) -> Iterator[str]:
    """A line for each grant: its number and who gave it. Newer answers call them awards."""
    for grant in (*tables_of(work.get("grants")), *tables_of(work.get("awards"))):
        number = text_of(grant.get("award_id")) or text_of(grant.get("funder_award_id"))
        yield ", ".join(filter(None, map(tidy, (number, text_of(grant.get("funder_display_name"))))))


def _open_access(work: dict[str, Any], best: dict[str, Any]) -> str:
    access = table_of(work.get("open_access"))
    if access.get("is_oa") is not True:
        return ""
    return web_address(text_of(access.get("oa_url"))) or web_address(text_of(best.get("landing_page_url")))
