"""What PubMed, Crossref and OpenAlex know of works, as records. Each is asked as it wants to be, at its own pace.

Every function gives ``StudyRecord`` and ``Refusal`` and takes a ``Client`` to ask through (its own where none is
given). They raise ``common.fetching.NotFetched`` where a source gave no answer that can be used, ``Unreachable`` among
it where another time it may; what a source does not know is left out.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from typing import Any
from urllib.parse import quote

from django.conf import settings

from common.fetching import JSON_LIMIT, XML_LIMIT, Client, NotFetched
from studies.identifiers import parse_doi, parse_pmcid, parse_pmid
from studies.importing import crossref, openalex
from studies.importing.guarded import Unreadable, prolog
from studies.importing.json_values import table_of, tables_of, texts_of
from studies.importing.pubmed import read_pubmed
from studies.importing.record import NotAStudy, Refusal, StudyRecord

NCBI, CROSSREF, OPENALEX = "eutils.ncbi.nlm.nih.gov", "api.crossref.org", "api.openalex.org"
EUTILS = "/entrez/eutils/"
PUBMED_BATCH, OPENALEX_BATCH = 200, 50  # works in one question
LIST_LIMIT = 5 * JSON_LIMIT  # bytes of fifty works of OpenAlex
Item = StudyRecord | Refusal


# ── PubMed ───────────────────────────────────────────────────────────────────────────────────────


def fetch_pubmed(pmids: Iterable[str], *, client: Client | None = None) -> Iterator[Item]:
    """The records of PMIDs by efetch, 200 in one question."""
    with _through(client) as asked:
        for batch in _batches(_each_once(map(parse_pmid, pmids)), PUBMED_BATCH):
            fields = {"db": "pubmed", "retmode": "xml", "id": ",".join(batch), **_who_asks()}
            yield from _articles(asked.post(NCBI, f"{EUTILS}efetch.fcgi", fields, XML_LIMIT).body)


def _articles(body: bytes) -> Iterator[Item]:
    try:
        root = prolog(body[:65_536]).root
    except Unreadable as error:
        raise NotFetched("PubMed", "PubMed answered with something that is no list of articles.") from error
    if root != "PubmedArticleSet":
        raise NotFetched("PubMed", "PubMed answered with something that is no list of articles.")
    if b"<PubmedArticle>" in body or b"<PubmedBookArticle>" in body:
        yield from read_pubmed(io.BytesIO(body), "PubMed")


def find_pmids(dois: Sequence[str] = (), pmcids: Sequence[str] = (), *, client: Client | None = None) -> list[str]:
    """The PMIDs of works that PubMed knows by these DOIs and PMCIDs. Which is whose, their records tell."""
    found: list[str] = []
    with _through(client) as asked:
        for batch in _batches(_each_once(map(parse_doi, dois)), OPENALEX_BATCH):
            term = " OR ".join(f'"{doi}"[doi]' for doi in batch)
            fields = {"db": "pubmed", "retmode": "json", "retmax": str(len(batch) * 2), "term": term, **_who_asks()}
            answer = table_of(asked.post(NCBI, f"{EUTILS}esearch.fcgi", fields).json())
            found += texts_of(table_of(answer.get("esearchresult")).get("idlist") or [])
        for batch in _batches(_each_once(map(parse_pmcid, pmcids)), OPENALEX_BATCH):
            numbers = ",".join(pmcid.removeprefix("PMC") for pmcid in batch)
            fields = {"dbfrom": "pmc", "db": "pubmed", "linkname": "pmc_pubmed", "retmode": "json", "id": numbers}
            answer = table_of(asked.post(NCBI, f"{EUTILS}elink.fcgi", {**fields, **_who_asks()}).json())
            for linkset in tables_of(answer.get("linksets")):
                for links in tables_of(linkset.get("linksetdbs")):
                    found += texts_of(links.get("links") or [])
    return _each_once(map(parse_pmid, found))


def _who_asks() -> dict[str, str]:
    fields = {"tool": "studyhall"}
    if settings.CONTACT_EMAIL:
        fields["email"] = settings.CONTACT_EMAIL
    if settings.NCBI_API_KEY:
        fields["api_key"] = settings.NCBI_API_KEY
    return fields


# ── Crossref ─────────────────────────────────────────────────────────────────────────────────────


def fetch_crossref(dois: Iterable[str], *, client: Client | None = None) -> Iterator[Item]:
    """The records of DOIs, one question each: a DOI that moved leads to the work it names now."""
    fields = {"mailto": settings.CONTACT_EMAIL} if settings.CONTACT_EMAIL else None
    with _through(client) as asked:
        for doi in _each_once(map(parse_doi, dois)):
            answer = asked.get(CROSSREF, f"/works/{quote(doi, safe='')}", fields)
            if answer.found:
                message = _message(answer.json(), "message", "Crossref")
                yield _made(crossref.record_of, message, f"Crossref, {doi}")


# ── OpenAlex ─────────────────────────────────────────────────────────────────────────────────────


def fetch_openalex(
    dois: Iterable[str] = (), pmids: Iterable[str] = (), *, client: Client | None = None
) -> Iterator[Item]:
    """The records of DOIs and PMIDs, fifty in one question.

    A comma ends a filter of theirs and a bar divides its values: DOIs that hold one are asked for one at a time.
    """
    fields = {name: value for name, value in (("mailto", settings.CONTACT_EMAIL),
                                              ("api_key", settings.OPENALEX_API_KEY)) if value}  # fmt: skip
    wanted = _each_once(map(parse_doi, dois))
    plain = [doi for doi in wanted if not set(",|!") & set(doi)]
    with _through(client) as asked:
        for name, values in (("doi", plain), ("pmid", _each_once(map(parse_pmid, pmids)))):
            for batch in _batches(values, OPENALEX_BATCH):
                question = {"filter": f"{name}:{'|'.join(batch)}", "per-page": str(OPENALEX_BATCH), **fields}
                answer = asked.get(OPENALEX, "/works", question, LIST_LIMIT)
                for work in tables_of(_message(answer.json(), "results", "OpenAlex", list) if answer.found else []):
                    yield _made(openalex.record_of, work, f"OpenAlex, {work.get('id') or 'a work'}")
        for doi in wanted:
            if doi not in plain:
                answer = asked.get(OPENALEX, f"/works/doi:{quote(doi, safe='')}", fields)
                if answer.found:
                    yield _made(openalex.record_of, table_of(answer.json()), f"OpenAlex, {doi}")


# ── What they share ──────────────────────────────────────────────────────────────────────────────


def _made(record_of: Callable[[dict[str, Any], str], StudyRecord], facts: dict[str, Any], place: str) -> Item:
    try:
        return record_of(facts, place)
    except NotAStudy as error:
        return Refusal(place, str(error))


def _message(answer: Any, name: str, title: str, kind: type = dict) -> Any:
    value = table_of(answer).get(name)
    if not isinstance(value, kind):
        raise NotFetched(title, f"{title} answered in another shape than it documents.")
    return value


def _through(client: Client | None) -> Any:
    return nullcontext(client) if client else Client()


def _each_once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))


def _batches(values: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
