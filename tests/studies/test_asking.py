"""What members report, ask for and correct; what librarians answer; what the drafting aid writes."""

from __future__ import annotations

import json

import httpx2
import pytest
from django.core.exceptions import ValidationError

from common import recount
from notices.models import Notification
from studies import drafting, fetching
from studies.drafting import NoDraft
from studies.drafting.endpoint import Endpoint
from studies.drafting.extractive import Extractive, ranked
from studies.errors import TooManyOpen
from studies.importing.importing import import_records
from studies.importing.record import StudyRecord
from studies.jobs.suggestions import tell_of_arrivals
from studies.models import Correction, ErrorReport, Study, StudyChange, StudySuggestion, Summary, SummaryDraft
from tests.builders import make_librarian, make_member, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client):
    member = make_member()
    client.force_login(member)
    return member


def told(member) -> list[str]:
    return [each.words for each in Notification.objects.filter(member=member)]


class TestReportingAnError:
    def address(self, study) -> str:
        return f"{study.get_absolute_url()}report/"

    def test_is_answered_and_the_reporter_is_told_once(self, client, member):
        study = make_study()
        for _ in range(2):
            client.post(self.address(study), {"kind": "summary", "words": "It says 45, not 54."})
        report = ErrorReport.objects.get()
        assert (report.member, report.kind, report.status) == (member, "summary", "waiting")
        client.force_login(make_librarian())
        assert "It says 45, not 54." in client.get("/librarians/errors/").text
        for words in ("Thank you, mended.", "Again"):
            assert (
                client.post(f"/librarians/errors/{report.pk}/", {"status": "mended", "words": words}).status_code == 302
            )
        (words,) = told(member)
        assert "mended" in words and "Thank you, mended." in words
        assert "It says 45" not in client.get("/librarians/errors/").text
        client.force_login(member)
        assert "Thank you, mended." in client.get(self.address(study)).text

    def test_sends_a_guest_to_sign_in(self, client):
        study = make_study()
        assert "/accounts/login/" in client.post(self.address(study), {"kind": "other", "words": "x"})["Location"]
        assert self.address(study) in client.get(study.get_absolute_url()).text
        assert not ErrorReport.objects.exists()

    def test_of_a_kind_waits_once_for_a_member_and_a_study(self, client, member):
        study = make_study()
        client.post(self.address(study), {"kind": "other", "words": "One."})
        assert client.post(self.address(study), {"kind": "other", "words": "Two."}).status_code == 409
        assert client.post(self.address(study), {"kind": "record", "words": "Three."}).status_code == 302
        assert ErrorReport.objects.count() == 2

    def test_by_one_member_cannot_flood_the_desk(self, monkeypatch):
        monkeypatch.setattr("studies.models.report.OPEN_REPORTS", 2)
        member = make_member()
        for _ in range(2):
            ErrorReport.send(make_study(), member, kind="other", words="Wrong.")
        with pytest.raises(TooManyOpen):
            ErrorReport.send(make_study(), member, kind="other", words="Wrong.")

    @pytest.mark.parametrize(
        "sent", [{}, {"kind": "other"}, {"kind": "x", "words": "y"}, {"kind": "other", "words": " "}]
    )
    def test_that_says_nothing_comes_back(self, client, member, sent):
        assert client.post(self.address(make_study()), sent).status_code == 422

    def test_answered_by_two_at_once_keeps_the_first_answer(self, member):
        report, _ = ErrorReport.send(make_study(), member, kind="other", words="Wrong.")
        seen_by_another = ErrorReport.objects.get()
        report.settle(make_librarian(), "mended", "Mended.")
        seen_by_another.settle(make_librarian(), "no-error", "No error.")
        assert (ErrorReport.objects.get().status, ErrorReport.objects.get().answer) == ("mended", "Mended.")
        assert len(told(member)) == 1

    def test_is_not_answered_by_a_member(self, client, member):
        report, _ = ErrorReport.send(make_study(), member, kind="other", words="Wrong.")
        assert client.post(f"/librarians/errors/{report.pk}/", {"status": "mended"}).status_code == 403
        assert client.get("/librarians/errors/").status_code == 403


class TestAskingForAStudy:
    def ask(self, client, identifier="PMID 21383913", **more):
        return client.post("/studies/suggest/", {"identifier": identifier, **more})

    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("https://doi.org/10.1001/JAMA.2020.1", ("doi", "10.1001/jama.2020.1")),
            ("PMID: 21383913", ("pmid", "21383913")),
            ("123", ("pmid", "123")),
            ("PMC3043309", ("pmcid", "PMC3043309")),
        ],
    )
    def test_takes_identifiers_in_any_spelling(self, client, member, typed, stored):
        assert self.ask(client, typed).status_code == 302
        assert StudySuggestion.objects.values_list("kind", "value").get() == stored

    def test_by_several_members_is_one_row_with_a_count(self, client):
        for _ in range(3):
            client.force_login(make_member())
            self.ask(client)
            self.ask(client)
        assert StudySuggestion.objects.get().ask_count == 3
        assert not [each for each in recount.counters() if each.table == "studies_studysuggestion" and each.drifted()]
        client.force_login(make_librarian())
        assert "3 members" in client.get("/librarians/suggestions/").text

    def test_for_one_that_is_here_leads_to_it(self, client, member):
        study = make_study(pmid="77777")
        assert self.ask(client, "77777")["Location"] == study.get_absolute_url()
        assert not StudySuggestion.objects.exists()

    def test_fetches_once_and_tells_who_asked_when_it_is_here(self, client, member, monkeypatch):
        fetched = []
        monkeypatch.setattr(fetching, "request", lambda identifiers, **more: fetched.append(identifiers))
        self.ask(client)
        suggestion = StudySuggestion.objects.get()
        client.force_login(make_librarian())
        for _ in range(2):
            client.post(f"/librarians/suggestions/{suggestion.pk}/", {"accept": "1"})
        assert fetched == [["PMID 21383913"]]
        assert tell_of_arrivals() == 0 and told(member) == []
        import_records([StudyRecord(title="Here at last", pmid="21383913")], "pubmed")
        assert tell_of_arrivals() == 1 and tell_of_arrivals() == 0
        (words,) = told(member)
        assert "Here at last" in words

    def test_can_be_declined_with_words_and_stays_so(self, client, member):
        self.ask(client)
        suggestion = StudySuggestion.objects.get()
        client.force_login(make_librarian())
        address = f"/librarians/suggestions/{suggestion.pk}/"
        assert client.post(address, {"decline": "1", "words": ""}).status_code == 422
        assert client.post(address, {"decline": "1", "words": "Not research."}).status_code == 302
        assert "Not research." in told(member)[0]
        client.force_login(make_member())
        answer = self.ask(client)
        assert answer.status_code == 409 and "Not research." in answer.text

    def test_is_offered_where_nothing_was_found(self, client):
        missing = client.get("/studies/pmid/7654321")
        assert missing.status_code == 404 and "/studies/suggest/?identifier=PMID%207654321" in missing.text
        assert "/studies/suggest/" in client.get("/search/?q=zzzqqq").text
        assert "/studies/suggest/" in client.get("/studies/").text
        assert "/accounts/login/" in client.get("/studies/suggest/?identifier=PMID%207654321")["Location"]

    @pytest.mark.parametrize("typed", ["", "nonsense", "<script>", "10.1001", "x" * 700])
    def test_for_nothing_comes_back(self, client, member, typed):
        assert self.ask(client, typed).status_code == 422
        assert not StudySuggestion.objects.exists()


class TestCorrectingAField:
    def address(self, study, field="") -> str:
        return f"{study.get_absolute_url()}correct/" + (f"?field={field}" if field else "")

    def send(self, client, study, field, after, **more):
        return client.post(self.address(study), {"field": field, "after": after, "reason": "It says so.", **more})

    @pytest.mark.parametrize(
        ("field", "after", "name", "value"),
        [
            ("title", "The right title", "title", "The right title"),
            ("sample_size", "1,144", "sample_size", 1144),
            ("published", "2011-02-14", "published_day", 14),
            ("doi", "https://doi.org/10.1001/JAMA.2020.1", "doi", "10.1001/jama.2020.1"),
            ("evidence_level", "Randomised trial", "evidence_level", "2-trial"),
        ],
    )
    def test_is_applied_kept_and_in_the_history(self, client, member, field, after, name, value):
        study = make_study("A title", sample_size=100)
        assert self.send(client, study, field, after).status_code == 302
        correction = Correction.objects.get()
        librarian = make_librarian()
        client.force_login(librarian)
        assert after in client.get("/librarians/corrections/").text
        for _ in range(2):
            client.post(f"/librarians/corrections/{correction.pk}/", {"accept": "1"})
        study = Study.objects.get()
        assert getattr(study, name) == value
        assert name in study.kept_fields
        change = StudyChange.objects.get(kind="corrected")
        assert change.actor == member and change.after["accepted_by"] == librarian.pk and "It says so." in change.reason
        assert len(told(member)) == 1

    def test_survives_the_next_import(self, member):
        import_records([StudyRecord(title="As the record says", pmid="123", volume="7")], "pubmed")
        correction = Correction.send(Study.objects.get(), member, field="title", before="", after="Right", reason="x")
        correction.accept(make_librarian())
        import_records([StudyRecord(title="As the record says", pmid="123", volume="8")], "pubmed")
        assert (Study.objects.get().title, Study.objects.get().volume) == ("Right", "8")

    def test_of_authors_keeps_their_order(self, member):
        study = make_study(authors=["Roe"])
        Correction.send(
            study, member, field="authors", before="", after="Doe, Jane\nRoe\nThe Group", reason="x"
        ).accept(make_librarian())
        assert [place.author.name for place in study.authorships.order_by("position")] == [
            "Jane Doe",
            "Roe",
            "The Group",
        ]

    @pytest.mark.parametrize(
        ("field", "after"),
        [
            ("sample_size", "many"),
            ("published", "14.2.2011"),
            ("doi", ""),
            ("doi", "x"),
            ("title", ""),
            ("volume", "9" * 60),
        ],
    )
    def test_that_is_no_value_comes_back(self, client, member, field, after):
        assert self.send(client, make_study(), field, after).status_code == 422
        assert not Correction.objects.exists()

    def test_with_another_studys_identifier_is_not_taken(self, client, member):
        make_study("The other", pmid="5555555")
        answer = self.send(client, make_study(), "pmid", "5555555")
        assert answer.status_code == 422 and "The other" in answer.text

    def test_that_cannot_be_applied_any_more_stays_waiting(self, member):
        study = make_study()
        correction = Correction.send(study, member, field="pmid", before="", after="5555555", reason="x")
        make_study(pmid="5555555")
        with pytest.raises(ValidationError):
            correction.accept(make_librarian())
        assert Correction.objects.get().status == "waiting"

    def test_needs_a_reason_or_a_source_and_takes_no_script_as_one(self, client, member):
        study = make_study()
        assert self.send(client, study, "volume", "7", reason="").status_code == 422
        assert self.send(client, study, "volume", "7", source="javascript:alert(1)").status_code == 422
        assert self.send(client, study, "volume", "7", reason="", source="https://example.org/").status_code == 302

    def test_shows_what_stands_there_now(self, client, member):
        assert "Journal of Numbers" in client.get(self.address(make_study(), "journal")).text
        assert client.get(self.address(make_study(), "nonsense")).status_code == 404

    def test_is_not_applied_by_a_member(self, client, member):
        correction = Correction.send(make_study(), member, field="volume", before="", after="7", reason="x")
        assert client.post(f"/librarians/corrections/{correction.pk}/", {"accept": "1"}).status_code == 403
        assert Correction.objects.get().status == "waiting"


ABSTRACT = (
    "<p>Background: Hair loss is common in men and women. Methods: We gave minoxidil to 144 men with hair loss for 24 weeks."
    " Results: Hair count rose by 45% in men given minoxidil. One clinic was closed. Conclusions: Minoxidil raised hair"
    " count in men with hair loss.</p>"
)


def drafted_study(abstract: str = ABSTRACT) -> Study:
    study = make_study("Minoxidil for hair loss")
    study.text.abstract_html = abstract
    study.text.save()
    return study


class TestDrafts:
    def test_out_of_the_box_are_sentences_of_the_abstract(self):
        draft = Extractive().draft(drafted_study())
        assert draft.tldr == "Minoxidil raised hair count in men with hair loss."
        assert "> Hair count rose by 45% in men given minoxidil." in draft.body

    def test_rank_what_others_say_too_above_what_stands_alone(self):
        ranks = ranked(["Minoxidil raised hair count.", "Hair count rose with minoxidil.", "The door was green."])
        assert min(ranks) == ranks[2]

    def test_fill_the_form_save_nothing_and_are_stored_as_a_programs(self, client):
        study = drafted_study()
        client.force_login(make_librarian())
        opened = client.post(f"{study.get_absolute_url()}summary/draft/", follow=True)
        assert "Minoxidil raised hair count" in opened.text
        assert not Summary.objects.exists()
        draft = SummaryDraft.objects.get()
        sent = {"version": "0", "tldr": draft.tldr, "body": draft.body, "writer": "draft", "draft": str(draft.pk)}
        assert client.post(f"{study.get_absolute_url()}summary/edit/", sent).status_code == 302
        summary = Summary.objects.get()
        assert (summary.writer_kind, summary.writer_name) == ("model", "Studyhall's sentence picker")
        assert summary.is_unreviewed_machine_text

    def test_are_for_librarians(self, client):
        study = drafted_study()
        client.force_login(make_member())
        assert client.post(f"{study.get_absolute_url()}summary/draft/").status_code == 403
        assert not SummaryDraft.objects.exists()

    def test_without_an_abstract_fail_with_a_sentence(self, client):
        client.force_login(make_librarian())
        answer = client.post(f"{make_study().get_absolute_url()}summary/draft/", follow=True)
        assert "nothing to draft from" in answer.text


class TestAModelsDrafts:
    @pytest.fixture(autouse=True)
    def model(self, settings):
        settings.DRAFT_API_URL, settings.DRAFT_API_KEY = "https://model.example.org/v1/", "secret"
        settings.DRAFT_API_MODEL = "a-model-7"

    def draft(self, answer, study=None):
        self.asked = []

        def handle(request: httpx2.Request) -> httpx2.Response:
            self.asked.append(request)
            return answer(request) if callable(answer) else answer

        return Endpoint(httpx2.MockTransport(handle)).draft(study or drafted_study())

    def said(self, content) -> httpx2.Response:
        return httpx2.Response(200, json={"choices": [{"message": {"content": content}}]})

    def test_are_read_from_its_answer(self):
        draft = self.draft(self.said('```json\n{"tldr": "Short.", "summary": "Long."}\n```'))
        assert (draft.tldr, draft.body) == ("Short.", "Long.")
        (request,) = self.asked
        assert str(request.url) == "https://model.example.org/v1/chat/completions"
        assert request.headers["Authorization"] == "Bearer secret"
        sent = json.loads(request.content)["messages"][1]["content"]
        assert "144 men" in sent and "Minoxidil for hair loss" in sent

    @pytest.mark.parametrize(
        "answer",
        [
            httpx2.Response(500), httpx2.Response(302, headers={"Location": "http://169.254.169.254/"}),
            httpx2.Response(200, text="<html>"), httpx2.Response(200, json=[]), httpx2.Response(200, content=b"x" * 300_000),
            httpx2.Response(200, json={"choices": [{"message": {"content": "no json"}}]}),
            httpx2.Response(200, json={"choices": [{"message": {"content": '{"tldr": 5}'}}]}),
        ],
    )  # fmt: skip
    def test_fail_with_a_sentence(self, answer):
        with pytest.raises(NoDraft):
            self.draft(answer)
        assert len(self.asked) == 1

    def test_fail_with_a_sentence_when_nobody_answers(self):
        def nobody(request):
            raise httpx2.ConnectError("no")

        with pytest.raises(NoDraft, match="can't be reached"):
            self.draft(nobody)

    @pytest.mark.parametrize(
        "address",
        ["http://model.example.org/", "ftp://x", "https://user@host/", "nonsense", "http://localhost.evil.org/"],
    )
    def test_ask_only_over_https(self, settings, address):
        settings.DRAFT_API_URL = address
        with pytest.raises(NoDraft):
            self.draft(self.said("{}"))
        assert self.asked == []

    def test_are_hostile_text_until_rendered(self, client, monkeypatch):
        evil = "<script>alert(1)</script>"
        said = self.said(json.dumps({"tldr": evil, "summary": f"{evil} [x](javascript:alert(1))"}))
        endpoint = Endpoint(httpx2.MockTransport(lambda request: said))
        monkeypatch.setattr(drafting, "drafter", lambda: endpoint)
        study, librarian = drafted_study(), make_librarian()
        row = drafting.begin(study, librarian)
        client.force_login(librarian)
        address = f"{study.get_absolute_url()}summary/edit/?draft={row.pk}"
        assert "is writing a draft" in client.get(address).text  # nobody has waited for it
        for _ in range(2):
            drafting.write(row.pk)
        assert client.get(f"/librarians/drafts/{row.pk}/")["HX-Redirect"] == address
        page = client.get(address).text
        assert evil not in page and "&lt;script&gt;" in page
