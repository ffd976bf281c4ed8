"""What the head of a study page tells machines: Highwire tags, JSON-LD, links; and COinS in lists.

Reference managers read these by rules of their own, which are noted where they decide how a thing is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe

from common.addresses import absolute
from studies.exporting.formats import FORMATS
from studies.exporting.names import Name, name_of
from studies.exporting.ris import pages
from studies.models import Author, Authorship, Citation, Study
from studies.models.study import Retraction

JSON_LD = "application/ld+json"
COINS_AUTHORS = 30  # with more, COinS names none: Zotero then looks the work up by its DOI instead of taking a part
# MEDLINE's codes as the web's (ISO 639-2/B to 639-1), for the languages that journals are written in.
LANGUAGES = dict(
    pair.split(":")
    for pair in "eng:en ger:de fre:fr spa:es ita:it por:pt rus:ru jpn:ja chi:zh pol:pl dut:nl swe:sv dan:da nor:no "
    "fin:fi cze:cs hun:hu tur:tr kor:ko ara:ar per:fa heb:he gre:el ukr:uk bul:bg rum:ro scr:hr srp:sr slv:sl "
    "slo:sk".split()
)


def language(study: Study) -> str:
    return LANGUAGES.get(study.language.lower(), study.language)


def link_name(author: Author, *, alone: bool = False) -> str:
    """A name as "Family, Given", the way Highwire tags and COinS are read.

    A name without a comma is split at its last space, so a group's ends in one. A comma would split a group's name, so
    it becomes a dash. In a tag that stands ``alone``, "van der Berg, Anna Maria" is taken for two people, unless a
    semicolon says that the list of names is over.
    """
    name: Name = name_of(author)
    if name.literal or not name.given:
        return f"{(name.literal or name.whole_family).replace(', ', ' – ').replace(',', ' ').replace(';', ' ')},"
    family = " ".join(filter(None, (name.whole_family, name.suffix))).replace(",", " ").replace(";", " ")
    given = name.given.replace(",", " ").replace(";", " ")
    return f"{family}, {given}" + (";" if alone and " " in family and " " in given else "")


def highwire(study: Study, authorships: Sequence[Authorship], keywords: Iterable[str]) -> list[tuple[str, str]]:
    """The ``citation_*`` tags, in order; each but ``citation_author`` once, for readers join what is repeated."""
    journal = study.journal
    first, last = pages(study.pages)
    tags: list[tuple[str, Any]] = [
        ("title", study.title),
        *(("author", link_name(each.author, alone=len(authorships) == 1)) for each in authorships),
        ("publication_date", study.published and "/".join(f"{part:02d}" for part in study.published.parts)),
        ("journal_title", journal and journal.title),
        ("journal_abbrev", journal and journal.abbreviation),
        ("issn", journal.issns[0] if journal and journal.issns else ""),
        ("volume", study.volume),
        ("issue", study.issue),
        ("firstpage", first),
        ("lastpage", last),
        ("doi", study.doi),
        ("pmid", study.pmid),
        ("keywords", "; ".join(keywords)),
        ("language", language(study)),
        ("abstract_html_url", absolute(study.get_absolute_url())),
        ("pdf_url", study.open_access_url if study.open_access_url.lower().endswith(".pdf") else ""),
    ]
    return [(f"citation_{name}", value) for name, value in tags if value]


def json_ld(
    study: Study,
    authorships: Iterable[Authorship],
    keywords: Iterable[str],
    citations: Iterable[Citation],
    description: str = "",
) -> dict[str, Any]:
    """The study as schema.org knows it. ``citations`` (with what they cite at hand) as many as are to be told."""
    address = absolute(study.get_absolute_url())
    medical = bool(study.pmid or study.pmcid or study.publication_types)
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "MedicalScholarlyArticle" if medical else "ScholarlyArticle",
        "@id": address,
        "url": address,
        "headline": study.title[:110],
        "name": study.title,
        "description": description,
        "author": [_person(each.author) for each in authorships],
        "datePublished": study.published.iso if study.published else "",
        "inLanguage": language(study),
        "keywords": list(keywords),
        "identifier": _identifiers(study.doi, study.pmid, study.pmcid),
        "sameAs": _addresses(study.doi, study.pmid, study.pmcid),
        "isPartOf": _issue(study),
        "pagination": study.pages,
        "publicationType": study.publication_types if medical else [],
        "license": study.licence,
        "image": absolute(f"/studies/{study.pk}/card.png"),
        "isAccessibleForFree": True if study.open_access_url else None,
        "citation": [_citation(each) for each in citations],
    }
    if study.retraction:
        facts["creativeWorkStatus"] = Retraction(study.retraction).label
        facts["correction"] = _notice(study)
    return {name: value for name, value in facts.items() if value}


def _person(author: Author) -> dict[str, str]:
    name = name_of(author)
    if name.literal:
        return {"@type": "Organization", "name": name.literal}
    facts = {
        "@type": "Person",
        "name": author.name,
        "familyName": name.whole_family,
        "givenName": name.given,
        "honorificSuffix": name.suffix,
        "sameAs": f"https://orcid.org/{author.orcid}" if author.orcid else "",
    }
    return {field: value for field, value in facts.items() if value}


def _identifiers(doi: str | None, pmid: str | None, pmcid: str | None) -> list[dict[str, str]]:
    known = (("DOI", doi), ("PMID", pmid), ("PMCID", pmcid))
    return [{"@type": "PropertyValue", "propertyID": kind, "value": value} for kind, value in known if value]


def _addresses(doi: str | None, pmid: str | None, pmcid: str | None) -> list[str]:
    found = [doi_address(doi)] if doi else []
    found += [f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"] if pmid else []
    return found + ([f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/"] if pmcid else [])


def doi_address(doi: str) -> str:
    return f"https://doi.org/{quote(doi, safe='/:;().-_')}"


def _issue(study: Study) -> dict[str, Any] | None:
    """Periodical, volume and issue, each inside the one before, as far as they are known."""
    if not study.journal:
        return None
    whole: dict[str, Any] = {"@type": "Periodical", "name": study.journal.title}
    if study.journal.issns:
        whole["issn"] = list(study.journal.issns)
    if study.volume:
        whole = {"@type": "PublicationVolume", "volumeNumber": study.volume, "isPartOf": whole}
    if study.issue:
        whole = {"@type": "PublicationIssue", "issueNumber": study.issue, "isPartOf": whole}
    return whole


def _citation(citation: Citation) -> dict[str, Any]:
    cited = citation.cited
    facts = {
        "@type": "CreativeWork",
        "name": (cited.title if cited else citation.text)[:300],
        "url": absolute(cited.get_absolute_url()) if cited else "",
        "identifier": _identifiers(citation.doi, citation.pmid, citation.pmcid),
        "sameAs": _addresses(citation.doi, citation.pmid, citation.pmcid),
    }
    return {name: value for name, value in facts.items() if value}


def _notice(study: Study) -> dict[str, Any]:
    facts = {
        "@type": "CorrectionComment",
        "name": f"{Retraction(study.retraction).label}",
        "datePublished": study.retraction_date,
        "url": doi_address(study.retraction_notice)
        if study.retraction_notice.startswith("10.")
        else study.retraction_notice and f"https://pubmed.ncbi.nlm.nih.gov/{study.retraction_notice}/",
    }
    return {name: value for name, value in facts.items() if value}


def in_a_script(facts: dict[str, Any]) -> SafeString:
    """JSON that may stand in a ``<script>``: nothing in it can end the element or begin a comment."""
    text = json.dumps(facts, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark_safe(text)  # noqa: S308 - the five characters that HTML could see are written as escapes


def coins(study: Study, authorships: Sequence[Authorship]) -> str:
    """An OpenURL context object (Z39.88-2004) for the ``title`` of a COinS span.

    Spaces are %20 and no plus is left: readers disagree on what a plus is.
    """
    journal = study.journal
    first, last = pages(study.pages)
    values: list[tuple[str, Any]] = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:journal"),
        ("rft_id", study.doi and f"info:doi/{study.doi}"),
        ("rft_id", study.pmid and f"info:pmid/{study.pmid}"),
        ("rft_id", absolute(study.get_absolute_url())),
        ("rft.genre", "article"),
        ("rft.atitle", study.title),
        ("rft.jtitle", journal and journal.title),
        ("rft.stitle", journal and journal.abbreviation),
        ("rft.issn", journal.issns[0] if journal and journal.issns else ""),
        ("rft.date", study.published and study.published.iso),
        ("rft.volume", study.volume),
        ("rft.issue", study.issue),
        ("rft.spage", first),
        ("rft.epage", last),
    ]
    if len(authorships) <= COINS_AUTHORS:
        values += [("rft.au", link_name(each.author)) for each in authorships]
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values if value)


def links(study: Study) -> str:
    """The ``Link`` header of the study page (signposting): how to cite it, and what describes it."""
    parts = [f'<{doi_address(study.doi)}>; rel="cite-as"'] if study.doi else []
    described = [(f"{address_without_format(study)}.{each.suffix}", each.media_type) for each in FORMATS.values()]
    parts += [f'<{absolute(path)}>; rel="describedby"; type="{kind}"' for path, kind in described]
    return ", ".join(parts)


def address_without_format(study: Study) -> str:
    """``/studies/12/the-title``, to which a format's suffix is added."""
    return study.get_absolute_url().rstrip("/")


class Head:
    """What ``_study_meta.html`` writes, from what the study page has at hand anyway."""

    def __init__(
        self,
        study: Study,
        authorships: Sequence[Authorship],
        keywords: Sequence[str],
        citations: Iterable[Citation],
        description: str = "",
    ) -> None:
        self.address = absolute(study.get_absolute_url())
        self.doi_address = doi_address(study.doi) if study.doi else ""
        self.card = absolute(f"/studies/{study.pk}/card.png")
        self.highwire = highwire(study, authorships, keywords)
        self.json_ld = in_a_script(json_ld(study, authorships, keywords, citations, description))
        path = absolute(address_without_format(study))
        self.alternates = [(f"{path}.{each.suffix}", each.media_type, each.name) for each in FORMATS.values()]
