"""Writing with the toolbar and the suggestions, by keyboard and by press; and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from forum import polls
from forum.models import Post
from tests.browser.soundness import assert_sound
from tests.builders import make_category, make_comment, make_member, make_post

pytestmark = pytest.mark.browser


def test_words_are_formatted_members_and_tags_suggested_and_every_step_can_be_undone(open_browser):
    make_member("quilla_b")
    make_post(tags=["quiet hours"])
    visitor = open_browser(member=make_member())
    visitor.visit("/community/new/")
    page, text = visitor.page, visitor.page.get_by_label("Text", exact=True)
    toolbar = page.get_by_role("toolbar", name="Formatting")
    expect(toolbar).to_be_visible()
    expect(page.get_by_text("How to write")).to_be_hidden()

    assert_sound(visitor)
    text.fill("foam")
    text.select_text()
    page.keyboard.press("Control+b")
    expect(text).to_have_value("**foam**")
    page.keyboard.press("Control+b")
    expect(text).to_have_value("foam")
    page.keyboard.press("Control+z")
    expect(text).to_have_value("**foam**")

    # One stop of the Tab key, and the arrows from there.
    text.fill("one\ntwo")
    text.select_text()
    page.keyboard.press("Shift+Tab")
    expect(toolbar.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(toolbar.get_by_role("button", name="Footnote")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(toolbar.get_by_role("button", name="List", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(text).to_have_value("- one\n- two")
    expect(text).to_be_focused()

    text.fill("It helped. Then not.")
    page.keyboard.press("Home")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    toolbar.get_by_role("button", name="Footnote").click()
    expect(text).to_have_value("It helped.[^1] Then not.\n\n[^1]: ")
    page.keyboard.type("A year.")
    page.keyboard.press("Control+End")

    page.keyboard.type(" @quil")
    members = page.get_by_role("listbox", name="Members")
    expect(members.get_by_role("option", name="@quilla_b")).to_have_attribute("aria-selected", "true")
    assert text.get_attribute("aria-activedescendant") == members.get_by_role("option").first.get_attribute("id")
    page.keyboard.press("Enter")
    page.keyboard.type("#quiet")
    page.get_by_role("option", name="#quiet-hours").click()
    expect(text).to_have_value("It helped.[^1] Then not.\n\n[^1]: A year. @quilla_b #quiet-hours ")
    page.keyboard.type("@quil")
    expect(members).to_be_visible()
    page.keyboard.press("Escape")
    expect(members).to_be_hidden()
    expect(text).to_be_focused()


def test_without_javascript_a_fold_tells_how_to_write_and_the_preview_shows_it(open_browser):
    shelf = make_category("Writing")
    visitor = open_browser(javascript=False, width=390, member=make_member())
    visitor.visit(f"/community/new/?category={shelf.slug}")
    page = visitor.page
    expect(page.get_by_role("toolbar")).to_have_count(0)
    page.get_by_text("How to write").click()
    visitor.sees("has a footnote")
    page.get_by_label("Title").fill("All of it")
    page.get_by_label("Text", exact=True).fill(
        "Done:\n\n- [x] read\n- [ ] ask[^1]\n\n| a | b |\n| --: | --- |\n| 1 | " + "long " * 40 + "|\n\n```\n"
        + "x" * 200 + "\n```\n\n[^1]: Whom?"
    )  # fmt: skip
    visitor.press("Preview")
    preview = page.locator("#preview")
    expect(preview.get_by_role("checkbox", name="Not done")).to_be_visible()
    expect(preview.get_by_role("table")).to_be_visible()
    expect(preview.get_by_role("link", name="Footnote 1", exact=True)).to_be_visible()
    visitor.press("Post")
    assert Post.objects.latest("pk").text.body.startswith("Done:")


def test_a_passage_is_quoted_voted_on_and_marked_as_the_answer(open_browser, javascript):
    author, reader = make_member(), make_member()
    post = make_post(author=author, title="Foam or lotion", body="Does the foam itch?")
    polls.set_terms(post, polls.Terms(("Foam", "Lotion"), is_open=True))
    comment = make_comment(post, author=make_member(), body="It itched. Then it stopped.")
    visitor = open_browser(javascript=javascript, width=390, member=reader)
    visitor.visit(post.get_absolute_url())
    page, place = visitor.page, visitor.page.locator(f"#comment-{comment.pk}")
    page.get_by_label("Lotion").check()
    visitor.press("Vote")
    expect(page.locator("#poll")).to_contain_text("1 member voted")
    if javascript:
        place.locator(".comment__body p").select_text()
        page.locator(".quote-selection").click()
        form = place.locator(".comment-form")
    else:
        place.get_by_role("link", name="Quote").click()
        form = page.locator(".comment-form")
    text = form.get_by_label("Your comment")
    expect(text).to_have_value(re.compile(r"^> \[\w+ wrote\]\(/comments/\d+/\):\n>\n> It itched"))
    text.fill(text.input_value() + "So it does.")
    form.get_by_role("button", name="Reply").click()
    expect(page.locator(".comment blockquote").first).to_contain_text("It itched. Then it stopped.")
    answer = comment.replies.get()

    asker = open_browser(javascript=javascript, member=author)
    asker.visit(post.get_absolute_url())
    asker.page.locator(f"#comment-{answer.pk}").get_by_role("button", name="Mark as answer").click()
    asker.visit(post.get_absolute_url())
    expect(asker.page.locator("#answer")).to_contain_text("So it does.")
    asker.page.get_by_text("Close this poll").click()
    asker.page.get_by_label("Why it should end").fill("I have decided")
    asker.press("Close it now")
    expect(asker.page.locator("#poll")).to_contain_text("The poll is closed.")
    expect(asker.page.locator("#poll").get_by_role("radio")).to_have_count(0)
    if javascript:  # axe itself needs it, and would wait for ever
        assert_sound(asker)


def test_a_preview_is_seen_on_a_phone_and_each_paragraph_goes_as_its_script_does(open_browser):
    visitor = open_browser(member=make_member(), width=390)
    page = visitor.page
    visitor.visit("/community/new/")
    page.get_by_label("Title").fill("مينوكسيديل minoxidil foam")
    page.get_by_label("Text", exact=True).fill("بدأت قبل شهر (foam).\n\nA month ago.")
    expect(page.locator("#suggestions")).to_contain_text("Studies on this")
    visitor.press("Preview")
    expect(page.locator("#preview p").first).to_be_in_viewport()
    page.get_by_label("Category").select_option(label="Experiences")
    visitor.press("Post")
    expect(page.locator("#post .prose p")).to_have_count(2)
    ends = """e => {
      const range = document.createRange(), box = e.getBoundingClientRect();
      range.selectNodeContents(e);
      const words = range.getBoundingClientRect();
      return Math.abs(words.right - box.right) < 1 ? "right" : Math.abs(words.left - box.left) < 1 ? "left" : "?";
    }"""
    assert [place.evaluate(ends) for place in page.locator("#post .prose p").all()] == ["right", "left"]
    assert page.locator("h1").evaluate(ends) == "right"
