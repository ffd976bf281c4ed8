"""A librarian edits a summary with a number that is not in the abstract, and everybody can see what became of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from studies.models import Study, Summary
from tests.browser.soundness import assert_sound
from tests.builders import make_librarian, make_study, numbers

pytestmark = pytest.mark.browser


@pytest.fixture
def study() -> Study:
    study = make_study(f"Ointment in {next(numbers)} words", tldr="It helped 45% of the people.")
    study.text.abstract_html = "<p>In 144 people the ointment helped 45%.</p>"
    study.text.save()
    return study


def test_a_number_that_is_not_in_the_abstract_is_stopped_ticked_off_and_seen_in_the_history(open_browser, study):
    librarian = open_browser(member=make_librarian())
    page = librarian.page
    librarian.visit(study.get_absolute_url())
    librarian.follow("Edit the summary")
    page.get_by_label("TL;DR").fill("It helped 54% of the people.")
    page.get_by_label("Summary", exact=True).fill("Of **144** people.")
    expect(page.locator("#preview strong")).to_have_text("144")
    page.get_by_label("Why").fill("Read the table again")
    librarian.press("Save")
    stopped = page.get_by_role("group", name="Not in the abstract")
    expect(stopped).to_contain_text("It helped 54% of the people.")
    expect(page.get_by_label("Summary", exact=True)).to_have_value("Of **144** people.")
    assert_sound(librarian)
    assert Summary.objects.get(study=study).version == 1
    stopped.get_by_role("checkbox").check()
    librarian.press("Save")
    librarian.is_at(study.get_absolute_url())
    librarian.sees("It helped 54% of the people.")

    guest = open_browser(width=390)
    guest.visit(study.get_absolute_url())
    guest.follow("History (2 versions)")
    guest.sees("Read the table again")
    guest.follow("Version 2")
    expect(guest.page.locator(".diff del").first).to_contain_text("45")
    expect(guest.page.locator(".diff ins").filter(has_text="54")).to_be_visible()
    guest.sees("Ticked off")
    assert_sound(guest)
