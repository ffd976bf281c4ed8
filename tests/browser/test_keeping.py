"""What a member keeps of the library, and how they are told: one evening with the library."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Member
from studies import arrivals
from studies.models import Study
from tests.browser.soundness import assert_sound
from tests.builders import make_member, make_study, numbers

pytestmark = pytest.mark.browser


@pytest.fixture
def member() -> Member:
    return make_member(f"keeper_of_{next(numbers)}")


def test_a_member_saves_lists_exports_follows_and_is_told(open_browser, member, javascript):
    study = Study.objects.get(pmid="21383913")
    arrivals.tell_of_new_studies()
    visitor = open_browser(javascript=javascript, member=member)
    page = visitor.page

    visitor.visit(study.get_absolute_url())
    keep = page.locator(".keep")
    keep.get_by_role("button", name="Save").click()
    expect(keep.get_by_role("button", name="Saved")).to_have_attribute("aria-pressed", "true")
    visitor.follow("Note and lists")
    page.get_by_label("Your note").fill("Ask about page 4")
    visitor.press("Save the note")
    visitor.sees("Saved, with your note.")

    visitor.follow("Note and lists")
    visitor.follow("Start a list with it")
    page.get_by_label("Title").fill("Before the appointment")
    page.get_by_label("Public").check()
    visitor.press("Save", page.locator("main"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Before the appointment")
    export = page.get_by_role("link", name="BibTeX").get_attribute("href")
    assert "10.2147/btt.s9806" in visitor.context.request.get(f"{visitor.address}{export}").text().lower()

    visitor.visit("/saved/?q=appointment")
    visitor.sees("Nothing you saved fits.")
    visitor.visit("/saved/?q=page+4")
    visitor.sees("Ask about page 4")
    page.locator("main").get_by_role("button", name=re.compile("^Remove")).click()
    visitor.sees("Removed: ")
    visitor.press("Put it back")
    visitor.sees("Ask about page 4")
    if javascript:  # axe is a script
        assert_sound(visitor)

    visitor.visit("/tags/minoxidil/")
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("button", name="Following")).to_have_attribute("aria-pressed", "true")
    title = f"A foam that arrived just now, {member}"
    make_study(title, tags=["minoxidil"], doi=f"10.9999/foam.{member.pk}")
    arrivals.tell_of_new_studies()
    visitor.visit("/")
    expect(page.locator("#bell")).to_contain_text("1")
    page.locator("#bell").click()
    if javascript:  # axe is a script
        assert_sound(visitor)
    visitor.press(f"A new study under minoxidil: {title}")
    expect(page.get_by_role("heading", level=1)).to_have_text("New studies under minoxidil")
    visitor.sees(title)
    expect(page.locator(".bell__count")).to_have_count(0)
    page.get_by_text("Menu", exact=True).click()
    visitor.follow("Following")
    visitor.sees("minoxidil")
    if javascript:  # axe is a script
        assert_sound(visitor)
