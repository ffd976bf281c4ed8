"""Words outlive a session and a connection, are sent once, and what they were before can be read or taken out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from forum.models import Comment, Draft, Post
from tests.browser.soundness import assert_sound
from tests.browser.visitor import PASSWORD, Visitor
from tests.builders import confirmed, make_member, make_post, numbers

pytestmark = pytest.mark.browser

ONE_LOOK = (("dark", 390),)


def lose_the_answer(page: Page, path: re.Pattern[str]) -> None:
    """What is sent to ``path`` for the first time arrives, and its answer never comes back."""

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    page.route(path, lose, times=1)


def keep(visitor: Visitor) -> None:
    """Have the words kept as a draft: typing is enough where there is JavaScript."""
    if visitor.has_javascript:
        visitor.sees("Draft kept.")
    else:
        visitor.press("Keep as draft")
        visitor.sees("Kept as a draft.")


def test_words_outlive_a_session_and_a_connection_and_are_sent_once(open_browser, javascript: bool) -> None:
    number = next(numbers)
    member, title = confirmed(make_member(f"types_{number}", password=PASSWORD)), f"Typed once {number}"
    visitor = open_browser(javascript=javascript, member=member)
    page = visitor.page

    # The session ends while somebody writes, and they write on: all of it comes back, and is sent after signing in.
    visitor.visit("/community/new/?category=minoxidil")
    page.get_by_label("Title").fill(f"Written on {number}")
    page.get_by_label("Text", exact=True).fill("All that I had to say.")
    keep(visitor)
    visitor.is_signed_out()
    page.get_by_label("Text", exact=True).fill("All that I had to say.\n\nAnd one line more.")
    visitor.press("Post")
    visitor.sees("Your words were not sent yet")
    expect(page.get_by_label("Text", exact=True)).to_have_value("All that I had to say.\n\nAnd one line more.")
    assert_sound(visitor, ONE_LOOK)
    with page.expect_popup() as opened:
        visitor.follow("Sign in, in a new tab")
    tab = opened.value
    tab.get_by_label("Name or e-mail").fill(member.username)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.locator("main").get_by_role("button", name="Sign in").click()
    expect(tab.get_by_label("Title")).to_have_value(f"Written on {number}")  # the draft from before
    tab.close()
    visitor.press("Send again")
    visitor.sees("you signed in or out meanwhile")
    visitor.press("Send again")
    post = Post.objects.get(title=f"Written on {number}")
    visitor.is_at(post.get_absolute_url())
    assert post.text.body == "All that I had to say.\n\nAnd one line more."
    assert not Draft.objects.filter(member=member).exists()

    # So it is with a comment, though only a piece of the page was to be changed.
    visitor.is_signed_out()
    page.get_by_label("Your comment").fill("And a comment.")
    visitor.press("Comment")
    visitor.sees("Your words were not sent yet")
    expect(page.get_by_label("Text", exact=True)).to_have_value("And a comment.")
    visitor.is_signed_in_as(member)
    visitor.press("Send again")
    if page.get_by_role("button", name="Send again").count():
        visitor.press("Send again")
    expect(page.locator("#thread")).to_contain_text("And a comment.")
    visitor.problems.clear()  # the answers that refused
    visitor.visit("/community/new/?category=minoxidil")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).fill("Over a bad connection.")

    # The answer to the post never comes; it is sent again, and is one post.
    lose_the_answer(page, re.compile("/community/new/"))
    visitor.press("Post")
    page.wait_for_url(re.compile("^chrome-error:"))
    assert Post.objects.filter(title=title).count() == 1
    page.reload()  # the browser sends the form again
    post = Post.objects.get(title=title)
    visitor.is_at(post.get_absolute_url())
    assert not Draft.objects.filter(member=member).exists()

    # So is a comment; and one that is sent by two presses in a row.
    comment = page.get_by_label("Your comment")
    comment.fill("Said over a bad connection.")
    lose_the_answer(page, re.compile("/comment/$"))
    visitor.press("Comment")
    if javascript:
        visitor.sees("The site can't be reached. Nothing you typed is lost")
        expect(comment).to_have_value("Said over a bad connection.")
        visitor.press("Comment")
    else:
        page.wait_for_url(re.compile("^chrome-error:"))
        page.reload()
    expect(page.locator("#thread")).to_contain_text("Said over a bad connection.")
    visitor.problems.clear()  # the connection that was lost
    visitor.visit(post.get_absolute_url())
    comment.fill("Pressed twice.")
    page.get_by_role("button", name="Comment", exact=True).dblclick()
    expect(page.locator("#thread")).to_contain_text("Pressed twice.")
    visitor.visit(post.get_absolute_url())
    expect(page.locator("#thread > .comment")).to_have_count(2)
    assert Comment.objects.filter(post=post).count() == 2


def test_an_edit_is_kept_told_why_and_what_it_replaced_can_be_taken_out(open_browser) -> None:
    member = make_member()
    post = make_post(author=member, title=f"Edited {next(numbers)}", body="I live at 7 Elm Road and it helped.")
    visitor = open_browser(member=member)
    page = visitor.page
    visitor.visit(f"/posts/{post.pk}/edit/")
    page.get_by_label("Text", exact=True).fill("I live up north and it helped.")
    keep(visitor)
    page.close()
    visitor.page = page = visitor.context.new_page()
    visitor.visit("/drafts/")
    visitor.follow("Go on writing")
    expect(page.get_by_label("Text", exact=True)).to_have_value("I live up north and it helped.")
    page.get_by_label(re.compile("^Why")).fill("Too much of me")
    visitor.press("Save")
    visitor.is_at(post.get_absolute_url())

    # Everybody can read what was changed and why, until its author has the earlier words taken out.
    guest = open_browser(javascript=False)
    guest.visit(post.get_absolute_url())
    guest.follow(re.compile("^edited"))
    expect(guest.page.locator(".diff del")).to_contain_text(["7 Elm Road"])
    expect(guest.page.locator(".diff ins")).to_contain_text(["up north"])
    guest.sees("Reason: Too much of me")
    expect(guest.page.get_by_role("link", name=re.compile("^Take the version"))).to_have_count(0)
    page.get_by_role("link", name=re.compile("^edited")).click()
    assert_sound(visitor, ONE_LOOK)
    visitor.follow(re.compile("^Take the version before this change"))
    expect(page.locator(".diff")).to_contain_text("7 Elm Road")
    assert_sound(visitor, ONE_LOOK)
    page.get_by_label(re.compile("^Why|^Reason")).fill("My address")
    visitor.press("Take it out")
    visitor.sees("That version is taken out.")
    guest.page.reload()
    expect(guest.page.locator("main")).not_to_contain_text("Elm Road")
    guest.sees("taken out at its author's request")
