"""What may be done with an article, who paid for it, and whose interest is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from studies.importing import licences
from studies.importing.jats.names import XLINK_HREF
from studies.importing.prose import line
from studies.importing.record import web_address

CONFLICT_NOTES = frozenset({"coi-statement", "conflict"})
FUNDING_NOTES = frozenset({"supported-by"})
NOTE_OPENING = re.compile(
    r"^(?:declarations? of |statements? (?:of|on) |potential )?(?:conflicts? of interests?"
    r"|competing (?:financial )?interests?"
    r"|conflicting interests?|interests?|disclosures?|funding(?:\s*/\s*support)?)(?: statement| disclosure)?\s*[:.]\s*",
    re.IGNORECASE,
)


def licence(meta: etree._Element) -> tuple[str, str]:
    """The Creative Commons licence of the article, in words ("CC BY 4.0") and as its address; ("", "") for others.

    Asked in the order of their authority: the licence's own link, the first licence link in its text, a licence
    address written out in its text, its name. A second link is often the waiver for the data, not for the article.
    """
    for licence in meta.iterfind("permissions/license"):
        links = [licence.get(XLINK_HREF, "")]
        links += [element.get(XLINK_HREF, "") for element in licence.iter("ext-link", "uri", "license_ref")]
        links += [line(element) for element in licence.iter("license_ref", "uri")]
        text = " ".join("".join(licence.itertext()).split())
        for link in (*links, text):
            words, address = licences.from_address(link)
            if words:
                return words, address
        if named := licences.from_name(text):
            return named, ""
    return "", ""


def self_address(meta: etree._Element) -> str:
    """Where the publisher says the article itself is, if that is a web address."""
    for element in meta.findall("self-uri"):
        if element.get("content-type", "") != "pdf" and (
            address := web_address(element.get(XLINK_HREF, "") or line(element))
        ):
            return address
    return ""


def conflicts(article: etree._Element) -> str:
    return " ".join(_notes(article, CONFLICT_NOTES))


def _notes(article: etree._Element, kinds: frozenset[str]) -> Iterator[str]:
    """The text of the footnotes of these types, without the heading that many open with."""
    for note in article.iterfind(".//fn"):
        if note.get("fn-type", "").lower() in kinds:
            text = " ".join(filter(None, (line(part) for part in note.iterchildren("p"))))
            yield NOTE_OPENING.sub("", text) or text


def funding(article: etree._Element, meta: etree._Element) -> Iterator[str]:
    """A line for each award, with its numbers; where none is tagged, the statement as written."""
    awards = meta.findall("funding-group/award-group")
    for award in awards:
        numbers = [line(element) for element in award.findall("award-id")]
        sources = [line(element, _is_identifier) for element in award.findall("funding-source")]
        yield ", ".join(filter(None, (*numbers, *sources)))
    if not awards:
        statements = [line(element) for element in meta.findall("funding-group/funding-statement")]
        yield from statements or _notes(article, FUNDING_NOTES)


def _is_identifier(element: etree._Element) -> bool:
    return element.tag == "institution-id" or element.get("content-type", "").endswith("-id")
