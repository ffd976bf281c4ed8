"""Writing without one's name and telling what helped, as a member does it, with JavaScript and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.models import Category, Post, Reaction, ReactionKind
from tests.browser.soundness import assert_sound
from tests.builders import make_member

pytestmark = pytest.mark.browser


def test_a_post_without_a_name_is_written_answered_and_told_of(open_browser, javascript: bool):
    shelf, _ = Category.objects.get_or_create(slug="treatment", defaults={"name": "Treatment"})
    Category.objects.filter(pk=shelf.pk).update(allows_pseudonyms=True)
    for name, asks in (("Helped me", False), ("Side effect", True)):
        ReactionKind.objects.get_or_create(name=name, asks_for_comment=asks)[0].categories.add(shelf)
    writer, reader = make_member(), make_member()

    mine = open_browser(javascript=javascript, member=writer)
    mine.visit("/community/new/?category=treatment")
    page = mine.page
    page.get_by_label("Title").fill("I have told nobody")
    page.get_by_label("Text").fill("It has been hard.")
    page.get_by_label("Post without my name").check()
    mine.press("Post")
    post = Post.objects.filter(title="I have told nobody").latest("pk")
    expect(page.locator(".post .meta")).to_contain_text(post.pseudonym)
    expect(page.locator("main")).not_to_contain_text(writer.username)
    expect(page.locator(".notice--mask")).to_contain_text(post.pseudonym)
    page.get_by_label("Your comment").fill("Since spring.")
    mine.press("Comment")
    expect(page.locator("#thread .comment__author")).to_have_text(post.pseudonym)
    assert_sound(mine)
    mine.visit("/community/without-a-name/")
    expect(page.get_by_role("article")).to_contain_text("I have told nobody")

    theirs = open_browser(javascript=javascript, member=reader)
    theirs.visit(post.get_absolute_url())
    expect(theirs.page.locator("body")).not_to_contain_text(writer.username)
    theirs.page.get_by_role("button", name="Helped me").click()
    expect(theirs.page.locator('.reaction[aria-pressed="true"]')).to_contain_text("Helped me")
    theirs.page.get_by_role("link", name="Side effect").click()
    assert_sound(theirs)
    theirs.page.get_by_label("Your comment").fill("It itched.")
    theirs.press("Tell it")
    expect(theirs.page.locator("#thread")).to_contain_text("It itched.")
    assert Reaction.objects.filter(post=post, member=reader).count() == 2
