"""Reports about a study's summary: they go to the moderators' queue, and what they take is the review, not the words."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from moderation import reporting
from moderation.models import Action, Case
from studies.models import Summary
from tests.builders import make_librarian, make_member, make_moderator, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def summary() -> Summary:
    study = make_study("A study", tldr="It cures all.")
    Summary.objects.filter(pk=study.pk).update(reviewer=make_librarian(), reviewed_on=timezone.localdate())
    return Summary.objects.get(pk=study.pk)


def test_is_reported_from_its_page_and_upholding_takes_the_review_back(summary: Summary) -> None:
    client, moderator, was = Client(), make_moderator(), (summary.reviewer_id, summary.reviewed_on)
    client.force_login(make_member())
    where = f"/report/summary/{summary.pk}/"
    assert where in client.get(summary.study.get_absolute_url()).content.decode()
    assert client.post(where, {"reason": "harm", "note": "It does not"}).status_code == 302
    case = Case.objects.get()
    client.force_login(moderator)
    page = client.get(f"/admin/moderation/case/{case.pk}/change/").content.decode()
    assert "Take its review back" in page and "It cures all." in page
    reporting.uphold(case, moderator, "Overstated")
    summary.refresh_from_db()
    assert not summary.is_reviewed and summary.tldr == "It cures all."
    assert Action.objects.filter(action="take back the review").count() == 1
    reporting.reopen(case, moderator, "Not overstated")
    summary.refresh_from_db()
    assert (summary.reviewer_id, summary.reviewed_on) == was


def test_one_that_nobody_reviewed_stays_as_it_is(summary: Summary) -> None:
    Summary.objects.update(reviewer=None, reviewed_on=None)
    reporting.report(summary, "summary", make_member(), "harm")
    reporting.uphold(Case.objects.get(), make_moderator(), "Overstated")
    assert not Case.objects.get().was_hidden_by_decision


def test_a_review_of_other_words_is_not_put_back(summary: Summary) -> None:
    moderator = make_moderator()
    summary.hide(moderator, "Overstated")
    Summary.objects.update(version=2)
    assert summary.unhide(moderator, "Fine") is None
    summary.refresh_from_db()
    assert not summary.is_reviewed


def test_its_writer_cannot_report_it(summary: Summary) -> None:
    writer, client = make_member(), Client()
    Summary.objects.update(writer=writer)
    client.force_login(writer)
    assert client.get(f"/report/summary/{summary.pk}/").status_code == 403
