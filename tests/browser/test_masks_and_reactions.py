"""Writing without one's name and telling what helped, as a member does it, with JavaScript and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum import reactions
from forum.models import Category, Post, Reaction, ReactionKind
from tests.browser.soundness import assert_sound
from tests.builders import make_member, make_moderator, numbers

pytestmark = pytest.mark.browser


def test_a_post_without_a_name_is_written_answered_and_told_of(open_browser, javascript: bool):
    shelf, _ = Category.objects.get_or_create(slug="treatment", defaults={"name": "Treatment"})
    Category.objects.filter(pk=shelf.pk).update(allows_pseudonyms=True)
    for name, asks in (("Helped me", False), ("Side effect", True)):
        ReactionKind.objects.get_or_create(name=name, asks_for_comment=asks)[0].categories.add(shelf)
    writer, reader, tag = make_member(), make_member(), f"told{next(numbers)}"

    mine = open_browser(javascript=javascript, member=writer)
    mine.visit("/community/new/?category=treatment")
    page = mine.page
    page.get_by_label("Title").fill("I have told nobody")
    page.get_by_label("Text").fill("It has been hard.")
    page.get_by_label("Tags", exact=True).fill(tag)
    page.get_by_label("Post without my name").check()
    mine.press("Post")
    post = Post.objects.filter(title="I have told nobody").latest("pk")
    expect(page.locator(".post .meta")).to_contain_text(post.pseudonym)
    expect(page.locator("main")).not_to_contain_text(writer.username)
    expect(page.locator(".notice--mask strong")).to_have_text(post.pseudonym)
    expect(page.locator(".notice--mask strong")).to_have_css("display", "inline")  # within its sentence
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

    # Under a tag the sums stand once five members have told; whoever moderates learns who wrote, and gives a reason.
    theirs.visit(f"/tags/{tag}/")
    expect(theirs.page.get_by_role("heading", name="members who told")).to_have_count(0)
    helped = ReactionKind.objects.get(name="Helped me")
    for _ in range(4):
        reactions.react(post, helped, make_member())
    theirs.visit(f"/tags/{tag}/")
    theirs.sees("Of 5 members who told")
    serving = open_browser(javascript=javascript, member=make_moderator())
    serving.visit(post.get_absolute_url())
    serving.page.locator("#post").get_by_role("link", name="Unmask").click()
    expect(serving.page.locator("body")).not_to_contain_text(writer.username)
    serving.page.get_by_label("Reason").fill("Somebody may be in danger")
    serving.press("Show me who wrote it")
    serving.sees(f"It was written by {writer.username}")
    serving.visit("/moderation/log/")
    serving.sees("Somebody may be in danger")
    expect(serving.page.locator("body")).not_to_contain_text(writer.username)
