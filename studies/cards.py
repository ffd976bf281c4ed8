"""Study cards: the works that texts name, shown as studies of the library where it has them.

Stored HTML says which works it names (``common.naming``). What a work is shown as is decided each time it is shown, by
one query for all texts of a page: a study that arrives, is merged or retracted changes no stored text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from common.naming import WORK_LINK, keys_in
from common.text import cut_at_word, first_sentences
from studies.mentions import LEADS_TO
from studies.models import Journal, Study, Summary
from studies.models.study import Retraction
from studies.naming import key_of, parts

MOST = 300  # works looked up for one page; what its texts name beyond them stays a link
CHIP_TITLE = 60  # characters of a title inside a sentence
TLDR = 160  # characters of a TL;DR on a card

FOUND = f"""
SELECT w.kind, w.value, s.id, s.title, s.published_year, s.published_month, s.evidence_level, s.evidence_source,
       s.retraction, j.title, j.abbreviation, u.tldr, u.writer_kind, u.reviewed_on
FROM unnest(%s::text[], %s::text[]) w (kind, value)
JOIN studies_study s ON s.id = {LEADS_TO}
LEFT JOIN studies_journal j ON j.id = s.journal_id
LEFT JOIN studies_summary u ON u.study_id = s.id
"""  # noqa: S608 - our own words
PARAGRAPH = re.compile(r"<p>(?P<inner>.*?)</p>", re.DOTALL)
BETWEEN = re.compile(r"<br>|[\s.,;]+")


@dataclass
class Cards:
    """The studies that some texts name, by the key of each work. Empty where the library has none of them."""

    studies: dict[str, Study] = field(default_factory=dict)

    @property
    def retracted(self) -> list[Study]:
        """The retracted studies among them, each once."""
        found = {study.pk: study for study in self.studies.values() if study.retraction == Retraction.RETRACTED}
        return list(found.values())

    def shown(self, rendered: str) -> SafeString:
        """HTML that ``common.markdown.render`` made, with cards in the place of the works that the library has.

        A paragraph of nothing but identifiers becomes cards; inside a sentence an identifier becomes the short title,
        and an author's own words stay and lead to the study.
        """
        if not self.studies or "data-work" not in rendered:
            return mark_safe(rendered)  # noqa: S308 - sanitised by nh3 at save
        dressed = PARAGRAPH.sub(self._paragraph, rendered)
        return mark_safe(WORK_LINK.sub(self._inline, dressed))  # noqa: S308 - and what is put in is escaped

    def _paragraph(self, match: re.Match[str]) -> str:
        links = list(WORK_LINK.finditer(match["inner"]))
        if not links or BETWEEN.sub("", WORK_LINK.sub("", match["inner"])):
            return match[0]
        found = [self.studies.get(html.unescape(link["key"])) for link in links if not link["worded"]]
        if len(found) < len(links) or None in found:
            return match[0]
        return "".join(render_to_string("studies/_card.html", {"study": study}) for study in dict.fromkeys(found))

    def _inline(self, match: re.Match[str]) -> str:
        study = self.studies.get(html.unescape(match["key"]))
        if study is None:
            return match[0]
        mark = render_to_string("studies/_retraction_badge.html", {"study": study}).strip() if study.retraction else ""
        words = mark_safe(match["words"]) if match["worded"] else chip_title(study)  # noqa: S308 - as sanitised
        return format_html(
            '<a class="study-chip" href="{}" title="{}">{}</a>{}',
            study.get_absolute_url(), study.title, words, mark_safe(f" {mark}" if mark else ""),  # noqa: S308
        )  # fmt: skip


def chip_title(study: Study) -> str:
    title = study.title.rstrip(".")
    short = title if len(title) <= CHIP_TITLE else f"{cut_at_word(title, CHIP_TITLE).rstrip(' ,:;')}…"
    return f"{short}, {study.published_year}" if study.published_year else short


def read_cards(texts: Iterable[str], *, most: int = MOST) -> Cards:
    """The studies that these rendered texts name: one query, and none where they name no work."""
    keys = list(dict.fromkeys(key for text in texts for key in keys_in(text)))[:most]
    if not keys:
        return Cards()
    kinds, values = zip(*map(parts, keys), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [list(kinds), list(values)])
        rows = cursor.fetchall()
    by_id: dict[int, Study] = {}
    found = {}
    for kind, value, pk, *facts in rows:
        if pk not in by_id:
            by_id[pk] = _study(pk, *facts)
        found[key_of(kind, value)] = by_id[pk]
    return Cards({key: found[key] for key in keys if key in found})


def _study(
    pk, title, year, month, level, level_source, retraction, journal, abbreviation, tldr, writer_kind, reviewed_on
) -> Study:
    """A study with what a card shows, and nothing else."""
    study = Study(
        pk=pk, title=title, published_year=year, published_month=month, evidence_level=level,
        evidence_source=level_source, retraction=retraction,
        journal=Journal(title=journal, abbreviation=abbreviation) if journal else None,
    )  # fmt: skip
    if tldr:
        study.card_tldr = first_sentences(tldr, limit=TLDR, most=1)  # type: ignore[attr-defined]
        study.card_mark = Summary(writer_kind=writer_kind, reviewed_on=reviewed_on).mark  # type: ignore[attr-defined]
    return study
