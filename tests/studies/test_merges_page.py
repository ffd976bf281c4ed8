"""The librarians' pages about studies that may be one."""

from __future__ import annotations

import pytest

from studies.models import MergedStudy, MergeProposal, Study, StudyChange
from tests.builders import make_librarian, make_member, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian(client):
    member = make_librarian()
    client.force_login(member)
    return member


@pytest.fixture
def pair() -> tuple[Study, Study]:
    one, other = make_study("One title", volume="1"), make_study("Another title", volume="1", pmid="7")
    MergeProposal.objects.create(study=one, other=other, why="the titles are alike", score=95)
    return one, other


def address(pair) -> str:
    return f"/librarians/merges/{pair[0].pk}/{pair[1].pk}/"


class TestTheQueue:
    def test_shows_what_waits_and_counts_it_on_the_desk(self, client, librarian, pair):
        page = client.get("/librarians/merges/").content.decode()
        assert "One title" in page and "Another title" in page and "the titles are alike" in page
        assert address(pair) in page
        assert "1 waiting" in client.get("/librarians/").content.decode()

    def test_leads_to_any_two_studies(self, client, librarian, pair):
        one, other = pair
        for given in (str(other.pk), f"http://testserver{other.get_absolute_url()}", other.doi, "PMID: 7"):
            answer = client.get("/librarians/merges/", {"one": one.pk, "other": given})
            assert (answer.status_code, answer["Location"]) == (302, address(pair)), given

    @pytest.mark.parametrize("other", ["999999", "nothing", "", "9" * 400, "10.9999/not-here"])
    def test_says_what_it_has_not_and_keeps_what_was_typed(self, client, librarian, pair, other):
        answer = client.get("/librarians/merges/", {"one": pair[0].doi, "other": other})
        assert answer.status_code == 422
        assert f'value="{pair[0].doi}"' in answer.content.decode()

    def test_the_same_study_twice_is_no_pair(self, client, librarian, pair):
        assert client.get("/librarians/merges/", {"one": pair[0].pk, "other": pair[0].doi}).status_code == 422


class TestSideBySide:
    def test_marks_what_differs(self, client, librarian, pair):
        page = client.get(address(pair)).content.decode()
        rows = {row.name: row.differs for row in client.get(address(pair)).context["rows"]}
        assert (rows["Title"], rows["Volume, issue, pages"], rows["PMID"]) == (True, False, False)
        assert "data-differs" in page

    @pytest.mark.parametrize("place", [0, 1])
    def test_merges_and_keeps_the_one_pressed(self, client, librarian, pair, place):
        kept, gone = pair[place], pair[1 - place]
        answer = client.post(address(pair), {"keep": kept.pk, "reason": "The same trial."})
        assert (answer.status_code, answer["Location"]) == (302, kept.get_absolute_url())
        assert MergedStudy.objects.get().old_id == gone.pk
        assert (StudyChange.objects.get(kind="merged").actor, StudyChange.objects.get().reason) == (
            librarian,
            "The same trial.",
        )
        proposal = MergeProposal.objects.get()
        assert (proposal.state, proposal.study, proposal.gone_id, proposal.decided_by) == (
            "merged",
            kept,
            gone.pk,
            librarian,
        )
        again = client.post(address(pair), {"keep": kept.pk})
        assert (again.status_code, again["Location"]) == (302, kept.get_absolute_url())
        assert StudyChange.objects.count() == 1

    def test_keeps_apart(self, client, librarian, pair):
        assert client.post(address(pair), {"keep": "apart", "reason": "Part two."}).status_code == 302
        proposal = MergeProposal.objects.get()
        assert (proposal.state, proposal.reason, proposal.decided_by) == ("apart", "Part two.", librarian)
        assert Study.objects.count() == 2
        assert "No pair waits" in client.get("/librarians/merges/").content.decode()
        assert "Part two." in client.get(address(pair)).content.decode()

    def test_what_was_never_proposed_can_be_decided_too(self, client, librarian):
        pair = sorted((make_study(), make_study()), key=lambda study: study.pk)
        assert client.get(address(pair)).status_code == 200
        client.post(address(pair[::-1]), {"keep": "apart"})
        assert MergeProposal.objects.get().state == "apart"

    @pytest.mark.parametrize("sent", [{}, {"keep": "999"}, {"keep": "both"}, {"keep": "apart", "reason": "x" * 501}])
    def test_what_makes_no_sense_changes_nothing(self, client, librarian, pair, sent):
        answer = client.post(address(pair), sent)
        assert answer.status_code == 422
        assert sent.get("reason", "") in answer.content.decode()
        assert MergeProposal.objects.get().state == "open"

    def test_no_such_two_is_a_404(self, client, librarian, pair):
        for one, other in ((pair[0].pk, pair[0].pk), (pair[0].pk, 999999)):
            assert client.get(f"/librarians/merges/{one}/{other}/").status_code == 404

    def test_is_closed_to_others(self, client, pair):
        assert client.get(address(pair)).status_code == 302
        client.force_login(make_member())
        for path in (address(pair), "/librarians/merges/"):
            assert client.get(path).status_code == 403
        assert client.post(address(pair), {"keep": pair[0].pk}).status_code == 403
        assert Study.objects.count() == 2
