"""The weekly look: every study's newest record is asked for, a batch at a time, and goes on where it was cut off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.fetching import Unreachable
from studies import rounds
from studies.importing.importing import import_records
from studies.importing.record import Relation, StudyRecord
from studies.jobs import standing as jobs
from studies.models import StandingRound, Study
from tests.builders import make_librarian, make_member

pytestmark = pytest.mark.django_db

PMIDS = [str(number) for number in range(401, 408)]


class Door:
    """Stands for the door to PubMed: answers with a record for each PMID, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.answers: dict[str, StudyRecord] = {}
        self.closed_at = 99

    def ask(self, pmids) -> list:
        if len(self.asked) == self.closed_at:
            raise Unreachable("PubMed", "PubMed could not be reached.")
        self.asked.append(list(pmids))
        return [self.answers.get(pmid, StudyRecord(f"Study {pmid}", pmid=pmid)) for pmid in pmids]


@pytest.fixture
def door(monkeypatch) -> Door:
    door = Door()
    import_records([StudyRecord(f"Study {pmid}", pmid=pmid) for pmid in PMIDS], "pubmed")
    monkeypatch.setattr(rounds.fetching, "fetch_pubmed", door.ask)
    monkeypatch.setitem(rounds.SOURCES, "pubmed", rounds.Source(rounds.SOURCES["pubmed"].known, 3, rounds._from_pubmed))
    return door


def walk() -> None:
    while rounds.step("pubmed"):
        pass


class TestRound:
    def test_asks_about_every_study_once_and_takes_in_a_retraction(self, door) -> None:
        door.answers["405"] = StudyRecord("Study 405", pmid="405", relations=(Relation("retracted_by", pmid="9"),))
        assert rounds.begin("pubmed")
        walk()
        assert door.asked == [PMIDS[:3], PMIDS[3:6], PMIDS[6:]]
        assert list(Study.objects.filter(retraction="retracted").values_list("pmid", flat=True)) == ["405"]
        row = StandingRound.objects.get()
        assert (row.asked, row.answered, row.updated, row.fault) == (7, 7, 1, "") and row.finished_at

    def test_goes_on_where_it_was_cut_off_and_says_why(self, door) -> None:
        rounds.begin("pubmed")
        door.closed_at = 1
        with pytest.raises(Unreachable):
            walk()
        assert StandingRound.objects.get().fault == "PubMed could not be reached."
        door.closed_at = 99
        assert rounds.begin("pubmed")
        walk()
        assert door.asked == [PMIDS[:3], PMIDS[3:6], PMIDS[6:]]

    def test_is_begun_again_after_a_week_and_not_before(self, door) -> None:
        rounds.begin("pubmed")
        walk()
        assert not rounds.begin("pubmed") and not rounds.step("pubmed")
        StandingRound.objects.update(finished_at=timezone.now() - timedelta(days=7))
        assert rounds.begin("pubmed")
        walk()
        assert len(door.asked) == 6

    def test_takes_no_work_that_was_not_asked_about(self, door) -> None:
        door.answers["401"] = StudyRecord("Another work altogether", pmid="999")
        rounds.begin("pubmed")
        walk()
        assert Study.objects.count() == len(PMIDS)

    def test_asks_each_source_only_for_what_it_can_know(self, monkeypatch) -> None:
        import_records([StudyRecord("With a DOI", doi="10.9999/d"), StudyRecord("With a PMID", pmid="5")], "csl")
        asked = {}
        monkeypatch.setattr(rounds.fetching, "fetch_pubmed", lambda pmids: asked.setdefault("pubmed", pmids) and [])
        monkeypatch.setattr(rounds.fetching, "fetch_crossref", lambda dois: asked.setdefault("crossref", dois) and [])
        monkeypatch.setattr(
            rounds.fetching, "fetch_openalex", lambda dois, pmids: asked.setdefault("openalex", (dois, pmids)) and []
        )
        for source in rounds.SOURCES:
            rounds.begin(source)
            rounds.step(source)
        assert asked == {"pubmed": ["5"], "crossref": ["10.9999/d"], "openalex": (["10.9999/d"], ["5"])}

    def test_passes_over_what_is_refused(self, door, monkeypatch) -> None:
        monkeypatch.setattr(
            rounds.fetching, "fetch_pubmed", lambda pmids: [rounds.Refusal("PubMed", "it has no title")]
        )
        rounds.begin("pubmed")
        walk()
        assert StandingRound.objects.get().answered == 0


class TestJob:
    @pytest.fixture
    def deferred(self, monkeypatch) -> list[str]:
        sources: list[str] = []
        monkeypatch.setattr(jobs, "_go_on", sources.append)
        return sources

    def test_begins_what_is_due_and_never_on_a_local_site(self, door, deferred, settings) -> None:
        jobs.begin_standing_rounds(0)
        assert deferred == []
        settings.LOCAL = False
        jobs.begin_standing_rounds(0)
        jobs.begin_standing_rounds(0)
        assert deferred == list(rounds.SOURCES) * 2

    def test_makes_place_for_other_work_after_some_batches(self, door, deferred, monkeypatch) -> None:
        monkeypatch.setattr(jobs, "STEPS", 2)
        rounds.begin("pubmed")
        jobs.ask_about_standing("pubmed")
        assert deferred == ["pubmed"] and len(door.asked) == 2
        jobs.ask_about_standing("pubmed")
        assert deferred == ["pubmed"] and StandingRound.objects.get().finished_at


class TestPage:
    def test_tells_librarians_what_changed_and_how_far_the_rounds_are(self, door, client) -> None:
        door.answers["405"] = StudyRecord("Study 405", pmid="405", relations=(Relation("retracted_by", pmid="9"),))
        rounds.begin("pubmed")
        walk()
        client.force_login(make_member())
        assert client.get("/librarians/standing/").status_code == 403
        client.force_login(make_librarian())
        page = client.get("/librarians/standing/").text
        assert "Study 405" in page and "Retracted, notice 9." in page and "PubMed: begun" in page
        assert "Standing" in client.get("/librarians/").text
