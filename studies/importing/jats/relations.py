"""The other articles that an article leads to, and what later notices did to it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from studies.identifiers import parse_doi, parse_pmcid, parse_pmid
from studies.importing.dates import partial_date
from studies.importing.jats.names import XLINK, XLINK_HREF
from studies.importing.prose import line
from studies.importing.record import Relation

CONTINUED_BY = {
    "retraction-forward": "retracted",
    "partial-retraction-forward": "corrected",
    "expression-of-concern-forward": "concern",
    "concern-forward": "concern",
    "correction-forward": "corrected",
}
# The suite's own list of types, each as the article that carries the link tells it. "Article-reference" says only that
# there is another article.
RELATIONS = {
    "retraction-forward": "retracted_by", "retracted-article": "retracts",
    "partial-retraction-forward": "partly_retracted_by", "partial-retraction": "partly_retracts",
    "expression-of-concern-forward": "concern_in", "concern-forward": "concern_in",
    "expression-of-concern": "concern_about", "object-of-concern": "concern_about",
    "correction-forward": "corrected_by", "corrected-article": "corrects",
    "republished-article": "republishes", "republication-forward": "republished_as",
    "preprint": "has_preprint",
    "update": "updated_by", "updated-article": "updates", "addendum": "updated_by", "addended-article": "updates",
    "commentary": "commented_by", "letter-reply": "commented_by", "commentary-article": "comments_on",
    "companion": "companion", "article-reference": "companion",
}  # fmt: skip


def continued_by(meta: etree._Element) -> tuple[str, str, str]:
    """What later notices did to the article: (state, DOI or PMID of the notice, its date where the link says)."""
    states = {"corrected": 1, "concern": 2, "retracted": 3}
    found = ("", "", "")
    for element in meta.findall("related-article"):
        state = CONTINUED_BY.get(element.get("related-article-type", ""), "")
        if state and states[state] > states.get(found[0], 0):
            link = element.get(XLINK_HREF, "") or line(element)
            found = (state, parse_doi(link) or parse_pmid(link), line(element.find("date/year")))
    return found


def links(meta: etree._Element) -> Iterator[Relation]:
    """The links to other articles, and the preprint that the history of publication names."""
    for element in meta.findall("related-article"):
        kind = RELATIONS.get(element.get("related-article-type", ""), "")
        if kind:
            ids = _linked(element.get(XLINK_HREF, "") or line(element), element.get("ext-link-type", ""))
            words = element.get(f"{XLINK}title", "") if ids else line(element)
            yield Relation(kind, **ids, text=words, date=_stated(element))
    for event in meta.findall("pub-history/event"):
        if event.get("event-type") == "preprint":
            for link in event.iter("self-uri", "article-id"):
                if ids := _linked(link.get(XLINK_HREF, "") or line(link), "doi"):
                    yield Relation("has_preprint", **ids)


def _linked(link: str, kind: str) -> dict[str, str]:
    """The identifier that a link holds, by its kind; {} for none."""
    if doi := parse_doi(link):
        return {"doi": doi}
    if pmcid := parse_pmcid(f"PMC{link}" if kind in ("pmc", "pmcid") and link.isdigit() else link):
        return {"pmcid": pmcid}
    return {"pmid": pmid} if kind in ("pmid", "pubmed", "") and (pmid := parse_pmid(link)) else {}


def _stated(element: etree._Element) -> str:
    date = partial_date(*(line(element.find(f"date/{name}")) for name in ("year", "month", "day")))
    return date.iso if date else ""
