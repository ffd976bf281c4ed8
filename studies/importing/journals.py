"""Journals known again: by NLM's number, by any ISSN, else by the title."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

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


def known_journals(wanted: Sequence[JournalFacts]) -> list[Journal | None]:
    """The journal of each of these facts, made where it is new; None where the facts name none.

    What is newly learned about a known journal (an ISSN, NLM's number, its abbreviation) is added to it. Of several
    that fit, the oldest is taken. Imports come one at a time (``importing``), so nobody makes the same one beside us.
    """
    shelf = _Shelf(wanted)
    found: dict[JournalFacts, Journal | None] = {}
    journals = []
    for facts in wanted:
        if facts not in found:
            journal = shelf.journal_of(facts)
            if shelf.moved:
                found.clear()  # facts seen before may now mean another journal
            found[facts] = journal
        journals.append(found[facts])
    shelf.store()
    return journals


class _Shelf:
    """The journals that a batch may mean, and those it makes; each is found by number, ISSN or title."""

    def __init__(self, wanted: Sequence[JournalFacts]) -> None:
        self.by_number: dict[str, list[Journal]] = defaultdict(list)
        self.by_issn: dict[str, list[Journal]] = defaultdict(list)
        self.by_title: dict[str, list[Journal]] = defaultdict(list)
        self.new: list[Journal] = []
        self.changed: dict[int, Journal] = {}
        self.order: dict[int, int] = {}  # by identity: which was there first
        self.moved = False  # whether the last facts taught us something
        titles = {title_key(facts.title or facts.abbreviation) for facts in wanted} - {""}
        numbers = {facts.nlm_id for facts in wanted} - {""}
        issns = sorted({issn for facts in wanted for issn in facts.issns})
        fitting = Q(title_key__in=titles) | Q(nlm_id__in=numbers)
        if issns:
            fitting |= Q(issns__overlap=issns)
        for journal in Journal.objects.filter(fitting).order_by("pk"):
            self._put(journal)

    def journal_of(self, facts: JournalFacts) -> Journal | None:
        self.moved = False
        title = facts.title or facts.abbreviation
        key = title_key(title) if title else ""
        journal = self._fitting(facts, key)
        if journal is None:
            if not title:
                return None
            journal = Journal(
                title=title, title_key=key, abbreviation=facts.abbreviation, issns=self._free(facts, None),
                nlm_id=facts.nlm_id,
            )  # fmt: skip
            self.new.append(journal)
            self._put(journal)
            self.moved = True
        elif title:
            self._learn(journal, facts)
        return journal

    def _put(self, journal: Journal) -> None:
        self.order.setdefault(id(journal), len(self.order))
        places = [(self.by_number, journal.nlm_id), (self.by_title, journal.title_key)]
        places += [(self.by_issn, issn) for issn in journal.issns]
        for shelf, name in places:
            if name and journal not in shelf[name]:
                shelf[name].append(journal)

    def _fitting(self, facts: JournalFacts, key: str) -> Journal | None:
        fitting = [*self.by_number.get(facts.nlm_id, ()), *self.by_title.get(key, ())]
        fitting += [journal for issn in facts.issns for journal in self.by_issn.get(issn, ())]

        def closeness(journal: Journal) -> tuple[bool, bool, int]:
            same_number = bool(facts.nlm_id) and journal.nlm_id == facts.nlm_id
            return not same_number, not set(facts.issns) & set(journal.issns), self.order[id(journal)]

        return min(fitting, key=closeness, default=None)

    def _learn(self, journal: Journal, facts: JournalFacts) -> None:
        learned = False
        if new := set(self._free(facts, journal)) - set(journal.issns):
            journal.issns = sorted({*journal.issns, *new})
            learned = True
        for name in ("nlm_id", "abbreviation"):
            if getattr(facts, name) and not getattr(journal, name):
                setattr(journal, name, getattr(facts, name))
                learned = True
        if learned:
            self._put(journal)
            self.moved = True
            if journal.pk:
                self.changed[journal.pk] = journal

    def _free(self, facts: JournalFacts, journal: Journal | None) -> list[str]:
        """Those ISSNs that no other journal holds: an ISSN names one journal."""
        return [issn for issn in facts.issns if all(other is journal for other in self.by_issn.get(issn, ()))]

    def store(self) -> None:
        if self.new:
            taken: set[str] = set()
            slugs = [cut_at_word(slugify_title(cut(journal.title, 300)), SLUG_LIMIT, "-") for journal in self.new]
            used = set(Journal.objects.filter(slug__in=slugs).values_list("slug", flat=True))
            for journal, slug in zip(self.new, slugs, strict=True):
                journal.slug = slug if slug not in used | taken else _free_slug(slug, taken)
                taken.add(journal.slug)
            Journal.objects.bulk_create(self.new)
        if self.changed:
            Journal.objects.bulk_update(
                [self.changed[pk] for pk in sorted(self.changed)], ["issns", "nlm_id", "abbreviation"]
            )


def _free_slug(slug: str, also_taken: set[str]) -> str:
    taken = also_taken | set(Journal.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"
