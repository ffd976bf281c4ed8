"""What JavaScript adds: pages change in place, say what went wrong, and lose nothing that was typed."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from forum.models import Comment
from tests.browser.visitor import Visitor
from tests.builders import make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.browser


@pytest.fixture
def member():
    return make_member()


@pytest.fixture
def visitor(open_browser, member) -> Visitor:
    """A member with JavaScript."""
    return open_browser(member=member)


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe away."""
    page.evaluate("window.notReloaded = true")


def was_not_reloaded(page: Page) -> bool:
    return page.evaluate("window.notReloaded === true")


class TestAReply:
    def test_is_written_where_it_belongs_and_is_still_there_after_a_reload(self, visitor):
        comment = make_comment(body="Does the foam itch?")
        visitor.visit(comment.post.get_absolute_url())
        mark(visitor.page)
        place = visitor.page.locator(f"#comment-{comment.pk}")
        place.get_by_role("link", name="Reply").click()
        place.get_by_label("Your comment").fill("Less than the *solution* did.")
        visitor.press("Reply", place)
        expect(place.locator(".comment em")).to_have_text("solution")
        expect(place.get_by_label("Your comment")).to_have_count(0)
        expect(visitor.page.locator("#comments-title")).to_have_text("2 comments")
        assert was_not_reloaded(visitor.page)
        visitor.page.reload()
        expect(place.locator(".comment em")).to_have_text("solution")
        assert Comment.objects.get(parent=comment).text.body == "Less than the *solution* did."

    def test_can_be_replied_to_at_once(self, visitor):
        comment = make_comment()
        visitor.visit(comment.post.get_absolute_url())
        place = visitor.page.locator(f"#comment-{comment.pk}")
        place.get_by_role("link", name="Reply").click()
        place.get_by_label("Your comment").fill("One more thing:")
        visitor.press("Reply", place)
        inner = place.locator(".comment", has_text="One more thing:")
        inner.get_by_role("link", name="Reply").click()
        inner.get_by_label("Your comment").fill("I forgot what.")
        visitor.press("Reply", inner)
        expect(inner.locator(".comment")).to_contain_text("I forgot what.")

    def test_does_not_disturb_a_form_that_is_open_elsewhere(self, visitor):
        post = make_post()
        first, second = make_comment(post), make_comment(post)
        visitor.visit(post.get_absolute_url())
        one, other = (visitor.page.locator(f"#comment-{comment.pk}") for comment in (first, second))
        for place, words in ((one, "To the first."), (other, "To the second.")):
            place.get_by_role("link", name="Reply").click()
            place.get_by_label("Your comment").fill(words)
        visitor.press("Reply", other)
        expect(other.locator(".comment")).to_contain_text("To the second.")
        expect(one.get_by_label("Your comment")).to_have_value("To the first.")


class TestAComment:
    def test_appears_on_top_with_the_number_of_comments_and_leaves_an_empty_form(self, visitor):
        post = make_post()
        visitor.visit(post.get_absolute_url())
        mark(visitor.page)
        visitor.sees("No comments yet.")
        for number, words in ((1, "It does for me."), (2, "After three months.")):
            visitor.page.get_by_label("Your comment").fill(words)
            visitor.press("Comment")
            expect(visitor.page.locator("#thread > .comment").first).to_contain_text(words)
            expect(visitor.page.locator("#comments-title")).to_contain_text(str(number))
            expect(visitor.page.get_by_label("Your comment")).to_have_value("")
        expect(visitor.page.get_by_text("No comments yet.")).to_be_hidden()
        assert was_not_reloaded(visitor.page)

    def test_that_does_not_fit_keeps_the_text_and_says_why(self, visitor):
        post = make_post()
        visitor.visit(post.get_absolute_url())
        field = visitor.page.get_by_label("Your comment")
        # More than fits, as a browser that does not keep to maxlength sends it.
        field.evaluate("field => { field.removeAttribute('maxlength'); field.value = 'long '.repeat(2100) }")
        with visitor.page.expect_response(re.compile("/comment/$")) as answer:
            visitor.press("Comment")
        assert answer.value.status == 422
        expect(visitor.page.locator(".field__error")).to_contain_text("at most 10000 characters")
        assert len(field.input_value()) == 10_500
        assert post.comments.count() == 0

    def test_to_a_thread_locked_meanwhile_comes_back_with_the_reason(self, visitor):
        post = make_post()
        visitor.visit(post.get_absolute_url())
        visitor.page.get_by_label("Your comment").fill("I was still typing.")
        post.lock(make_moderator(), "Going in circles")
        visitor.press("Comment")
        expect(visitor.page.get_by_role("alert").filter(has_text="locked in the meantime")).to_be_visible()
        expect(visitor.page.get_by_label("Your comment")).to_have_value("I was still typing.")


class TestAVote:
    def test_changes_the_button_and_not_the_page(self, visitor):
        post = make_post()
        comment = make_comment(post)
        visitor.visit(post.get_absolute_url())
        mark(visitor.page)
        for thing in ("#post", f"#comment-{comment.pk}"):
            button = visitor.vote_button(thing)
            expect(button).to_have_attribute("aria-pressed", "false")
            button.click()
            expect(button).to_have_attribute("aria-pressed", "true")
            expect(button).to_have_text(re.compile("^1 "))
            button.click()
            expect(button).to_have_attribute("aria-pressed", "false")
            expect(button).to_have_text(re.compile("^0 "))
        assert was_not_reloaded(visitor.page)

    def test_pressed_after_signing_out_in_another_tab_leads_to_the_whole_sign_in_page_and_back(self, visitor):
        post = make_post()
        visitor.visit(post.get_absolute_url())
        visitor.is_signed_out()
        visitor.vote_button().click()
        visitor.is_at(f"/accounts/login/?next={quote(post.get_absolute_url(), safe='')}")
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sign in")
        expect(visitor.page.get_by_role("banner")).to_have_count(1)

    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            (403, "You may not do that."),
            (404, "That is not here any more."),
            (429, "That was too fast."),
            (503, "The site is busy right now."),
            (500, "That did not work."),
        ],
    )
    def test_that_cannot_be_counted_says_so_aloud_and_leaves_the_button(self, visitor, status, sentence):
        post = make_post(body="\n\n".join(["A long story."] * 60))
        visitor.visit(post.get_absolute_url())
        visitor.page.route("**/upvote/", _answering(status))
        visitor.vote_button().click()
        told = visitor.page.get_by_role("alert")
        expect(told).to_contain_text(sentence)
        expect(told).to_be_in_viewport()
        expect(visitor.vote_button()).to_have_attribute("aria-pressed", "false")
        visitor.problems.clear()  # the made-up answer itself
        visitor.page.unroute("**/upvote/")
        visitor.vote_button().click()
        expect(visitor.vote_button()).to_have_attribute("aria-pressed", "true")
        expect(told).to_be_empty()

    def test_that_never_arrives_says_so_too(self, visitor):
        post = make_post()
        visitor.visit(post.get_absolute_url())
        visitor.page.route("**/upvote/", lambda route: route.abort())
        visitor.vote_button().click()
        expect(visitor.page.get_by_role("alert")).to_contain_text("can't be reached")
        visitor.problems.clear()


def _answering(status: int):
    def answer(route: Route) -> None:
        route.fulfill(status=status, body="<p>not for this page</p>", content_type="text/html")

    return answer


class TestThePreview:
    def test_shows_the_text_as_it_will_be_without_leaving_the_composer(self, visitor):
        visitor.visit("/community/new/")
        mark(visitor.page)
        visitor.page.get_by_label("Title").fill("A table of my own")
        visitor.page.get_by_label("Text").fill(
            "| week | hairs |\n|---|---|\n| 1 | 61 |\n\n<b onclick=alert(1)>not bold</b>"
        )
        visitor.press("Preview")
        preview = visitor.page.locator("#preview")
        expect(preview.get_by_role("cell", name="61")).to_be_visible()
        expect(preview).to_contain_text("<b onclick=alert(1)>")
        expect(visitor.page.get_by_label("Title")).to_have_value("A table of my own")
        assert was_not_reloaded(visitor.page)
