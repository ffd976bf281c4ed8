"""Journals known again: by NLM's number, by any ISSN, else by the title."""

from __future__ import annotations

import re

from django.db.models import Q

from common.text import cut_at_word, slugify_title
from studies.importing.identity import folded
from studies.importing.record import JournalFacts, cut
from studies.models import Journal

SLUG_LIMIT = 110  # characters, which leaves room for a number


def title_key(title: str) -> str:
    """A title in one spelling: "The Lancet. Oncology" and "Lancet oncology (London, England)" are one journal."""
    bare = re.sub(r"\s*\([^()]*\)\s*\.?$", "", title) or title
    words = folded(bare.replace("&", " and ")).split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return " ".join(words)[:300]


def known_journal(facts: JournalFacts) -> Journal | None:
    """The journal of these facts, made when it is new; None where the facts name none.

    What is newly learned about a known journal (an ISSN, NLM's number, its abbreviation) is added to it. Of several
    that fit, the oldest is taken. Imports come one at a time (``importing``), so nobody makes the same one beside us.
    """
    title = facts.title or facts.abbreviation
    if not title:
        found = _fitting(facts, "")
        return found
    key = title_key(title)
    journal = _fitting(facts, key)
    if journal is None:
        return Journal.objects.create(
            title=title,
            title_key=key,
            abbreviation=facts.abbreviation,
            issns=list(_free_issns(facts, None)),
            nlm_id=facts.nlm_id,
            slug=_free_slug(title),
        )
    _learn(journal, facts)
    return journal


def _fitting(facts: JournalFacts, key: str) -> Journal | None:
    wanted = Q(pk__in=[])
    if facts.nlm_id:
        wanted |= Q(nlm_id=facts.nlm_id)
    if facts.issns:
        wanted |= Q(issns__overlap=list(facts.issns))
    if key:
        wanted |= Q(title_key=key)
    fitting = list(Journal.objects.filter(wanted).order_by("pk"))

    def closeness(journal: Journal) -> tuple[bool, bool, int]:
        same_number = bool(facts.nlm_id) and journal.nlm_id == facts.nlm_id
        return not same_number, not set(facts.issns) & set(journal.issns), journal.pk

    return min(fitting, key=closeness, default=None)


def _learn(journal: Journal, facts: JournalFacts) -> None:
    learned = []
    if new := set(_free_issns(facts, journal)) - set(journal.issns):
        journal.issns = sorted({*journal.issns, *new})
        learned.append("issns")
    for name in ("nlm_id", "abbreviation"):
        if getattr(facts, name) and not getattr(journal, name):
            setattr(journal, name, getattr(facts, name))
            learned.append(name)
    if learned:
        journal.save(update_fields=learned)


def _free_issns(facts: JournalFacts, journal: Journal | None) -> list[str]:
    """Those ISSNs that no other journal holds: an ISSN names one journal."""
    if not facts.issns:
        return []
    others = Journal.objects.filter(issns__overlap=list(facts.issns))
    if journal:
        others = others.exclude(pk=journal.pk)
    taken = {issn for issns in others.values_list("issns", flat=True) for issn in issns}
    return [issn for issn in facts.issns if issn not in taken]


def _free_slug(title: str) -> str:
    slug = cut_at_word(slugify_title(cut(title, 300)), SLUG_LIMIT, "-")
    taken = set(Journal.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    number = 2
    free = slug
    while free in taken:
        free, number = f"{slug}-{number}", number + 1
    return free
