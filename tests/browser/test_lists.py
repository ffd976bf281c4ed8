"""Going through threads and lists, following at three levels, and muting a tag and a category everywhere at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from forum.models import Category
from notices.following import level_of
from notices.models import Follow
from tests.browser.soundness import assert_sound
from tests.builders import make_comment, make_many_comments, make_member, make_post, numbers

pytestmark = pytest.mark.browser


def test_a_thread_is_sorted_gone_through_and_followed_as_its_reader_likes(open_browser, javascript: bool) -> None:
    reader, post = make_member(), make_post(title=f"A long talk {next(numbers)}")
    liked, last = make_comment(post, body="The liked one"), make_comment(post, body="The last one")
    for _ in range(3):
        liked.upvote(make_member())
    replies = make_many_comments(post, 25, under=liked)
    visitor = open_browser(javascript=javascript, member=reader, width=390)
    page = visitor.page
    first = page.locator("#thread > .comment").first

    visitor.visit(post.get_absolute_url())
    expect(first).to_contain_text("The liked one")
    visitor.follow("New")
    visitor.is_at(re.compile(r"sort=new"))
    expect(first).to_contain_text("The last one")
    visitor.follow("Old")
    expect(first).to_contain_text("The liked one")
    visitor.follow("Best")
    expect(page.locator(f"#comment-{liked.pk} .comment")).to_have_count(20)
    visitor.follow("More replies")
    expect(page.locator(f"#comment-{liked.pk} .comment")).to_have_count(25)
    visitor.visit(f"/comments/{replies[-1]}/")
    expect(page.locator(f"#comment-{replies[-1]}")).to_be_in_viewport()
    expect(page.get_by_text("The last one")).to_have_count(0)
    visitor.follow("Show the whole thread")
    expect(page.get_by_text("The last one")).to_have_count(1)

    levels = page.get_by_role("group", name="What you are told of this post")
    for name, level in (("Nothing", "nothing"), ("Replies to me", "replies"), ("Everything", "everything")):
        levels.get_by_role("button", name=name).click()
        expect(levels.locator('[aria-pressed="true"]')).to_have_text(name)
        assert level_of(reader, post) == level
    visitor.visit("/following/")
    expect(page.locator(".follow-row")).to_contain_text([post.title])
    # On a phone too a title has most of its line, and no narrow column beside what is told of it.
    assert page.locator(".follow-row__thing").first.evaluate("e => e.offsetWidth / e.parentElement.offsetWidth") > 0.6
    expect(page.locator(".follow-row")).to_contain_text(["Everything"])
    page.get_by_role("button", name=f"Unfollow {post.title}").click()
    expect(page.locator(".follow-row")).to_contain_text(["Nothing"])
    assert last.post_id == post.pk


def test_a_member_a_category_and_a_tag_are_followed_and_muted_from_their_pages(open_browser) -> None:
    """The category with JavaScript, the tag without."""
    number = next(numbers)
    reader, author = make_member(), make_member(f"writes_{number}")
    shelf = Category.objects.create(name=f"Shelf {number}", slug=f"muted-{number}")
    post = make_post(author=author, category=shelf, tags=[f"tag {number}"], title=f"Heard of everywhere {number}")
    everywhere = ("/community/?sort=new", f"/search/?q=everywhere+{number}")
    for javascript, thing in ((True, shelf), (False, post.tags.get()), (False, author)):
        visitor = open_browser(javascript=javascript, member=reader)
        page = visitor.page
        title = page.locator("main").get_by_role("link", name=post.title, exact=True)
        visitor.visit(thing.get_absolute_url())
        follow, mute = page.get_by_role("button", name="Follow"), page.get_by_role("button", name=re.compile("^Mute "))
        gap = mute.first.bounding_box()["x"] - follow.bounding_box()["x"] - follow.bounding_box()["width"]
        assert 0 < gap < 40, "they stand side by side, not all over the line"
        visitor.press("Follow")
        expect(page.get_by_role("button", name="Following")).to_have_attribute("aria-pressed", "true")
        if thing == author:
            continue  # muted in test_reading.py and test_by_keys.py
        page.get_by_role("button", name=re.compile("^Mute this ")).click()
        visitor.sees(re.compile("You mute th"))
        expect(title).to_have_count(0)
        assert_sound(visitor, (("dark", 390),))
        for address in everywhere:
            visitor.visit(address)
            expect(title).to_have_count(0)
        visitor.visit(thing.get_absolute_url())
        visitor.press("Unmute")
        expect(page.get_by_role("button", name=re.compile("^Mute this "))).to_be_visible()
        for address in everywhere:
            visitor.visit(address)
            expect(title).to_have_count(1)
    assert Follow.objects.filter(member=reader).count() == 3
