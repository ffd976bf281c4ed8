"""The door: the articles of a file, each as a record."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from studies.importing.guarded import Stream, records
from studies.importing.jats import basics, references, relations, rights, words
from studies.importing.jats.names import XML_LANG
from studies.importing.prose import line, local_name
from studies.importing.record import Refusal, StudyRecord

WANTED = frozenset({"article"})
DROPPED = frozenset({"body", "floats-group", "floats-wrap", "sub-article", "response", "app-group", "bio"})


def read_jats(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The articles of a JATS file (one) or of a ``pmc-articleset`` (many), in order. Never raises for what it reads."""
    yield from records(stream, place, wanted=WANTED, dropped=DROPPED, make=_record)


def _record(article: etree._Element, place: str) -> StudyRecord:
    _without_namespace(article)
    meta = article.find("front/article-meta")
    if meta is None:
        meta = etree.Element("article-meta")
    ids = basics.article_ids(meta)
    licence, licence_url = rights.licence(meta)
    abstract, registrations = words.abstract(meta)
    found, losses = references.cited(article)
    state, notice, noticed = relations.continued_by(meta)
    registrations = [*words.marked_registrations(article), *registrations]
    return StudyRecord(
        title=basics.title(meta),
        journal=basics.journal(article),
        published=basics.published(meta),
        authors=tuple(basics.authors(meta)),
        doi=ids.get("doi", ""),
        pmid=ids.get("pmid", ""),
        pmcid=ids.get("pmc", "") or ids.get("pmcid", ""),
        volume=line(meta.find("volume")),
        issue=line(meta.find("issue")),
        pages=basics.pages(meta),
        language=article.get(XML_LANG, "").split("-")[0].lower(),
        abstract=abstract,
        keywords=tuple(words.keywords(meta)),
        mesh=tuple(words.mesh(meta)),
        article_type=article.get("article-type", ""),
        references=tuple(found),
        licence=licence,
        licence_url=licence_url,
        open_access_url=rights.self_address(meta) if licence else "",
        registrations=tuple(registrations),
        funding=tuple(rights.funding(article, meta)),
        conflicts=rights.conflicts(article),
        relations=tuple(relations.links(meta)),
        retraction=state,
        retraction_notice=notice,
        retraction_date=noticed,
        place=place,
        losses=tuple(losses),
    )


def _without_namespace(article: etree._Element) -> None:
    """Some publishers put JATS into a namespace; what is of another one (formulas, inclusions) stays apart."""
    namespace = str(article.tag)[: -len(local_name(article))]
    if namespace:
        for element in article.iter(f"{namespace}*"):
            element.tag = local_name(element)
