"""Drafts: what somebody types outlives the tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.models import Draft, Post
from tests.builders import make_member, make_post

pytestmark = pytest.mark.browser


def test_words_outlive_a_closed_tab_and_their_draft_goes_when_they_are_sent(open_browser):
    member = make_member()
    visitor = open_browser(member=member)
    visitor.visit("/community/new/?category=minoxidil")
    visitor.page.get_by_label("Title").fill("Half a thought")
    visitor.page.get_by_label("Text").press_sequentially("And the rest of it")
    visitor.sees("Draft kept.")
    visitor.page.close()

    visitor.page = visitor.context.new_page()
    visitor.visit("/drafts/")
    visitor.follow("Go on writing")
    visitor.sees("Your draft from")
    expect(visitor.page.get_by_label("Title")).to_have_value("Half a thought")
    expect(visitor.page.get_by_label("Text")).to_have_value("And the rest of it")
    visitor.press("Post")
    visitor.is_at(Post.objects.get(author=member).get_absolute_url())
    assert not Draft.objects.filter(member=member).exists()

    # A comment, in two tabs: the second is told, and keeps its words only when asked to.
    post = make_post()
    visitor.visit(post.get_absolute_url())
    other = visitor.context.new_page()
    other.goto(post.get_absolute_url())
    visitor.page.get_by_label("Your comment").press_sequentially("First tab")
    visitor.sees("Draft kept.")
    other.get_by_label("Your comment").press_sequentially("Second tab")
    expect(other.locator(".keeper__said")).to_contain_text("Another tab kept a newer draft here.")
    other.get_by_role("button", name="Keep this tab's words instead").click()
    expect(other.locator(".comment-form .keeper__said")).to_have_text("Draft kept.")
    assert Draft.objects.get(member=member).fields["body"] == "Second tab"
    other.get_by_role("button", name="Comment", exact=True).click()
    expect(other.locator("#thread")).to_contain_text("Second tab")
    expect(other.get_by_label("Your comment")).to_have_value("")
    assert not Draft.objects.filter(member=member).exists()
