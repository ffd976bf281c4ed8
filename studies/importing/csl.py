"""CSL-JSON, the items of citation processors, as Zotero, Mendeley, pandoc and this library write them.

What CSL has no words for (headings, publication types, references, retraction …) stands in ``custom.studyhall``, under
the names of ``StudyRecord``'s fields and in the shape of ``StudyRecord.to_json``; what stands there is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studies.dates import PartialDate
from studies.identifiers import parse_orcid
from studies.importing.announced import STATES, doi_among, issns_in, pmcid_among, pmid_among, standing_in
from studies.importing.crossref import date_of
from studies.importing.dates import medline_date
from studies.importing.json_values import table_of, tables_of, text_of, texts_of
from studies.importing.languages import language_code
from studies.importing.names import spoken
from studies.importing.record import StudyRecord, tidy
from studies.importing.ris import date_of as written_date
from studies.importing.words import abstract_of, registration_of, title_of

OURS = "studyhall"
PUBLICATION_TYPES = {
    "article-journal": "Journal Article",
    "journal-article": "Journal Article",
    "thesis": "Academic Dissertation",
    "dataset": "Dataset",
}
# An item has a type of CSL's, or these besides a title.
TYPES = frozenset(
    "article article-journal article-magazine article-newspaper bill book broadcast chapter classic collection "
    "dataset document entry entry-dictionary entry-encyclopedia event figure graphic hearing interview "
    "legal_case legislation manuscript map motion_picture musical_score pamphlet paper-conference patent "
    "performance periodical personal_communication post post-weblog regulation report review review-book software "
    "song speech standard thesis treaty webpage journal-article".split()
)
TELLING = frozenset({"container-title", "issued", "DOI", "PMID", "author", "publisher", "URL"})


def is_item(facts: dict[str, Any]) -> bool:
    """Whether a JSON object is an item of CSL."""
    return text_of(facts.get("type")) in TYPES or ("title" in facts and not TELLING.isdisjoint(facts))


def record_of(item: dict[str, Any], place: str) -> StudyRecord:
    """The record of one item, whatever is missing from it. Raises ``NotAStudy``."""
    own = table_of(table_of(item.get("custom")).get(OURS))
    own = table_of(own.get("record")) or own  # in our open data it stands beside what is told of the study otherwise
    extra = text_of(item.get("note")).splitlines()
    address = text_of(item.get("URL"))
    pmid, doi, pmcid = (text_of(item.get(name)) for name in ("PMID", "DOI", "PMCID"))
    published = _published(item)
    abstract = "" if own.get("abstract") else abstract_of(text_of(item.get("abstract")))
    state, notice, noticed = standing_in(extra)
    facts = {
        "title": title_of(text_of(item.get("title"))),
        "journal": {
            "title": title_of(text_of(item.get("container-title"))),
            "abbreviation": text_of(item.get("container-title-short")) or text_of(item.get("journalAbbreviation")),
            "issns": issns_in(texts_of(item.get("ISSN"))),
        },
        "published": published.iso if published else None,
        "authors": [] if own.get("authors") else list(_authors(item)),
        "doi": doi or doi_among([address, *extra]),
        "pmid": pmid or pmid_among([address, *extra]),
        "pmcid": pmcid or pmcid_among([address, *extra]),
        "volume": text_of(item.get("volume")),
        "issue": text_of(item.get("issue")),
        "pages": text_of(item.get("page")).replace("–", "-") or text_of(item.get("number")),
        "language": language_code(text_of(item.get("language"))),
        "abstract": abstract,
        "keywords": _keywords(item),
        "publication_types": list(_publication_types(item)),
        "registration": registration_of(abstract),
        "retraction": state or STATES.get(tidy(text_of(item.get("status"))).lower(), ""),
        "retraction_notice": notice,
        "retraction_date": noticed,
    }
    return StudyRecord.from_json(facts | own, place=place)


def _published(item: dict[str, Any]) -> PartialDate | None:
    issued = item.get("issued")
    written = text_of(issued) or text_of(table_of(issued).get("raw")) or text_of(table_of(issued).get("literal"))
    return (
        date_of(issued) or written_date(written.split("/")[0] if "-" in written else written) or medline_date(written)
    )


def _authors(item: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Particles belong to the family name here, whether or not a style would drop them; suffixes stand after it."""
    for author in tables_of(item.get("author")):
        parts = {
            name: tidy(text_of(author.get(name)))
            for name in ("dropping-particle", "non-dropping-particle", "family", "given", "suffix", "literal")
        }
        family = " ".join(filter(None, (parts["dropping-particle"], parts["non-dropping-particle"], parts["family"])))
        if family:
            yield {
                "family": f"{family} {parts['suffix'].rstrip('.')}".strip(),
                "given": parts["given"],
                "orcid": parse_orcid(text_of(author.get("ORCID"))),
            }
        elif parts["given"]:
            person = spoken(parts["given"])
            yield {"family": person.family, "given": person.given, "collective": person.collective}
        else:
            yield {"collective": parts["literal"]}


def _keywords(item: dict[str, Any]) -> list[str]:
    words = item.get("keyword") or item.get("keywords")
    if isinstance(words, list):
        return texts_of(words)
    text = text_of(words)
    return [word.strip() for word in text.split(";" if ";" in text else ",")]


def _publication_types(item: dict[str, Any]) -> Iterator[str]:
    if name := PUBLICATION_TYPES.get(text_of(item.get("type"))):
        yield name
    if tidy(text_of(item.get("genre"))).lower() == "preprint":
        yield "Preprint"
