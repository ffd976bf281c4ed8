"""One day of three members: written, answered, reacted to, kept, muted; what is one's own; and a moderator after them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import expect

from accounts import jobs
from accounts.models import DataCopy
from forum.models import Category, Comment, Post, ReactionKind, Visit
from tests.browser.soundness import assert_sound
from tests.browser.visitor import PASSWORD, Visitor
from tests.builders import confirmed, make_comment, make_member, numbers
from tests.shared_pictures import picture

pytestmark = pytest.mark.browser

ONE_LOOK = (("dark", 390),)


def a_shelf() -> Category:
    shelf = Category.objects.order_by("pk")[0]
    kind, _ = ReactionKind.objects.get_or_create(name="Helped me")
    kind.categories.add(shelf)
    return shelf


def a_member(name: str):
    return confirmed(make_member(f"{name}_{next(numbers)}", password=PASSWORD))


def signs_in(visitor: Visitor, name: str) -> None:
    visitor.visit("/accounts/login/")
    visitor.page.get_by_label("Name or e-mail address").fill(name)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in", visitor.page.locator("main"))


def gives_the_password(visitor: Visitor) -> None:
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.locator("main form").get_by_role("button").first.click()


def test_a_day_of_members_who_write_answer_read_on_and_go(open_browser, javascript):
    shelf, number = a_shelf(), next(numbers)
    author, answerer, title = a_member("asks"), a_member("knows"), f"Does narwhal oil help {number}"
    mine = open_browser(javascript=javascript)
    page = mine.page

    # She writes with the toolbar, a picture and a poll, looks at it, and sends it.
    signs_in(mine, author.username)
    mine.visit(f"/community/new/?category={shelf.slug}")
    page.get_by_label("Title").fill(title)
    text = page.get_by_label("Text", exact=True)
    text.fill("Before the foam.")
    page.get_by_text("Ask readers: a poll").click()
    page.get_by_label("Answers to choose from").fill("It does\nIt does not")
    if javascript:
        text.select_text()
        page.get_by_role("button", name="Bold").click()
        expect(text).to_have_value("**Before the foam.**")
        with page.expect_file_chooser() as chooser:
            mine.press("Add a picture")
        chooser.value.set_files({"name": "oil.png", "mimeType": "image/png", "buffer": picture("PNG", (300, 200))})
        page.get_by_label("What it shows").fill("A bottle")
        page.get_by_label("What it shows").press("Enter")
        expect(page.get_by_label("What it shows")).to_have_count(0)
    mine.press("Preview")
    expect(page.locator("#preview")).to_contain_text("Before the foam.")
    if javascript:
        assert_sound(mine, ONE_LOOK)
    mine.press("Post")
    post = Post.objects.get(title=title)
    mine.is_at(post.get_absolute_url())

    # Another answers with a quote, votes and tells that it helped.
    theirs = open_browser(javascript=javascript, member=answerer, width=390)
    theirs.visit(post.get_absolute_url())
    theirs.page.get_by_label("It does", exact=True).check()
    theirs.press("Vote")
    expect(theirs.page.locator("#poll")).to_contain_text("1 member voted")
    theirs.page.get_by_role("button", name=re.compile("^Helped me")).click()
    expect(theirs.page.locator('.reaction[aria-pressed="true"]')).to_contain_text("Helped me")
    comment = theirs.page.get_by_label("Your comment")
    comment.fill(
        f"> [{author.username} wrote]({post.get_absolute_url()}):\n>\n> Before the foam.\n\nAfter a month it does."
    )
    theirs.press("Comment")
    expect(theirs.page.locator("#thread blockquote")).to_contain_text("Before the foam.")
    answer = Comment.objects.get(post=post)

    # She is told of it, marks it as the answer, and finds her post among the answered ones.
    mine.visit("/notifications/")
    mine.sees(f"{answerer.username} replied to your post")
    mine.visit(post.get_absolute_url())
    page.locator(f"#comment-{answer.pk}").get_by_role("button", name="Mark as answer").click()
    mine.sees("This comment is the answer")
    mine.visit(post.get_absolute_url())
    expect(page.locator("#answer")).to_contain_text("After a month it does.")
    mine.visit("/community/?sort=answered")
    expect(page.locator(".post-item", has_text=title)).to_have_count(1)

    # A day later there is something new, by somebody whom she mutes at once.
    loud = make_member(f"loud_{number}")
    Visit.objects.filter(member=author).update(visited_at=F("visited_at") - timedelta(days=1))
    make_comment(post, author=loud, body="Nonsense, all of it.")
    mine.visit(post.get_absolute_url())
    mine.sees("1 new comment since your last visit")
    mine.visit(loud.get_absolute_url())
    page.get_by_role("button", name=re.compile("^Mute")).click()
    mine.visit("/search/?q=" + f"nonsense author:{loud.username}")
    expect(page.get_by_text("Nonsense, all of it.")).to_have_count(0)
    mine.visit(f"/search/?q=narwhal author:{author.username} has:study")
    expect(page.get_by_role("link", name=title)).to_have_count(0)
    mine.visit(f"/search/?q=narwhal author:{author.username}")
    expect(page.get_by_role("link", name=title).first).to_be_visible()

    # She keeps the answer in a folder.
    mine.visit(answer.get_absolute_url())
    here = page.locator(f"#comment-{answer.pk} > .comment__foot")
    here.get_by_role("button", name=re.compile("^Save")).click()
    expect(here.get_by_role("button", name=re.compile("^Saved"))).to_be_visible()
    here.get_by_role("link", name="Note and folder").click()
    page.get_by_label("or a new folder").fill("Oils")
    mine.press("Keep it so")
    mine.visit("/saved/")
    mine.follow("Oils")
    expect(page.locator("main")).to_contain_text(title)

    # How the pages look, and what they tell of her.
    mine.visit("/settings/appearance/")
    page.get_by_label("Dark").check()
    mine.press("Save", page.locator("main"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    for address, words in (
        (author.get_absolute_url(), title),
        (f"/members/{author.username}/reputation/", "Reputation"),
        ("/badges/", "Badges"),
        ("/about/trust/", "You are at level"),
    ):
        assert mine.visit(address).status == 200, address
        mine.sees(words)
        if javascript:
            assert_sound(mine, ONE_LOOK)

    # She takes her data along, leaves, and thinks better of it.
    mine.visit("/settings/data/")
    mine.press("Make a copy")
    if page.get_by_label("Password").count():
        gives_the_password(mine)
    if DataCopy.objects.filter(member=author).count() == 0:
        mine.press("Make a copy")
    jobs.make_copy(DataCopy.objects.get(member=author).pk)
    mine.visit("/settings/data/")
    with page.expect_download() as taken:
        mine.follow("Download your data")
    assert taken.value.suggested_filename.endswith(".zip")
    mine.visit("/settings/leave/")
    page.get_by_label("Keep my posts and comments").check()
    mine.press("Leave")
    if page.get_by_label("Password").count() and not page.get_by_label("Name or e-mail address").count():
        gives_the_password(mine)
    author.refresh_from_db()
    assert not author.is_active
    signs_in(mine, author.username)
    mine.sees("You are leaving")
    if javascript:
        assert_sound(mine, ONE_LOOK)
    mine.press("Stay: open my account again")
    author.refresh_from_db()
    assert author.is_active
