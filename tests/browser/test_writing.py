"""Writing, changing and deleting posts and comments, with JavaScript and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.models import Post
from tests.browser.visitor import Visitor
from tests.builders import make_comment, make_member, make_post

pytestmark = pytest.mark.browser


@pytest.fixture
def member():
    return make_member()


@pytest.fixture
def visitor(open_browser, javascript: bool, member) -> Visitor:
    """A member, with JavaScript and without."""
    return open_browser(javascript=javascript, member=member)


class TestAPost:
    def test_is_written_previewed_and_stands_in_its_category(self, visitor, member):
        visitor.visit("/community/c/minoxidil/")
        visitor.follow("Write a post")
        page = visitor.page
        expect(page.get_by_label("Category")).to_have_value("minoxidil")
        page.get_by_label("Title").fill("Foam on a wet scalp?")
        page.get_by_label("Text").fill("Do you wait until it is **dry**?")
        page.get_by_label("Tags", exact=True).fill("minoxidil, Shower  ")
        visitor.press("Preview")
        expect(page.locator("#preview strong")).to_have_text("dry")
        visitor.press("Post")
        post = Post.objects.get(author=member)
        visitor.is_at(post.get_absolute_url())
        expect(page.get_by_role("heading", level=1)).to_have_text("Foam on a wet scalp?")
        expect(page.locator(".post .prose strong")).to_have_text("dry")
        expect(page.get_by_role("list", name="Tags").get_by_role("link")).to_have_text(["minoxidil", "shower"])
        visitor.visit("/community/c/minoxidil/?sort=new")
        expect(page.get_by_role("article").first).to_contain_text("Foam on a wet scalp?")

    def test_that_does_not_fit_comes_back_with_everything_typed(self, visitor, member):
        visitor.visit("/community/new/")
        page = visitor.page
        page.get_by_label("Text").fill("No title, and nine tags.")
        page.get_by_label("Tags", exact=True).fill("a1, a2, a3, a4, a5, a6, a7, a8, a9")
        # The browser's own check would stop an empty title before it is sent.
        page.locator("form.composer").evaluate("form => form.noValidate = true")
        visitor.press("Post")
        expect(page.locator(".field__error")).to_have_count(3)
        wrong = page.locator(".notice--error").get_by_role("link")  # what is wrong may stand far down
        expect(wrong).to_have_text(["Title", "Category", "Tags"])
        wrong.last.click()
        expect(page.get_by_label("Tags", exact=True)).to_be_in_viewport()
        expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Text")).to_have_value("No title, and nine tags.")
        assert not Post.objects.filter(author=member).exists()

    def test_is_changed_by_its_author(self, visitor, member):
        post = make_post(author=member, title="Befor", body="Old words.")
        visitor.visit(post.get_absolute_url())
        visitor.follow("Edit")
        expect(visitor.page.get_by_label("Text")).to_have_value("Old words.")
        visitor.page.get_by_label("Title").fill("Before")
        visitor.page.get_by_label("Text").fill("New words.")
        visitor.press("Save")
        visitor.is_at(f"/posts/{post.pk}/before/")
        expect(visitor.page.locator(".post")).to_contain_text("New words.")
        visitor.sees("edited")

    def test_changed_in_two_tabs_shows_both_texts_and_overwrites_only_when_told_again(self, visitor, member):
        post = make_post(author=member, body="As it was.")
        tabs = [visitor.page, visitor.context.new_page()]
        for tab in tabs:
            tab.goto(f"/posts/{post.pk}/edit/")
        for tab, words in zip(tabs, ("From the first tab.", "From the second tab."), strict=True):
            tab.get_by_label("Text").fill(words)
            tab.get_by_role("button", name="Save", exact=True).click()
        late = tabs[1]
        expect(late.locator(".notice--warning")).to_contain_text("another version")
        expect(late.locator("pre.composer__preview")).to_contain_text("From the first tab.")
        expect(late.get_by_label("Text")).to_have_value("From the second tab.")
        assert Post.objects.get(pk=post.pk).text.body == "From the first tab."
        late.get_by_role("button", name="Save", exact=True).click()
        expect(late.locator(".post")).to_contain_text("From the second tab.")

    def test_is_deleted_after_a_question_and_its_answers_stay(self, visitor, member):
        post = make_post(author=member, title="Never mind this")
        make_comment(post, body="I do mind.")
        visitor.visit(post.get_absolute_url())
        visitor.follow("Delete")
        visitor.follow("Keep it")
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Never mind this")
        visitor.follow("Delete")
        visitor.press("Delete it")
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Deleted post")
        visitor.sees("Your post is deleted.")
        visitor.sees("I do mind.")
        assert "Never mind this" not in visitor.page.content()


class TestAComment:
    def test_is_answered_on_a_page_of_its_own_when_its_form_cannot_open_in_place(self, open_browser, member):
        visitor = open_browser(javascript=False, member=member)
        comment = make_comment(body="Does the foam itch?")
        visitor.visit(comment.post.get_absolute_url())
        visitor.page.locator(f"#comment-{comment.pk}").get_by_role("link", name="Reply").click()
        visitor.is_at(f"/comments/{comment.pk}/reply/")
        visitor.sees("Does the foam itch?")
        visitor.page.get_by_label("Your comment").fill("Not for me.")
        visitor.press("Reply")
        answer = comment.replies.get()
        visitor.is_at(f"{comment.post.get_absolute_url()}?at={answer.pk}#comment-{answer.pk}")
        expect(visitor.page.locator(f"#comment-{comment.pk} .comment--here")).to_contain_text("Not for me.")

    def test_is_changed_and_deleted_by_its_author(self, visitor, member):
        comment = make_comment(author=member, body="For too years now.")
        make_comment(comment.post, parent=comment, body="Two!")
        place = visitor.page.locator(f"#comment-{comment.pk}")
        visitor.visit(comment.post.get_absolute_url())
        place.get_by_role("link", name="Edit your comment").click()
        visitor.page.get_by_label("Your comment").fill("For two years now.")
        visitor.press("Save")
        expect(place).to_contain_text("For two years now.")
        expect(place).to_contain_text("edited")
        place.get_by_role("link", name="Delete your comment").click()
        visitor.press("Delete it")
        expect(place).to_contain_text("Deleted by its author.")
        expect(place).to_contain_text("Two!")
        expect(visitor.page.get_by_role("heading", name="1 comment", exact=True)).to_be_visible()

    def test_changed_in_two_tabs_shows_both_texts(self, visitor, member):
        comment = make_comment(author=member, body="As it was.")
        tabs = [visitor.page, visitor.context.new_page()]
        for tab in tabs:
            tab.goto(f"/comments/{comment.pk}/edit/")
        for tab, words in zip(tabs, ("From the first tab.", "From the second tab."), strict=True):
            tab.get_by_label("Your comment").fill(words)
            tab.get_by_role("button", name="Save", exact=True).click()
        expect(tabs[1].locator("pre.composer__preview")).to_have_text("From the first tab.")
        expect(tabs[1].get_by_label("Your comment")).to_have_value("From the second tab.")

    def test_of_somebody_else_offers_neither_edit_nor_delete_and_its_edit_page_says_why(self, visitor):
        comment = make_comment()
        visitor.visit(comment.post.get_absolute_url())
        place = visitor.page.locator(f"#comment-{comment.pk}")
        expect(place.get_by_role("link", name="Reply")).to_be_visible()
        expect(place.get_by_role("link", name="Edit")).to_have_count(0)
        expect(place.get_by_role("link", name="Delete")).to_have_count(0)
        assert visitor.visit(f"/comments/{comment.pk}/edit/").status == 403
        visitor.sees("Only its author can edit a comment")
