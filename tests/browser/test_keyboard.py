"""How the site meets a keyboard: the focus is seen, in order, and never lost. What members do by it: ``test_by_keys.py``."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.visitor import Visitor
from tests.builders import make_comment, make_member, make_post

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(open_browser) -> Visitor:
    return open_browser(member=make_member())


class TestTheSkipLink:
    def test_is_the_first_stop_comes_into_sight_and_leads_past_the_header(self, visitor):
        visitor.visit("/community/")
        visitor.page.keyboard.press("Tab")
        skip = visitor.page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport(ratio=1)
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.press("Tab")
        expect(visitor.page.locator("main :focus")).to_have_count(1)


class TestTheMenu:
    def test_opens_and_closes_by_keyboard_and_gives_the_focus_back(self, visitor):
        visitor.visit("/community/")
        page, keys, saved = visitor.page, Keys(visitor.page), visitor.page.get_by_role("link", name="Saved")
        menu = page.get_by_text("Menu", exact=True)
        keys.to(menu)
        page.keyboard.press("Enter")
        keys.to(saved, most=1)
        page.keyboard.press("Escape")
        expect(saved).to_be_hidden()
        expect(menu).to_be_focused()

    def test_closes_by_a_press_beside_it(self, visitor):
        visitor.visit("/community/")
        visitor.page.get_by_text("Menu", exact=True).click()
        expect(visitor.page.get_by_role("link", name="Saved")).to_be_visible()
        visitor.page.locator("h1").click()
        expect(visitor.page.get_by_role("link", name="Saved")).to_be_hidden()


class TestAVote:
    def test_is_pressed_and_pressed_again_without_losing_the_focus(self, visitor):
        visitor.visit(make_post().get_absolute_url())
        button, keys = visitor.vote_button(), Keys(visitor.page)
        keys.to(button)
        for key, pressed in (("Enter", "true"), ("Space", "false"), ("Enter", "true")):
            keys.press(key)
            expect(button).to_have_attribute("aria-pressed", pressed)
            keys.stays(button)

    def test_in_a_list_leaves_the_focus_where_the_next_step_goes_on(self, visitor):
        post = make_post(title="The newest of all")
        visitor.visit(f"{post.category.get_absolute_url()}?sort=new")
        row = visitor.page.get_by_role("article").filter(has_text="The newest of all")
        button = row.get_by_role("button")
        Keys(visitor.page).to(button)
        visitor.page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button).to_be_focused()
        visitor.page.keyboard.press("Tab")
        expect(visitor.page.locator(":focus")).to_have_text(post.category.name)


class TestAReply:
    def test_that_does_not_fit_puts_the_focus_back_into_the_field(self, visitor):
        comment = make_comment()
        visitor.visit(comment.post.get_absolute_url())
        place = visitor.page.locator(f"#comment-{comment.pk}")
        place.get_by_role("link", name="Reply").click()
        field = place.get_by_label("Your comment")
        field.evaluate("field => { field.required = false }")
        Keys(visitor.page).to(place.get_by_role("button", name="Reply"))
        visitor.page.keyboard.press("Enter")
        expect(place.locator(".field__error")).to_have_text("Write something first.")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-describedby", re.compile("_error"))


class TestEveryStop:
    def test_on_the_way_through_a_page_is_seen_in_order_and_the_way_has_an_end(self, visitor):
        post = make_comment(make_post(tags=["one", "two"])).post
        pages = (
            "/",
            "/studies/",
            "/community/new/",
            "/settings/",
            "/settings/notices/",
            "/following/",
            post.get_absolute_url(),
        )
        for path in pages:
            visitor.visit(path)
            last = visitor.page.get_by_role("contentinfo").get_by_role("link").last
            Keys(visitor.page).to(last, most=400)
