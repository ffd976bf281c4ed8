"""PubMed XML: the ``PubmedArticleSet`` that efetch and the yearly baseline give (DTDs of 2001 to 2025).

Chapters of the NCBI bookshelf (``PubmedBookArticle``) are taken too: they are cited like studies, and their book
stands where a journal would. ``DeleteCitation`` lists are passed over: what the library holds, PubMed does not delete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from studies.dates import PartialDate
from studies.identifiers import doi_in, parse_doi, parse_orcid, parse_pmid, parse_registration
from studies.importing.dates import first_appeared, medline_date, partial_date
from studies.importing.guarded import Stream, records
from studies.importing.languages import language_code
from studies.importing.prose import line, paragraph
from studies.importing.record import (
    Heading,
    JournalFacts,
    Person,
    Reference,
    Refusal,
    Relation,
    StudyRecord,
    year_or_none,
)

WANTED = frozenset({"PubmedArticle", "PubmedBookArticle"})

# What later notices do to a work, the weightiest last.
NOTICES = {
    "ErratumIn": "corrected",
    "CorrectedandRepublishedIn": "corrected",
    "ExpressionOfConcernIn": "concern",
    "PartialRetractionIn": "corrected",
    "RetractionIn": "retracted",
    "RetractedandRepublishedIn": "retracted",
}
# How a record names its relations to other works; "Cites" are references, and what is not here is no relation we show.
RELATIONS = {
    "RetractionIn": "retracted_by", "RetractionOf": "retracts",
    "RetractedandRepublishedIn": "replaced_by", "RetractedandRepublishedFrom": "replaces",
    "PartialRetractionIn": "partly_retracted_by", "PartialRetractionOf": "partly_retracts",
    "ExpressionOfConcernIn": "concern_in", "ExpressionOfConcernFor": "concern_about",
    "ErratumIn": "corrected_by", "ErratumFor": "corrects",
    "CorrectedandRepublishedIn": "republished_as", "CorrectedandRepublishedFrom": "republishes",
    "RepublishedIn": "republished_as", "RepublishedFrom": "republishes",
    "UpdateIn": "updated_by", "UpdateOf": "updates",
    "CommentIn": "commented_by", "CommentOn": "comments_on",
}  # fmt: skip
# PubMed calls the published version an update of its preprint; only the server's name tells it from other updates.
PREPRINT_SERVER = re.compile(
    r"\s*(?:medRxiv|bioRxiv|ArXiv|ChemRxiv|PsyArXiv|Res(?:earch)? Sq\w*|SSRN|Preprints|Authorea|OSF)\b", re.IGNORECASE
)
EMPTY_REFERENCE = "an entry of the reference list is empty"
WEIGHT = {"": 0, "corrected": 1, "concern": 2, "retracted": 3}
YEAR_IN_REFERENCE = re.compile(r"(?:^|[\s(.;])((?:1[89]|20)\d\d)(?=[\s;:,.)]|$)")


def read_pubmed(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The records of a PubMed file, in order. Never raises for what it reads."""
    yield from records(stream, place, wanted=WANTED, make=_record)


def _record(element: etree._Element, place: str) -> StudyRecord:
    return _article(element, place) if element.tag == "PubmedArticle" else _chapter(element, place)


def _article(element: etree._Element, place: str) -> StudyRecord:
    citation = element.find("MedlineCitation")
    article = element.find("MedlineCitation/Article")
    if citation is None or article is None:
        article = citation = etree.Element("MedlineCitation")
    # Reference lists have ArticleIdLists of their own, so the record's is asked for by its whole path.
    ids = _ids(element.find("PubmedData/ArticleIdList"))
    state, notice, noticed = _retraction(citation)
    references = list(_references(element, citation))
    return StudyRecord(
        title=_title(article),
        journal=_journal(citation, article),
        published=_published(article),
        authors=tuple(_authors(article.find("AuthorList"))),
        doi=_doi(article) or ids.get("doi", ""),
        pmid=line(citation.find("PMID")) or ids.get("pubmed", ""),
        pmcid=ids.get("pmc", ""),
        volume=line(article.find("Journal/JournalIssue/Volume")),
        issue=line(article.find("Journal/JournalIssue/Issue")),
        pages=_pages(article),
        language=_language(article),
        abstract=_abstract(article.find("Abstract")) or _abstract(citation.find("OtherAbstract")),
        keywords=tuple(line(word) for word in citation.iterfind("KeywordList/Keyword")),
        mesh=tuple(_mesh(citation)),
        publication_types=tuple(line(name) for name in article.iterfind("PublicationTypeList/PublicationType")),
        references=tuple(filter(None, references)),
        registrations=tuple(_registrations(article)),
        funding=tuple(_funding(article)),
        conflicts=line(citation.find("CoiStatement")),
        relations=tuple(_relations(citation)),
        retraction=state,
        retraction_notice=notice,
        retraction_date=noticed,
        revised=_revised(citation),
        place=place,
        losses=tuple(EMPTY_REFERENCE for reference in references if not reference),
    )


def _chapter(element: etree._Element, place: str) -> StudyRecord:
    """A chapter of a book, or a book: the book's title stands where a journal's would."""
    document = element.find("BookDocument")
    if document is None:
        document = etree.Element("BookDocument")
    book = document.find("Book")
    if book is None:
        book = etree.Element("Book")
    chapter, whole = _sentence(document.find("ArticleTitle")), _sentence(book.find("BookTitle"))
    ids = _ids(document.find("ArticleIdList")) | _ids(element.find("PubmedBookData/ArticleIdList"))
    people = document.find("AuthorList")
    authors = tuple(_authors(people)) or tuple(
        person
        for group in book.findall("AuthorList")
        if group.get("Type", "authors") == "authors"
        for person in _authors(group)
    )
    references = [_reference(reference) for reference in element.iterfind(".//ReferenceList//Reference")]
    return StudyRecord(
        title=chapter or whole,
        journal=JournalFacts(title=whole if chapter else ""),
        published=_date(document.find("ContributionDate")) or _date(book.find("PubDate")),
        authors=authors,
        doi=ids.get("doi", ""),
        pmid=line(document.find("PMID")) or ids.get("pubmed", ""),
        pmcid=ids.get("pmc", ""),
        pages=line(document.find("Pagination/MedlinePgn")),
        language=_language(document),
        abstract=_abstract(document.find("Abstract")),
        keywords=tuple(line(word) for word in document.iterfind("KeywordList/Keyword")),
        publication_types=tuple(line(name) for name in document.iterfind("PublicationType")),
        references=tuple(filter(None, references)),
        place=place,
        losses=tuple(EMPTY_REFERENCE for reference in references if not reference),
    )


# ── What it is ───────────────────────────────────────────────────────────────────────────────────


def _ids(container: etree._Element | None) -> dict[str, str]:
    ids: dict[str, str] = {}
    for element in () if container is None else container.findall("ArticleId"):
        ids.setdefault(element.get("IdType", ""), line(element))
    return ids


def _doi(article: etree._Element) -> str:
    for element in article.findall("ELocationID"):
        if element.get("EIdType") == "doi" and element.get("ValidYN", "Y") == "Y" and (doi := parse_doi(line(element))):
            return doi
    return ""


def _title(article: etree._Element) -> str:
    """The title without its full stop and without the brackets that mark a translated one; else the original's."""
    title = _sentence(article.find("ArticleTitle"))
    if title in ("Not Available", "In process citation", ""):
        return _sentence(article.find("VernacularTitle"))
    return title


def _sentence(element: etree._Element | None) -> str:
    text = line(element)
    if text.startswith("[") and text.rstrip(".").endswith("]"):
        text = text.rstrip(".")[1:-1]
    return text[:-1].rstrip() if text.endswith(".") and not text.endswith("..") else text


def _journal(citation: etree._Element, article: etree._Element) -> JournalFacts:
    info = citation.find("MedlineJournalInfo")
    known = etree.Element("MedlineJournalInfo") if info is None else info
    return JournalFacts(
        title=_sentence(article.find("Journal/Title")) or line(known.find("MedlineTA")),
        abbreviation=line(article.find("Journal/ISOAbbreviation")) or line(known.find("MedlineTA")),
        issns=(line(article.find("Journal/ISSN")), line(known.find("ISSNLinking"))),
        nlm_id=line(known.find("NlmUniqueID")),
    )


def _published(article: etree._Element) -> PartialDate | None:
    dates = [_date(article.find("Journal/JournalIssue/PubDate"))]
    dates += [_date(element) for element in article.findall("ArticleDate")]
    return first_appeared(dates)


def _date(element: etree._Element | None) -> PartialDate | None:
    if element is None:
        return None
    if medline := line(element.find("MedlineDate")):
        return medline_date(medline)
    month = line(element.find("Month")) or line(element.find("Season"))
    return partial_date(line(element.find("Year")), month, line(element.find("Day")))


def _authors(people: etree._Element | None) -> Iterator[Person]:
    for author in () if people is None else people.findall("Author"):
        if author.get("ValidYN", "Y") != "Y":
            continue  # a spelling that PubMed itself has put right
        orcid = next(
            (
                value
                for element in author.findall("Identifier")
                if element.get("Source", "").upper() == "ORCID" and (value := parse_orcid(line(element)))
            ),
            "",
        )
        family = f"{line(author.find('LastName'))} {line(author.find('Suffix'))}".strip()
        given = line(author.find("ForeName")) or line(author.find("FirstName")) or line(author.find("Initials"))
        yield Person(family=family, given=given, collective=line(author.find("CollectiveName")), orcid=orcid)


def _pages(article: etree._Element) -> str:
    first, last = line(article.find("Pagination/StartPage")), line(article.find("Pagination/EndPage"))
    if first:
        return f"{first}-{last}" if last and last != first else first
    return line(article.find("Pagination/MedlinePgn")) or next(
        (line(element) for element in article.findall("ELocationID") if element.get("EIdType") == "pii"), ""
    )


def _language(article: etree._Element) -> str:
    return language_code(line(article.find("Language")))


def _revised(citation: etree._Element) -> str:
    date = _date(citation.find("DateRevised"))
    return date.iso if date else ""


# ── What it says ─────────────────────────────────────────────────────────────────────────────────


def _abstract(element: etree._Element | None) -> str:
    if element is None:
        return ""
    paragraphs = []
    for part in element.findall("AbstractText"):
        text, label = line(part), part.get("Label", "")
        if text:
            paragraphs.append(paragraph(text, "" if label.upper() in ("UNLABELLED", "UNASSIGNED") else label))
    return "\n\n".join(paragraphs)


def _mesh(citation: etree._Element) -> Iterator[Heading]:
    """Descriptors; major where the descriptor or any of its qualifiers is."""
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        descriptor = heading.find("DescriptorName")
        if descriptor is not None:
            yield Heading(line(descriptor), any(part.get("MajorTopicYN") == "Y" for part in heading))


def _registrations(article: etree._Element) -> Iterator[str]:
    """The numbers under which it was registered; the accession numbers of genes and structures beside them are none."""
    for number in article.iterfind("DataBankList/DataBank/AccessionNumberList/AccessionNumber"):
        if registration := parse_registration(line(number)):
            yield registration


def _funding(article: etree._Element) -> Iterator[str]:
    """Who paid, each with the number of the grant: "T32 GM007287, NIGMS NIH HHS, United States"."""
    for grant in article.iterfind("GrantList/Grant"):
        yield ", ".join(filter(None, (line(grant.find(name)) for name in ("GrantID", "Agency", "Country"))))


def _relations(citation: etree._Element) -> Iterator[Relation]:
    types = {line(name) for name in citation.iterfind("Article/PublicationTypeList/PublicationType")}
    for element in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind = RELATIONS.get(element.get("RefType", ""), "")
        text = line(element.find("RefSource"))
        if kind == "updated_by" and "Preprint" in types:
            kind = "preprint_of"
        elif kind == "updates" and PREPRINT_SERVER.match(text):
            kind = "has_preprint"
        if kind:
            date = medline_date(text)
            pmid = line(element.find("PMID"))
            yield Relation(kind, doi=doi_in(text), pmid=pmid, text=text, date=date.iso if date else "")


def _retraction(citation: etree._Element) -> tuple[str, str, str]:
    """What later notices did to the work: (state, DOI or PMID of the weightiest notice, its date as far as known)."""
    types = {line(name) for name in citation.iterfind("Article/PublicationTypeList/PublicationType")}
    found = ("retracted", "", "") if "Retracted Publication" in types else ("", "", "")
    for notice in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        state = NOTICES.get(notice.get("RefType", ""), "")
        if WEIGHT[state] > WEIGHT[found[0]] or (state == found[0] != "" and not found[1]):
            source = line(notice.find("RefSource"))
            date = medline_date(source)
            found = (state, parse_pmid(line(notice.find("PMID"))) or doi_in(source), date.iso if date else "")
    return found


# ── What it cites ────────────────────────────────────────────────────────────────────────────────


def _references(element: etree._Element, citation: etree._Element) -> Iterator[Reference]:
    """The reference lists, nested ones too; records made before 2018 keep theirs among comments, as "Cites"."""
    references = element.findall("PubmedData/ReferenceList//Reference")
    if references:
        yield from map(_reference, references)
        return
    for cited in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        if cited.get("RefType") == "Cites":
            text = line(cited.find("RefSource"))
            yield Reference(text=text, year=_year(text), pmid=line(cited.find("PMID")), doi=doi_in(text))


def _reference(element: etree._Element) -> Reference:
    ids = _ids(element.find("ArticleIdList"))
    text = line(element.find("Citation"))
    pmcid = ids.get("pmc", "") or ids.get("pmcid", "")
    return Reference(
        text=text,
        year=_year(text),
        doi=ids.get("doi", "") or doi_in(text),
        pmid=ids.get("pubmed", ""),
        pmcid=f"PMC{pmcid}" if pmcid.isdigit() else pmcid,
    )


def _year(text: str) -> int | None:
    """The year in a printed reference: the last one that stands alone, since titles name years too."""
    years = YEAR_IN_REFERENCE.findall(text)
    return year_or_none(years[-1]) if years else None
