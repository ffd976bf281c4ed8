"""A study in a post: a card where the library has it, a link where not, until it arrives."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.models import Post
from studies.importing.importing import import_records
from studies.importing.record import StudyRecord
from studies.models import Study
from tests.builders import make_member

pytestmark = pytest.mark.browser


def test_a_study_named_in_a_post_is_a_card_and_one_not_here_yet_becomes_one_when_it_arrives(open_browser):
    member = make_member()
    visitor = open_browser(member=member)
    page = visitor.page
    study = Study.objects.exclude(doi=None).filter(title__icontains="minoxidil", retraction="").order_by("pk")[0]
    visitor.visit("/community/new/?category=minoxidil")
    page.get_by_label("Title").fill(study.title[:120])
    suggested = page.locator("#suggestions").get_by_role("listitem").filter(has_text=study.title).first
    expect(suggested).to_be_visible()
    expect(page.get_by_label("Title")).to_be_focused()
    suggested.get_by_role("button", name="Insert").click()
    text = page.get_by_label("Text")
    expect(text).to_have_value(f"doi:{study.doi}\n\n")
    text.press_sequentially("And this one: https://doi.org/10.99999/Not-Here.Yet")
    visitor.press("Preview")
    expect(page.locator("#preview .study-card")).to_contain_text(study.title)
    visitor.press("Post")
    post = Post.objects.get(author=member)
    visitor.is_at(post.get_absolute_url())
    cards, prose = page.locator(".post .study-card"), page.locator(".post .prose")
    expect(cards).to_have_count(1)
    expect(cards.get_by_role("link", name=study.title)).to_have_attribute("href", study.get_absolute_url())
    unknown = prose.get_by_role("link", name="https://doi.org/10.99999/Not-Here.Yet")
    expect(unknown).to_have_attribute("href", "https://doi.org/10.99999/Not-Here.Yet")
    visitor.visit("/studies/wanted/")
    visitor.sees("doi:10.99999/not-here.yet")

    import_records([StudyRecord(title="It has arrived", doi="10.99999/not-here.yet")], "crossref")
    arrived = Study.objects.get(doi="10.99999/not-here.yet")
    visitor.visit(post.get_absolute_url())
    chip = prose.get_by_role("link", name="It has arrived")
    expect(chip).to_have_attribute("href", arrived.get_absolute_url())
    chip.click()
    visitor.is_at(arrived.get_absolute_url())
    visitor.sees("Mentioned in 1 post")
