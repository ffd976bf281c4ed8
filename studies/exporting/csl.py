"""A study as one CSL-JSON item: the inner form from which every other format is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from common.addresses import absolute
from common.text import plain_text
from studies.exporting.names import name_of
from studies.models import Authorship, Study
from studies.models.study import Retraction

# An abstract is its publisher's text. We give it on only where the record's licence lets anybody do so.
OPEN_LICENCE = re.compile(r"cc[ -]?(?:by|0|zero)\b|creative commons|public domain|creativecommons\.org", re.IGNORECASE)
MARKS = {
    Retraction.RETRACTED: "Retracted",
    Retraction.CONCERN: "Expression of concern",
    Retraction.CORRECTED: "Corrected",
}


def item(study: Study, authorships: Iterable[Authorship], keywords: Iterable[str]) -> dict[str, Any]:
    """What is known of a study, as CSL-JSON values; what is not known is not there.

    Takes the study with its journal and text at hand (``loading``), its authors in order, and its tags. The date is as
    precise as it is known. All strings are one line; only ``abstract`` may have several.
    """
    journal = study.journal
    facts: dict[str, Any] = {
        "id": f"studyhall-{study.pk}",
        "type": "article-journal" if journal else "article",
        "title": study.title,
        "author": [_name(each) for each in authorships],
        "container-title": journal.title if journal else "",
        "container-title-short": journal.abbreviation if journal else "",
        "ISSN": ", ".join(journal.issns) if journal else "",
        "issued": {"date-parts": [list(study.published.parts)]} if study.published else None,
        "volume": study.volume,
        "issue": study.issue,
        "page": study.pages,
        "DOI": study.doi,
        "PMID": study.pmid,
        "PMCID": study.pmcid,
        "URL": absolute(study.get_absolute_url()),
        "keyword": ", ".join(keywords),
        "language": study.language,
        "abstract": abstract(study),
    }
    if study.retraction:
        facts |= {"status": MARKS[Retraction(study.retraction)].lower(), "note": standing(study)}
    return {name: value for name, value in facts.items() if value}


def _name(authorship: Authorship) -> dict[str, str]:
    name = name_of(authorship.author)
    if name.literal:
        return {"literal": name.literal}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: value for part, value in parts.items() if value}


def abstract(study: Study) -> str:
    """The authors' abstract as plain text, where the study's licence lets us give it on; else ""."""
    text = getattr(study, "text", None)
    if text is None or not text.abstract_html or not OPEN_LICENCE.search(study.licence):
        return ""
    return plain_text(text.abstract_html)


def standing(study: Study) -> str:
    """What is wrong with the study, as a sentence: "Retracted 2020-05-01. Notice: 10.1000/notice."; else ""."""
    if not study.retraction:
        return ""
    when = f" {study.retraction_date}" if study.retraction_date else ""
    notice = f" Notice: {study.retraction_notice}." if study.retraction_notice else ""
    return f"{MARKS[Retraction(study.retraction)]}{when}.{notice}"
