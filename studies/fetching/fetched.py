"""The job of a run that fetches: fifty identifiers at a time, each from every source that knows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from common.fetching import Client, NotFetched
from studies.fetching.sources import fetch_crossref, fetch_openalex, fetch_pubmed, find_pmids
from studies.importing.record import Refusal, StudyRecord
from studies.importing.running import Stopped, store
from studies.models import ImportLine, ImportRun

PART = 50
SLICE = 2.0  # seconds of waiting between two signs of life
SOURCES = ("PubMed", "Crossref", "OpenAlex")
Item = StudyRecord | Refusal
Wanted = list[tuple[str, str]]  # (kind, identifier)


def fetch(run: ImportRun) -> None:
    """Fetch what a run asks for, from where it stands on, and store it. Raises ``Stopped`` where no source answers."""
    wanted: Wanted = [(kind, value) for kind, values in run.identifiers.items() for value in values]
    with Client(pause=_living(run)) as client:
        asking = _Asking(run, client)
        for start in range(run.position, len(wanted), PART):
            asking.fetch(wanted[start : start + PART])
    run.finish(ImportRun.State.DONE, done=run.total)


def _living(run: ImportRun) -> Callable[[float], None]:
    """A pause that keeps the run's lease while it waits, and ends where somebody cancels."""

    def pause(seconds: float) -> None:
        run.beat()
        while seconds > 0:
            time.sleep(min(seconds, SLICE))
            seconds -= SLICE
            if seconds > 0:
                run.beat()

    return pause


class _Asking:
    """Asks the sources for one part after another; a source that did not answer is not asked again by this run."""

    def __init__(self, run: ImportRun, client: Client) -> None:
        self.run, self.client = run, client
        self.silent: dict[str, str] = {}

    def fetch(self, part: Wanted) -> None:
        """Fetch and store one part, and say in the run which of it nobody knows."""
        start, self.found = self.run.position, set[tuple[str, str]]()
        self.run.beat(done=start)
        records = {"pubmed": self._try("PubMed", lambda: self._pubmed(part))}
        # What PubMed knows of a work leads to it elsewhere: of a PMID its DOI.
        dois = _values(part, "doi") + [item.doi for item in records["pubmed"] if isinstance(item, StudyRecord)]
        pmids = [pmid for pmid in _values(part, "pmid") if not self._has_doi(pmid, records["pubmed"])]
        records["crossref"] = self._try("Crossref", lambda: self._crossref(dois, start))
        records["openalex"] = self._try("OpenAlex", lambda: self._openalex(dois, pmids, part))
        if len(self.silent) == len(SOURCES):
            raise Stopped(
                f"No source answered. {' '.join(self.silent.values())} Run it again when they can be reached."
            )
        unknown = [(kind, value) for kind, value in part if (kind, value) not in self.found]
        lines = [(ImportLine.Kind.UNKNOWN, value, self._nobody(), None) for _, value in unknown]
        store(
            self.run,
            [(kind, items) for kind, items in records.items() if items],
            steps=len(part),
            done=start + len(part),
            lines=lines,
            counts={"found": len(part) - len(unknown), "unanswered": dict(self.silent)},
        )

    def _try(self, source: str, asked: Callable[[], Iterator[Item]]) -> list[Item]:
        items: list[Item] = []
        if source in self.silent:
            return items
        try:
            items.extend(asked())  # what came before the fault is kept
        except NotFetched as error:
            self.silent[source] = error.sentence
        self.run.beat()
        return items

    def _pubmed(self, part: Wanted) -> Iterator[Item]:
        dois, pmcids = _values(part, "doi"), _values(part, "pmcid")
        pmids = _values(part, "pmid")
        if dois or pmcids:
            pmids += find_pmids(dois, pmcids, client=self.client)
        yield from self._asked_for(fetch_pubmed(pmids, client=self.client), part)

    def _crossref(self, dois: list[str], start: int) -> Iterator[Item]:
        asked = list(dict.fromkeys(filter(None, dois)))
        for number, doi in enumerate(asked):
            for item in fetch_crossref([doi], client=self.client):
                self._note(item)
                self.found.add(("doi", doi))  # also where it moved and is another DOI by now
                yield item
            self.run.beat(done=start + number * PART // (len(asked) + 1) * 9 // 10)

    def _openalex(self, dois: list[str], pmids: list[str], part: Wanted) -> Iterator[Item]:
        wanted = [*part, *(("doi", doi) for doi in dois)]
        yield from self._asked_for(fetch_openalex(dois, pmids, client=self.client), wanted)

    def _asked_for(self, items: Iterator[Item], wanted: Wanted) -> Iterator[Item]:
        """Only what was asked for: a search may find more."""
        asked = set(wanted)
        for item in items:
            if isinstance(item, Refusal):
                yield item
            elif asked & set(item.identifiers.items()):
                self._note(item)
                yield item

    def _note(self, item: Item) -> None:
        if isinstance(item, StudyRecord):
            self.found |= set(item.identifiers.items())

    def _has_doi(self, pmid: str, records: list[Item]) -> bool:
        return any(isinstance(item, StudyRecord) and item.pmid == pmid and item.doi for item in records)

    def _nobody(self) -> str:
        asked = [source for source in SOURCES if source not in self.silent]
        knows = f"{' and '.join(asked)} {'do' if len(asked) > 1 else 'does'} not know it"
        if len(asked) == len(SOURCES):
            return "Neither PubMed nor Crossref nor OpenAlex knows it. Is it spelled right?"
        return f"{knows}; {' and '.join(self.silent)} did not answer."


def _values(part: Wanted, kind: str) -> list[str]:
    return [value for each, value in part if each == kind]
