"""What an article is: its identifiers, title, journal, date, pages and authors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from studies.dates import PartialDate
from studies.identifiers import parse_orcid
from studies.importing.dates import first_appeared, partial_date
from studies.importing.prose import line
from studies.importing.record import JournalFacts, Person

# A publication date is one of these; "received", "accepted" and the day PMC released it are not when it appeared.
APPEARED = frozenset({"epub", "ppub", "epub-ppub", "collection", "pub", ""})
GROUP_OPENING = re.compile(r"^(?:(?:and|with)\s+)?(?:(?:on|in)\s+behalf\s+of|for)\s+(?:the\s+)?", re.IGNORECASE)


def article_ids(meta: etree._Element) -> dict[str, str]:
    """The first identifier of each kind; PMCIDs with their letters, which older files leave out."""
    ids: dict[str, str] = {}
    for element in meta.findall("article-id"):
        kind, value = element.get("pub-id-type", ""), line(element)
        if kind in ("pmc", "pmcid", "pmcaid") and value.isdigit():
            value = f"PMC{value}"
        ids.setdefault(kind, value)
    return ids


def title(meta: etree._Element) -> str:
    title = line(meta.find("title-group/article-title"), _is_note)
    subtitle = line(meta.find("title-group/subtitle"), _is_note)
    joined = f"{title.rstrip(':')}: {subtitle}" if title and subtitle else title or subtitle
    return joined.rstrip(" *†‡§¶") if joined.endswith(("*", "†", "‡", "§", "¶")) else joined


def _is_note(element: etree._Element) -> bool:
    return element.tag == "xref" and element.get("ref-type", "fn") != "bibr"


def journal(article: etree._Element) -> JournalFacts:
    meta = article.find("front/journal-meta")
    if meta is None:
        return JournalFacts()
    ids = {element.get("journal-id-type", ""): line(element) for element in meta.findall("journal-id")}
    title = meta.find("journal-title-group/journal-title")
    return JournalFacts(
        title=line(meta.find("journal-title") if title is None else title) or ids.get("nlm-ta", ""),
        abbreviation=ids.get("iso-abbrev", "") or ids.get("nlm-ta", ""),
        issns=tuple(line(issn) for issn in (*meta.findall("issn"), *meta.findall("issn-l"))),
        nlm_id=ids.get("nlm-journal-id", "") or ids.get("nlm-id", ""),
    )


def published(meta: etree._Element) -> PartialDate | None:
    """The earliest of the electronic, printed and collection dates; where there is none, the day PMC released it."""
    appeared: list[PartialDate | None] = []
    released: list[PartialDate | None] = []
    for element in meta.findall("pub-date"):
        kind = element.get("pub-type") or element.get("date-type") or ""
        year, month, day = (line(element.find(name)) for name in ("year", "month", "day"))
        date = partial_date(year, month or line(element.find("season")), day)
        if date is None:
            written = element.get("iso-8601-date", "") or line(element.find("string-date"))
            date = partial_date(*written.split("-")[:3])
        (appeared if kind in APPEARED else released).append(date)
    return first_appeared(appeared) or first_appeared(released)


def pages(meta: etree._Element) -> str:
    first, last = line(meta.find("fpage")), line(meta.find("lpage"))
    if first:
        return f"{first}-{last}" if last and last != first else first
    return line(meta.find("page-range")) or line(meta.find("elocation-id"))


def authors(meta: etree._Element) -> Iterator[Person]:
    """Authors in order, groups among them; editors, reviewers and translators are none."""
    for group in meta.findall("contrib-group"):
        if group.get("content-type", "author").rstrip("s") not in ("author", "authors"):
            continue
        for contrib in group.findall("contrib"):
            if contrib.get("contrib-type", "author") == "author":
                yield from _people(contrib)


def _people(contrib: etree._Element) -> Iterator[Person]:
    orcid = next((value for element in contrib.findall("contrib-id") if (value := parse_orcid(line(element)))), "")
    orcid = orcid or next((value for element in contrib.findall("uri") if (value := parse_orcid(line(element)))), "")
    name = contrib.find("name")
    if name is None:
        name = contrib.find("name-alternatives/name")
    if name is None:
        name = contrib.find("string-name")
    if name is not None:
        yield _person(name, orcid)
        return
    for collab in contrib.iterchildren("collab", "collab-name"):
        # The members of a group may be listed inside its name.
        group = line(collab, lambda element: element.tag in ("contrib-group", "xref", "aff", "email", "address"))
        yield Person(collective=GROUP_OPENING.sub("", group) or group)


def _person(name: etree._Element, orcid: str) -> Person:
    family, given = line(name.find("surname")), line(name.find("given-names"))
    suffix = line(name.find("suffix"))
    if not family and not given:
        return Person(family=line(name), orcid=orcid)
    return Person(family=f"{family} {suffix}".strip(), given=given, orcid=orcid)
