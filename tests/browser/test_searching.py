"""Searching, keeping a search, and saving what was found: an evening with the community."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.soundness import assert_sound
from tests.builders import make_comment, make_member, make_post, numbers

pytestmark = pytest.mark.browser


def test_a_member_searches_keeps_the_search_and_saves_a_comment(open_browser, javascript):
    member = make_member(f"seeker_of_{next(numbers)}")
    word = f"quokka{next(numbers)}"
    post = make_post(title=f"Shampoo of {word}", body="Who has tried this shampoo?", tags=[word])
    comment = make_comment(post, body="The shampoo helped me after a month.")
    visitor = open_browser(javascript=javascript, member=member)
    page = visitor.page

    visitor.visit("/")
    box = page.locator("#site-search")
    if javascript:
        box.click()
        expect(page.get_by_role("option", name="tag:")).to_be_visible()
        box.press_sequentially(f"tag:{word}")
        option = page.get_by_role("option", name=f"tag:{word}")
        expect(option).to_be_visible()
        assert_sound(visitor, (("light", 1280),))
        box.focus()
        box.press("ArrowDown")
        expect(option).to_have_attribute("aria-selected", "true")
        box.press("Enter")
        expect(box).to_have_value(f"tag:{word} ")
        box.press("Escape")
        box.press_sequentially("shampoo")
        box.press("Escape")
    else:
        box.fill(f"tag:{word} shampoo")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"tag:{word} shampoo")
    expect(page.locator("mark").first).to_have_text("shampoo")
    visitor.press("Follow this search")
    visitor.sees("You follow the search")
    if javascript:
        assert_sound(visitor)

    page.get_by_role("link", name=f"Comment on Shampoo of {word}").click()
    here = page.locator(f"#comment-{comment.pk} > .comment__foot")
    here.get_by_role("button", name=re.compile("^Save")).click()
    expect(here.get_by_role("button", name=re.compile("^Saved"))).to_have_attribute("aria-pressed", "true")
    here.get_by_role("link", name="Note and folder").click()
    page.get_by_label("Your note").fill("Try it in May")
    page.get_by_label("or a new folder").fill("Shampoos")
    visitor.press("Keep it so")
    visitor.visit("/saved/")
    visitor.follow("Shampoos")
    visitor.sees("Try it in May")
    if javascript:
        assert_sound(visitor)
    page.locator("main").get_by_role("button", name=re.compile("^Remove")).click()
    visitor.press("Put it back")
    visitor.sees("Try it in May")
