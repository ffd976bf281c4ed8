"""The site by keyboard alone: everything can be reached, the focus is seen, and it is never lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor
from tests.builders import make_comment, make_member, make_post

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(open_browser) -> Visitor:
    return open_browser(member=make_member())


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def tab_to(page: Page, wanted: Locator, most: int = 60) -> None:
    """Press Tab until the focus is on ``wanted``; each stop on the way must be seen to have the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        assert _is_seen(page), f"the focus cannot be seen: {page.evaluate('document.activeElement.outerHTML')[:200]}"
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the focus did not come to {wanted} within {most} steps")


def _is_seen(page: Page) -> bool:
    """Whether what has the focus is on the screen, with an outline around it."""
    return page.evaluate(
        """() => {
          const element = document.activeElement;
          const box = element.getBoundingClientRect(), style = getComputedStyle(element);
          const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
          const onScreen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
          return outlined && onScreen && box.width > 0;
        }"""
    )


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
        page, saved = visitor.page, visitor.page.get_by_role("link", name="Saved")
        menu = page.get_by_text("Menu", exact=True)
        tab_to(page, menu)
        page.keyboard.press("Enter")
        tab_to(page, saved, most=1)
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
    @pytest.mark.parametrize("key", ["Enter", "Space"])
    def test_is_reached_pressed_and_pressed_again_without_losing_the_focus(self, visitor, key):
        post = make_post()
        visitor.visit(post.get_absolute_url())
        button = visitor.vote_button()
        tab_to(visitor.page, button)
        for pressed in ("true", "false", "true"):
            visitor.page.keyboard.press(key)
            expect(button).to_have_attribute("aria-pressed", pressed)
            expect(button).to_be_focused()
            assert _is_seen(visitor.page)

    def test_in_a_list_leaves_the_focus_where_the_next_step_goes_on(self, visitor):
        post = make_post(title="The newest of all")
        visitor.visit(f"{post.category.get_absolute_url()}?sort=new")
        row = visitor.page.get_by_role("article").filter(has_text="The newest of all")
        button = row.get_by_role("button")
        tab_to(visitor.page, button)
        visitor.page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button).to_be_focused()
        visitor.page.keyboard.press("Tab")
        expect(focused(visitor.page)).to_have_text(post.category.name)


class TestAReply:
    def test_opens_with_the_focus_in_the_field_and_leaves_it_on_what_was_written(self, visitor):
        comment = make_comment()
        visitor.visit(comment.post.get_absolute_url())
        page = visitor.page
        place = page.locator(f"#comment-{comment.pk}")
        tab_to(page, place.get_by_role("link", name="Reply"))
        page.keyboard.press("Enter")
        expect(place.get_by_label("Your comment")).to_be_focused()
        page.keyboard.type("Written without a mouse.")
        page.keyboard.press("Tab")
        expect(focused(page)).to_have_text("Reply")
        page.keyboard.press("Enter")
        expect(place.locator(".comment")).to_contain_text("Written without a mouse.")
        expect(place.locator(".comment .comment__author")).to_be_focused()

    def test_that_does_not_fit_puts_the_focus_back_into_the_field(self, visitor):
        comment = make_comment()
        visitor.visit(comment.post.get_absolute_url())
        place = visitor.page.locator(f"#comment-{comment.pk}")
        place.get_by_role("link", name="Reply").click()
        field = place.get_by_label("Your comment")
        field.evaluate("field => { field.required = false }")
        tab_to(visitor.page, place.get_by_role("button", name="Reply"))
        visitor.page.keyboard.press("Enter")
        expect(place.locator(".field__error")).to_have_text("Write something first.")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-describedby", re.compile("_error"))


class TestAComment:
    def test_takes_the_focus_when_it_appears_and_the_next_step_goes_on_from_there(self, visitor):
        post = make_post()
        visitor.visit(post.get_absolute_url())
        page = visitor.page
        tab_to(page, page.get_by_label("Your comment"))
        page.keyboard.type("By keyboard.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#thread > .comment .comment__author")).to_be_focused()
        assert _is_seen(page)


class TestEveryStop:
    @pytest.mark.parametrize("path", ["/", "/studies/", "/community/new/", "/settings/"])
    def test_on_the_way_through_a_page_is_seen(self, visitor, path):
        visitor.visit(path)
        last = visitor.page.get_by_role("contentinfo").get_by_role("link", name="About")
        tab_to(visitor.page, last, most=400)
