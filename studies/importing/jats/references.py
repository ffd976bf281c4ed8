"""What an article cites."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from common.text import clean_line
from studies.identifiers import doi_in, parse_doi, parse_pmcid, pmid_in
from studies.importing.jats.names import XLINK_HREF
from studies.importing.prose import line
from studies.importing.record import Reference, web_address, year_or_none

CITATIONS = ("element-citation", "mixed-citation", "nlm-citation", "citation", "product")
DANGLING = re.compile(r"[\s(\[;,]*(?:doi|pmid|pmcid|pubmed)\s*:?\s*[)\].]*$", re.IGNORECASE)


def cited(article: etree._Element) -> tuple[list[Reference], list[str]]:
    """The reference lists in order, and what was lost of them. One ``ref`` may hold several references."""
    found: list[Reference] = []
    losses: list[str] = []
    elements = [element for element in article.iter("ref") if element.getparent().tag != "note"]  # type: ignore[union-attr]
    for element in elements:
        references = [reference for reference in _references_of(element) if reference]
        if not references:
            losses.append("an entry of the reference list is empty")
        found += references
    stated = article.find("front/article-meta/counts/ref-count")
    if stated is not None and stated.get("count", "").isdigit() and int(stated.get("count", "0")) > len(elements):
        losses.append("the article counts more references than its list holds")
    return found, losses


def _references_of(ref: etree._Element) -> Iterator[Reference]:
    citations = [
        child for child in ref.iter(*CITATIONS) if not any(above.tag in CITATIONS for above in child.iterancestors())
    ]
    chosen: list[etree._Element] = []
    for citation in citations:
        parent = citation.getparent()
        # Alternatives are the same reference in two markups; the first is enough.
        if parent is not None and parent.tag == "citation-alternatives" and chosen and chosen[-1].getparent() is parent:
            continue
        chosen.append(citation)
    for citation in chosen:
        yield _reference(citation)
    if not chosen:
        yield _with_ids(line(ref, lambda element: element.tag == "label"), None, {})


def _reference(citation: etree._Element) -> Reference:
    ids: dict[str, str] = {}
    for element in citation.iter("pub-id", "article-id"):
        ids.setdefault(element.get("pub-id-type", ""), line(element))
    for element in citation.iter("ext-link", "uri"):
        if doi := parse_doi(element.get(XLINK_HREF) if element.get("ext-link-type") != "doi" else line(element)):
            ids.setdefault("doi", doi)
    year = year_or_none(line(citation.find(".//year")))
    text = _as_printed(citation) if _has_punctuation(citation) else _composed(citation)
    return _with_ids(text, year, ids)


def _with_ids(text: str, year: int | None, ids: dict[str, str]) -> Reference:
    pmcid = ids.get("pmcid", "") or ids.get("pmc", "")
    return Reference(
        text=text,
        year=year,
        doi=ids.get("doi", "") or doi_in(text),
        pmid=ids.get("pmid", "") or pmid_in(text),
        pmcid=f"PMC{pmcid}" if pmcid.isdigit() else parse_pmcid(pmcid) or pmcid,
    )


def _has_punctuation(citation: etree._Element) -> bool:
    """Whether the publisher left the printed punctuation in (mixed citations), or only tagged parts."""
    between = [citation.text or "", *(child.tail or "" for child in citation)]
    return any(character.isalnum() or character in ".,;:()" for text in between for character in text)


def _as_printed(citation: etree._Element) -> str:
    text = line(_names_spaced(citation), lambda element: element.tag in ("pub-id", "article-id"))
    return DANGLING.sub("", text).strip()


def _names_spaced(citation: etree._Element) -> etree._Element:
    """Tagged names often have nothing between surname and initials."""
    for name in citation.iter("name", "string-name"):
        for part in name:
            if part.getnext() is not None and not (part.tail or "").strip():
                part.tail = " "
    return citation


def _composed(citation: etree._Element) -> str:
    """A reference line from tagged parts: authors. Title. Source. Year;volume(issue):pages."""
    people = [_short_name(element) for element in citation.iter("name", "string-name", "collab")]
    if citation.find(".//etal") is not None:
        people.append("et al")
    title = next(
        (
            text
            for name in ("article-title", "chapter-title", "data-title", "trans-title")
            if (text := line(citation.find(f".//{name}")))
        ),
        "",
    )
    sentences = [
        ", ".join(filter(None, people)),
        title,
        line(citation.find(".//source")),
        _imprint(citation),
        _where(citation),
    ]
    sentences += [line(element) for element in citation.iter("comment", "annotation")]
    for link in citation.iter("ext-link", "uri"):
        if not any(above.tag in ("comment", "annotation") for above in link.iterancestors()):
            sentences.append(line(link) or web_address(link.get(XLINK_HREF)))
    # What is left of one or two letters is a "p." or "In" that the tagging cut off from its number or title.
    known = [sentence.strip().rstrip(".") for sentence in sentences if len(sentence.strip(" .")) > 2]
    text = clean_line(". ".join(known))
    return f"{text}." if text and not text.endswith((".", "?", "!")) else text or line(citation)


def _short_name(element: etree._Element) -> str:
    if element.tag == "collab" or element.find("surname") is None:
        return line(element)
    parts = [line(element.find(name)) for name in ("prefix", "surname", "given-names", "suffix")]
    return " ".join(filter(None, parts))


def _imprint(citation: etree._Element) -> str:
    publisher = ": ".join(
        filter(None, (line(citation.find(".//publisher-loc")), line(citation.find(".//publisher-name"))))
    )
    edition = line(citation.find(".//edition"))
    return ". ".join(filter(None, (f"{edition} ed" if edition.rstrip("stndrh").isdigit() else edition, publisher)))


def _where(citation: etree._Element) -> str:
    year, volume, issue = (line(citation.find(f".//{name}")) for name in ("year", "volume", "issue"))
    first, last = line(citation.find(".//fpage")), line(citation.find(".//lpage"))
    pages = f"{first}-{last}" if first and last and last != first else first
    pages = pages or line(citation.find(".//page-range")) or line(citation.find(".//elocation-id"))
    number = f"{volume}({issue})" if volume and issue else volume or (f"({issue})" if issue else "")
    text = ";".join(filter(None, (year, number)))
    return f"{text}:{pages}" if text and pages else text or pages
