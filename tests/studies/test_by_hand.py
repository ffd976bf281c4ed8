"""What a librarian sets against the records: kept, told in the history, given back."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from studies.importing.importing import import_records
from studies.importing.record import Heading, StudyRecord
from studies.models import Study, StudyFacts
from tests.builders import make_librarian, make_member, make_moderator, make_study

pytestmark = pytest.mark.django_db

TRIAL = StudyRecord(
    "A trial", doi="10.9999/trial", pmid="301", publication_types=("Randomized Controlled Trial",),
    mesh=(Heading("Humans"),), funding=("R01, A Fund",), conflicts="None declared.", registrations=("NCT00000001",),
    sample_size=40,
)  # fmt: skip


def take(record: StudyRecord = TRIAL, kind: str = "pubmed") -> Study:
    assert not import_records([record], kind).refused
    return Study.objects.get(pmid="301")


def again() -> Study:
    return take(replace(TRIAL, issue=str(Study.objects.get().changes.count())))


@pytest.fixture
def keeper(client):
    librarian = make_librarian("keeper_one")
    client.force_login(librarian)
    return librarian


def press(client, study: Study, part: str, **typed) -> int:
    back = {"back": typed.pop("back")} if part != "facts" and "back" in typed else {}
    data = {"part": part, **back, **{f"{part}-{name}": value for name, value in typed.items()}}
    return client.post(f"{study.get_absolute_url()}by-hand/", data).status_code


class TestWho:
    def test_may_open_and_press_is_a_librarian_only(self, client) -> None:
        study = take()
        address = f"{study.get_absolute_url()}by-hand/"
        assert client.get(address).status_code == 302 and client.post(address).status_code == 302
        for member in (make_member(), make_moderator()):
            client.force_login(member)
            assert client.get(address).status_code == 403
            assert press(client, study, "evidence", level="5-opinion", design="", reason="No.") == 403
        client.force_login(make_librarian())
        assert client.get(address).status_code == 200
        study.refresh_from_db()
        assert study.evidence_level == "2-trial" and not study.changes.exists()

    def test_sees_the_link_is_a_librarian_only(self, client, keeper) -> None:
        address = take().get_absolute_url()
        assert "by-hand/" in client.get(address).content.decode()
        client.logout()
        assert "by-hand/" not in client.get(address).content.decode()


class TestEvidence:
    def test_is_set_with_a_reason_kept_by_imports_and_shown_with_what_it_was(self, client, keeper) -> None:
        study = take()
        assert (
            press(client, study, "evidence", level="3-observational", design="Cohort", reason="Not randomised.") == 302
        )
        study = again()
        assert (study.evidence_level, study.study_type) == ("3-observational", "Cohort")
        page = client.get(study.get_absolute_url()).content.decode()
        assert "set by a librarian, was: Randomised trial" in page
        change = study.changes.get(kind="evidence")
        assert (change.actor, change.reason) == (keeper, "Not randomised.")
        history = client.get(f"{study.get_absolute_url()}history/").content.decode()
        assert "Not randomised." in history and "keeper_one" in history and "Randomised controlled trial" in history

    def test_returns_to_the_computed_level(self, client, keeper) -> None:
        study = take()
        press(client, study, "evidence", level="5-opinion", design="", reason="By mistake.")
        press(client, study, "evidence", level="5-opinion", design="", reason="Undone.", back="1")
        study = again()
        assert (study.evidence_level, study.study_type) == ("2-trial", "Randomised controlled trial")
        assert "MeSH" not in study.evidence_source and "librarian" not in study.evidence_source
        assert not study.kept_fields

    def test_of_a_study_without_records_returns_to_what_its_publication_types_say(self, client, keeper) -> None:
        study = make_study(publication_types=["Meta-Analysis"])
        press(client, study, "evidence", level="5-opinion", design="", reason="By mistake.")
        press(client, study, "evidence", level="5-opinion", design="", reason="Undone.", back="1")
        study.refresh_from_db()
        assert study.evidence_level == "1-synthesis"

    def test_set_twice_is_one_line_of_history(self, client, keeper) -> None:
        study = take()
        for _ in range(2):
            press(client, study, "evidence", level="5-opinion", design="", reason="A review.")
        assert study.changes.count() == 1

    def test_without_a_reason_is_refused_with_everything_typed(self, client, keeper) -> None:
        study = take()
        data = {
            "part": "evidence",
            "evidence-level": "5-opinion",
            "evidence-design": "Essay <b>",
            "evidence-reason": " ",
        }
        answer = client.post(f"{study.get_absolute_url()}by-hand/", data)
        assert answer.status_code == 422 and "Essay &lt;b&gt;" in answer.content.decode()
        assert not study.changes.exists()


class TestStanding:
    def test_is_set_and_given_back_on_the_page(self, client, keeper) -> None:
        study = take()
        typed = {"state": "retracted", "notice": "https://doi.org/10.9999/N", "date": "2011-02", "reason": "A letter."}
        assert press(client, study, "standing", **typed) == 302
        study.refresh_from_db()
        assert (study.retraction, study.retraction_notice, study.retraction_date) == (
            "retracted",
            "10.9999/n",
            "2011-02",
        )
        press(client, study, "standing", **typed)
        assert study.changes.count() == 1
        press(client, study, "standing", **typed, back="1")
        study.refresh_from_db()
        assert study.retraction == "" and not study.kept_fields

    @pytest.mark.parametrize("typed", [{"notice": "a letter"}, {"date": "soon"}, {"date": "2011-13"}, {"state": "x"}])
    def test_refuses_what_is_no_notice_date_or_state(self, client, keeper, typed) -> None:
        study = take()
        assert press(client, study, "standing", **{"state": "concern", "reason": "A letter.", **typed}) == 422
        study.refresh_from_db()
        assert study.retraction == ""


class TestFacts:
    def test_come_from_records_with_their_source_and_link_to_the_registry(self, client) -> None:
        study = take()
        take(StudyRecord("A trial", pmid="301", conflicts="He owns shares.", population="Men"), kind="jats")
        page = client.get(study.get_absolute_url()).content.decode()
        assert "R01, A Fund" in page and "from PubMed" in page
        assert "None declared." in page and "He owns shares." not in page
        assert re.search(r"<dd>Men\s*<span[^>]*>from JATS</span>", page)
        assert 'href="https://clinicaltrials.gov/study/NCT00000001"' in page

    def test_are_edited_kept_by_imports_and_given_back_one_by_one(self, client, keeper) -> None:
        study = take()
        typed = {"population": "Women", "sample_size": "41", "funding": "A Fund", "conflicts": "None declared.",
                 "registrations": "NCT00000001", "reason": "From the full text."}  # fmt: skip
        assert press(client, study, "facts", **typed) == 302
        study = again()
        facts = StudyFacts.objects.get()
        assert (facts.population, study.sample_size, facts.funding) == ("Women", 41, ["A Fund"])
        assert study.kept_fields == ["funding", "population", "sample_size"]
        page = client.get(study.get_absolute_url()).content.decode()
        assert "set by a librarian" in page
        change = study.changes.get()
        assert change.before == {"sample_size": 40, "population": "", "funding": ["R01, A Fund"]}
        assert press(client, study, "facts", **typed, back=["funding", "sample_size"]) == 302
        study = again()
        facts.refresh_from_db()
        assert (study.sample_size, facts.funding, facts.population) == (40, ["R01, A Fund"], "Women")
        assert study.kept_fields == ["population"]

    def test_refuse_what_is_no_registration_number(self, client, keeper) -> None:
        assert press(client, take(), "facts", registrations="my trial", reason="So.") == 422

    def test_go_when_no_record_states_them_any_more(self) -> None:
        take()
        take(StudyRecord("A trial", pmid="301"))
        assert StudyFacts.objects.get().funding == []


class TestSources:
    def test_tell_which_source_gave_each_field_and_what_others_say(self, client) -> None:
        study = take()
        take(StudyRecord("A trial, subtitled <i>", pmid="301", volume="7"), kind="jats")
        page = client.get(f"{study.get_absolute_url()}sources/").content.decode()
        title = page[page.index("<dt>Title</dt>") : page.index("<dt>PMID</dt>")]
        assert "A trial" in title and "PubMed" in title and "1 other source says it otherwise" in title
        assert "A trial, subtitled &lt;i&gt;" in title
        assert "JATS" in page[page.index("<dt>Volume</dt>") :].split("</dd>")[0]

    def test_say_what_a_librarian_keeps(self, client, keeper) -> None:
        study = take()
        press(client, study, "facts", conflicts="He owns shares.", funding="R01, A Fund", sample_size="40",
              registrations="NCT00000001", reason="From the full text.")  # fmt: skip
        page = client.get(f"{study.get_absolute_url()}sources/").content.decode()
        assert "Set by a librarian." in page[page.index("<dt>Conflicts of interest</dt>") :].split("</dd>")[0]
        assert "Set by a librarian." not in page[page.index("<dt>Funding</dt>") :].split("</dd>")[0]

    def test_of_a_study_made_by_hand_are_none(self, client) -> None:
        assert "entered by hand" in client.get(f"{make_study().get_absolute_url()}sources/").content.decode()


def test_the_slug_is_put_right_and_an_unknown_study_is_a_404(client, keeper) -> None:
    study = take()
    for page in ("history", "sources", "by-hand"):
        answer = client.get(f"/studies/{study.pk}/wrong/{page}/")
        assert (answer.status_code, answer["Location"]) == (301, f"{study.get_absolute_url()}{page}/")
        assert client.get(f"/studies/999999/wrong/{page}/").status_code == 404
