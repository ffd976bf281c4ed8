"""What waits for a moderator, in a browser: first words and an edit, let through, kept back and taken back, from the page
and from the desk."""

from __future__ import annotations

import re

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from forum.models import Post
from moderation.models import Trust
from tests.browser.moderating import act, undo_the_last
from tests.browser.soundness import assert_sound
from tests.browser.visitor import Visitor
from tests.builders import make_member, make_moderator, make_post, numbers

pytestmark = pytest.mark.browser

NEW_SITE = "https://pills.example.com/"


@pytest.fixture(autouse=True)
def strict(settings: LazySettings) -> None:
    settings.HOLD_FIRST, settings.HOLD_DOMAINS_BELOW = 1, 2


class Desk:
    """A moderator, and what a guest reads of one post."""

    def __init__(self, moderator: Visitor, guest: Visitor, post: Post, words: str) -> None:
        self.moderator, self.guest, self.post, self.words = moderator, guest, post, words

    def shows(self) -> bool:
        """Whether a guest reads the words."""
        answer = self.guest.visit(self.post.get_absolute_url())
        return answer.status == 200 and self.words in self.guest.page.locator(".post").inner_text()

    def on_the_page(self, deed: str) -> None:
        self.moderator.visit(f"/moderation/post/{self.post.pk}/")
        act(self.moderator, deed)

    def back_on_the_page(self) -> None:
        self.moderator.visit(f"/moderation/post/{self.post.pk}/")
        undo_the_last(self.moderator, "Not sure")

    def at_the_desk(self, deed: str) -> None:
        """Read, and decided, from the queue."""
        self.moderator.visit(f"/admin/moderation/held/?q={self.post.author.username}")
        self.moderator.page.locator("#result_list tbody a").first.click()
        self.moderator.sees(self.words)
        self.moderator.page.get_by_label(re.compile("^Reason")).fill("Because")
        self.moderator.press(deed)
        self.moderator.sees("Done.")

    def back_at_the_desk(self) -> None:
        page = self.moderator.page
        self.moderator.visit(f"/admin/moderation/action/?q={self.post.title.replace(' ', '+')}")
        page.locator("#result_list tbody input[type=checkbox]").first.check()
        page.get_by_label("Action:").select_option(label="Undo")
        page.get_by_placeholder("Reason").fill("Not sure")
        page.locator(".actions button[name=index]").click()
        self.moderator.sees("Done for 1")


def test_first_words_wait_and_are_let_through_or_not(open_browser, javascript: bool) -> None:
    member = make_member(f"came_today_{next(numbers)}")
    author = open_browser(javascript=javascript, member=member)
    title = f"Hello from {member.username}"
    author.visit("/community/new/?category=skin")
    author.page.get_by_label("Title").fill(title)
    author.page.get_by_label("Text", exact=True).fill("My very first words here.")
    author.press("Post")
    author.sees("This waits for a moderator")
    assert_sound(author, (("light", 390),))
    post = Post.objects.get(title=title)
    desk = Desk(open_browser(member=make_moderator()), open_browser(), post, "My very first words here.")
    assert not desk.shows()

    desk.on_the_page("Let it through")
    assert desk.shows()
    desk.back_on_the_page()
    assert not desk.shows()
    desk.on_the_page("Don't let it through")
    assert not desk.shows()
    author.visit(post.get_absolute_url())
    author.sees("A moderator did not let this through. The reason: Because")
    desk.back_on_the_page()
    author.visit(post.get_absolute_url())
    author.sees("This waits for a moderator")

    desk.at_the_desk("Don’t let it through")
    desk.back_at_the_desk()
    assert not desk.shows()
    desk.at_the_desk("Let it through")
    assert desk.shows()
    desk.back_at_the_desk()
    assert not desk.shows()


def test_an_edit_waits_beside_what_everyone_reads_and_is_let_through_or_not(open_browser, javascript: bool) -> None:
    member = make_member(f"edits_{next(numbers)}")
    Trust.objects.create(member=member, level=1)
    post = make_post(author=member, title=f"Edited by {member.username}", body="These are the earlier words.")
    author = open_browser(javascript=javascript, member=member)
    author.visit(f"/posts/{post.pk}/edit/")
    author.page.get_by_label("Text", exact=True).fill(f"These are heliotrope words, {NEW_SITE}")
    author.press("Save")
    author.sees("Your edit waits for a moderator.")
    author.page.get_by_text("What you wrote").click()
    expect(author.page.locator(".waiting pre")).to_contain_text("heliotrope")
    assert_sound(author, (("dark", 390),))
    desk = Desk(open_browser(member=make_moderator()), open_browser(), post, "heliotrope")
    assert not desk.shows() and "earlier words" in desk.guest.page.locator(".post").inner_text()

    desk.on_the_page("Let the edit through")
    assert desk.shows()
    desk.back_on_the_page()
    assert not desk.shows()
    desk.on_the_page("Don't let the edit through")
    author.visit(post.get_absolute_url())
    author.sees("A moderator did not let your edit through. The reason: Because")
    desk.back_on_the_page()
    assert not desk.shows()

    desk.at_the_desk("Don’t let it through")
    desk.back_at_the_desk()
    assert not desk.shows()
    desk.moderator.visit(f"/admin/moderation/held/?q={member.username}")
    desk.moderator.page.locator("#result_list tbody a").first.click()
    expect(desk.moderator.page.locator("del").first).to_contain_text("earlier")
    assert_sound(desk.moderator, (("dark", 1280),))
    desk.at_the_desk("Let it through")
    assert desk.shows()
    desk.back_at_the_desk()
    assert not desk.shows() and "earlier words" in desk.guest.page.locator(".post").inner_text()

    # Its author thinks better of it.
    author.visit(post.get_absolute_url())
    author.press("Take it back")
    author.visit(post.get_absolute_url())
    expect(author.page.locator(".waiting")).to_have_count(0)
