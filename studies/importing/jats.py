"""JATS, the journal article tag suite (NLM 2.x and 3.0, JATS 1.0 to 1.3), as PubMed Central and publishers give it.

Only ``front`` and the reference lists are read; full text, and what hangs below an article (responses, translations,
decision letters), is passed over while it streams by. Subject groups are a publisher's shelves and become no tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from common.text import clean_line
from studies.dates import PartialDate
from studies.identifiers import (
    doi_in,
    parse_doi,
    parse_orcid,
    parse_pmcid,
    parse_pmid,
    pmid_in,
    registrations_in,
)
from studies.importing import licences
from studies.importing.dates import first_appeared, partial_date
from studies.importing.guarded import Stream, records
from studies.importing.prose import line, local_name, paragraph
from studies.importing.record import (
    Heading,
    JournalFacts,
    Person,
    Reference,
    Refusal,
    Relation,
    StudyRecord,
    web_address,
    year_or_none,
)

WANTED = frozenset({"article"})
DROPPED = frozenset({"body", "floats-group", "floats-wrap", "sub-article", "response", "app-group", "bio"})
XLINK = "{http://www.w3.org/1999/xlink}"
XLINK_HREF = f"{XLINK}href"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

# A publication date is one of these; "received", "accepted" and the day PMC released it are not when it appeared.
APPEARED = frozenset({"epub", "ppub", "epub-ppub", "collection", "pub", ""})
# Summaries beside the abstract that are not the authors' abstract.
NOT_THE_ABSTRACT = frozenset(
    {"graphical", "teaser", "toc", "editor", "editors-summary", "author-highlights", "highlights", "key-points",
     "web-summary", "short", "precis", "longsummary", "executive-summary", "plain-language-summary", "video"}
)  # fmt: skip
CITATIONS = ("element-citation", "mixed-citation", "nlm-citation", "citation", "product")
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
GROUP_OPENING = re.compile(r"^(?:(?:and|with)\s+)?(?:(?:on|in)\s+behalf\s+of|for)\s+(?:the\s+)?", re.IGNORECASE)
DANGLING = re.compile(r"[\s(\[;,]*(?:doi|pmid|pmcid|pubmed)\s*:?\s*[)\].]*$", re.IGNORECASE)


def read_jats(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The articles of a JATS file (one) or of a ``pmc-articleset`` (many), in order. Never raises for what it reads."""
    yield from records(stream, place, wanted=WANTED, dropped=DROPPED, make=_record)


def _record(article: etree._Element, place: str) -> StudyRecord:
    _without_namespace(article)
    meta = article.find("front/article-meta")
    if meta is None:
        meta = etree.Element("article-meta")
    ids = _article_ids(meta)
    licence, licence_url = _licence(meta)
    abstract, registrations = _abstract(meta)
    found, losses = _references(article)
    state, notice, noticed = _continued_by(meta)
    registrations = [*_marked_registrations(article), *registrations]
    return StudyRecord(
        title=_title(meta),
        journal=_journal(article),
        published=_published(meta),
        authors=tuple(_authors(meta)),
        doi=ids.get("doi", ""),
        pmid=ids.get("pmid", ""),
        pmcid=ids.get("pmc", "") or ids.get("pmcid", ""),
        volume=line(meta.find("volume")),
        issue=line(meta.find("issue")),
        pages=_pages(meta),
        language=article.get(XML_LANG, "").split("-")[0].lower(),
        abstract=abstract,
        keywords=tuple(_keywords(meta)),
        mesh=tuple(_mesh(meta)),
        article_type=article.get("article-type", ""),
        references=tuple(found),
        licence=licence,
        licence_url=licence_url,
        open_access_url=_self_address(meta) if licence else "",
        registrations=tuple(registrations),
        funding=tuple(_funding(article, meta)),
        conflicts=" ".join(_notes(article, CONFLICT_NOTES)),
        relations=tuple(_relations(meta)),
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


# ── What it is ───────────────────────────────────────────────────────────────────────────────────


def _article_ids(meta: etree._Element) -> dict[str, str]:
    """The first identifier of each kind; PMCIDs with their letters, which older files leave out."""
    ids: dict[str, str] = {}
    for element in meta.findall("article-id"):
        kind, value = element.get("pub-id-type", ""), line(element)
        if kind in ("pmc", "pmcid", "pmcaid") and value.isdigit():
            value = f"PMC{value}"
        ids.setdefault(kind, value)
    return ids


def _title(meta: etree._Element) -> str:
    title = line(meta.find("title-group/article-title"), _is_note)
    subtitle = line(meta.find("title-group/subtitle"), _is_note)
    joined = f"{title.rstrip(':')}: {subtitle}" if title and subtitle else title or subtitle
    return joined.rstrip(" *†‡§¶") if joined.endswith(("*", "†", "‡", "§", "¶")) else joined


def _is_note(element: etree._Element) -> bool:
    return element.tag == "xref" and element.get("ref-type", "fn") != "bibr"


def _journal(article: etree._Element) -> JournalFacts:
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


def _published(meta: etree._Element) -> PartialDate | None:
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


def _pages(meta: etree._Element) -> str:
    first, last = line(meta.find("fpage")), line(meta.find("lpage"))
    if first:
        return f"{first}-{last}" if last and last != first else first
    return line(meta.find("page-range")) or line(meta.find("elocation-id"))


def _authors(meta: etree._Element) -> Iterator[Person]:
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


# ── What it says ─────────────────────────────────────────────────────────────────────────────────


def _abstract(meta: etree._Element) -> tuple[str, list[str]]:
    """The authors' abstract as Markdown, and the registration numbers that a section named for them gives."""
    abstracts = meta.findall("abstract")
    plain = [each for each in abstracts if not each.get("abstract-type")]
    typed = [each for each in abstracts if each.get("abstract-type", "").lower() not in NOT_THE_ABSTRACT]
    chosen = next(iter(plain or typed), None)
    if chosen is None:
        return "", []
    paragraphs: list[str] = []
    registrations: list[str] = []
    for label, text in _sections(chosen, ""):
        paragraphs.append(paragraph(text, label))
        if "registr" in label.lower():
            registrations += registrations_in(text)
    return "\n\n".join(filter(None, paragraphs)), registrations


def _sections(parent: etree._Element, label: str) -> Iterator[tuple[str, str]]:
    """(label, text) of each paragraph under ``parent``; the label is given to a section's first paragraph only."""
    for child in parent:
        name = local_name(child)
        if name == "sec":
            inner = line(child.find("title")) or label
            yield from _sections(child, inner)
        elif name == "list":
            for item in child.iterchildren("list-item"):
                yield label, f"• {line(item, lambda element: element.tag == 'label')}"
                label = ""
        elif name in ("p", "disp-quote", "speech", "def-list", "statement"):
            text = line(child)
            if text:
                yield label, text
                label = ""


def _keywords(meta: etree._Element) -> Iterator[str]:
    for group in meta.findall("kwd-group"):
        if "abbr" in group.get("kwd-group-type", "").lower() or group.get("kwd-group-type", "").upper() == "MESH":
            continue
        for element in (
            *group.findall("kwd"),
            *group.findall("compound-kwd/compound-kwd-part"),
            *group.findall("nested-kwd/kwd"),
        ):
            for word in line(element).split(";"):
                yield word.strip(" .,")


def _mesh(meta: etree._Element) -> Iterator[Heading]:
    for group in meta.findall("kwd-group"):
        if group.get("kwd-group-type", "").upper() == "MESH":
            for element in group.findall("kwd"):
                yield Heading(line(element).split("/")[0])


def _marked_registrations(article: etree._Element) -> Iterator[str]:
    """The numbers of a trial's registrations, where the markup says that they are."""
    for element in article.iterfind("front//*"):
        marked = (element.get("ext-link-type"), element.get("content-type"), element.get("document-id-type"))
        if {"clinical-trial", "clinical-trial-number", "trial"} & set(marked):
            for text in (line(element), element.get("document-id", ""), element.get(XLINK_HREF, "")):
                if numbers := registrations_in(text):
                    yield from numbers
                    break


# ── What may be done with it ─────────────────────────────────────────────────────────────────────


def _licence(meta: etree._Element) -> tuple[str, str]:
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


def _self_address(meta: etree._Element) -> str:
    """Where the publisher says the article itself is, if that is a web address."""
    for element in meta.findall("self-uri"):
        if element.get("content-type", "") != "pdf" and (
            address := web_address(element.get(XLINK_HREF, "") or line(element))
        ):
            return address
    return ""


def _continued_by(meta: etree._Element) -> tuple[str, str, str]:
    """What later notices did to the article: (state, DOI or PMID of the notice, its date where the link says)."""
    states = {"corrected": 1, "concern": 2, "retracted": 3}
    found = ("", "", "")
    for element in meta.findall("related-article"):
        state = CONTINUED_BY.get(element.get("related-article-type", ""), "")
        if state and states[state] > states.get(found[0], 0):
            link = element.get(XLINK_HREF, "") or line(element)
            found = (state, parse_doi(link) or parse_pmid(link), line(element.find("date/year")))
    return found


def _relations(meta: etree._Element) -> Iterator[Relation]:
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


# ── Who paid, and whose interest is in it ────────────────────────────────────────────────────────

CONFLICT_NOTES = frozenset({"coi-statement", "conflict"})
FUNDING_NOTES = frozenset({"supported-by"})
NOTE_OPENING = re.compile(
    r"^(?:declarations? of |statements? (?:of|on) |potential )?(?:conflicts? of interests?"
    r"|competing (?:financial )?interests?"
    r"|conflicting interests?|interests?|disclosures?|funding(?:\s*/\s*support)?)(?: statement| disclosure)?\s*[:.]\s*",
    re.IGNORECASE,
)


def _notes(article: etree._Element, kinds: frozenset[str]) -> Iterator[str]:
    """The text of the footnotes of these types, without the heading that many open with."""
    for note in article.iterfind(".//fn"):
        if note.get("fn-type", "").lower() in kinds:
            text = " ".join(filter(None, (line(part) for part in note.iterchildren("p"))))
            yield NOTE_OPENING.sub("", text) or text


def _funding(article: etree._Element, meta: etree._Element) -> Iterator[str]:
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


# ── What it cites ────────────────────────────────────────────────────────────────────────────────


def _references(article: etree._Element) -> tuple[list[Reference], list[str]]:
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
