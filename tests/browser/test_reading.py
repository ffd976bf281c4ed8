"""What a member reads on with: what is new in a thread, what they mute and hide."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import expect

from forum.models import Category, Visit
from tests.browser.soundness import assert_sound
from tests.builders import make_comment, make_member, make_post, numbers

pytestmark = pytest.mark.browser


def test_a_member_reads_what_is_new_and_mutes_the_rest(open_browser, javascript):
    number = next(numbers)
    reader, loud = make_member(f"reads_{number}"), make_member(f"loud_{number}")
    shelf = Category.objects.order_by("pk")[0]
    post = make_post(title=f"Read with me {number}", category=shelf)
    other = make_post(title=f"Not for me {number}", category=shelf, author=loud)
    top = make_comment(post, body="The first of all")
    visitor = open_browser(javascript=javascript, member=reader)
    page = visitor.page

    visitor.visit(post.get_absolute_url())
    Visit.objects.filter(member=reader).update(visited_at=F("visited_at") - timedelta(hours=1))
    new = [make_comment(post, parent=top, body="A new answer"), make_comment(post, body="Another one")]
    shout = make_comment(post, author=loud, body="A loud word")
    visitor.visit("/community/?sort=new")
    row = page.locator(".post-item", has_text=post.title)
    expect(row).to_have_attribute("data-read", "")
    assert_sound(visitor)
    row.get_by_role("link", name=re.compile("^3 new comments")).click()
    page.wait_for_url(re.compile(rf"#comment-{new[0].pk}$"))

    visitor.visit(f"{post.get_absolute_url()}?sort=old")
    visitor.sees("3 new comments since your last visit")
    expect(page.locator(".comment--new")).to_have_count(3)
    page.get_by_role("link", name="Go to the first").click()
    page.wait_for_url(re.compile(rf"#comment-{new[0].pk}$"))
    if javascript:
        for key, at in (("n", new[1]), ("n", shout), ("p", new[1]), ("p", new[0])):
            page.keyboard.press(key)
            expect(page.locator(f"#comment-{at.pk}")).to_be_focused()
        assert_sound(visitor)
    branch = page.locator(f"#comment-{top.pk} > .branch")
    branch.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A new answer")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A new answer")).to_be_visible()

    visitor.visit("/community/?sort=new")
    row = page.locator(".post-item", has_text=other.title)
    menu = row.locator(".menu--row")
    menu.locator("summary").click()
    if javascript:
        assert_sound(visitor)
    menu.get_by_role("button", name="Hide this post").click()
    expect(page.locator(".post-item", has_text=other.title)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    row = page.locator(".post-item", has_text=other.title)
    expect(row).to_have_count(1)
    row.locator(".menu--row summary").click()
    row.get_by_role("button", name=f"Mute loud_{number}").click()
    visitor.sees("You mute")
    expect(page.locator(".post-item", has_text=other.title)).to_have_count(0)

    visitor.visit(f"{post.get_absolute_url()}?sort=old")
    expect(page.get_by_text("A loud word")).to_be_hidden()
    page.get_by_text("A comment by somebody you mute").click()
    expect(page.get_by_text("A loud word")).to_be_visible()
    visitor.visit(loud.get_absolute_url())
    visitor.sees("You mute this member")
    expect(page.get_by_text(other.title)).to_have_count(0)
    visitor.visit("/following/muted/")
    if javascript:
        assert_sound(visitor)
    page.locator(".follow-row", has_text=f"loud_{number}").get_by_role("button", name=re.compile("^Unmute")).click()
    visitor.sees("Not muted any more.")

    visitor.visit("/community/")
    visitor.press("Mark all as read")
    visitor.sees("All of it is marked as read.")
    expect(page.locator(".post-item:not([data-read])")).to_have_count(0)
