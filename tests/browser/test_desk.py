"""The moderators' desk in a real browser: what a moderator does there is what everyone sees on the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.models import Category, Post
from moderation.models import Action
from tests.browser.visitor import Visitor
from tests.builders import make_member, make_moderator, make_post, numbers

pytestmark = pytest.mark.browser


@pytest.fixture
def post() -> Post:
    return make_post(title=f"Buy my serum number {next(numbers)}", body="It is on my page.")


@pytest.fixture
def moderator(open_browser) -> Visitor:
    return open_browser(member=make_moderator())


@pytest.fixture
def guest(open_browser) -> Visitor:
    return open_browser()


def act(visitor: Visitor, post: Post, action: str, reason: str, category: Category | None = None) -> None:
    """Find the post at the desk by its title, choose it, and do ``action`` with a reason."""
    visitor.visit(f"/admin/forum/post/?q={post.title.rpartition(' ')[2]}")
    visitor.page.get_by_role("row", name=post.title).get_by_role("checkbox").check()
    visitor.page.get_by_label("Action:").select_option(label=action)
    visitor.page.get_by_label("Reason").fill(reason)
    if category:
        visitor.page.get_by_label("To category").select_option(label=category.name)
    visitor.page.locator(".actions button[name=index]").click()


class TestAModerator:
    def test_reaches_the_desk_from_any_page(self, moderator):
        moderator.visit("/")
        moderator.page.get_by_text("Menu", exact=True).click()
        moderator.follow("Desk")
        moderator.is_at("/admin/")
        moderator.sees("Moderation and library")

    def test_hides_a_post_from_everyone_but_moderators_and_shows_it_again(self, moderator, guest, post):
        act(moderator, post, "Hide", "Advertising")
        moderator.sees("Done for 1")
        assert guest.visit(post.get_absolute_url()).status == 404
        moderator.visit(post.get_absolute_url())
        expect(moderator.page.locator(".post .badge", has_text="Hidden")).to_be_visible()
        act(moderator, post, "Show again", "It was a joke")
        assert guest.visit(post.get_absolute_url()).status == 200
        reasons = (
            Action.objects.filter(object_id=post.pk, content_type__model="post")
            .order_by("pk")
            .values_list("reason", flat=True)
        )
        assert list(reasons) == ["Advertising", "It was a joke"]

    def test_locks_a_thread_so_that_nobody_can_answer(self, moderator, open_browser, post):
        act(moderator, post, "Lock", "Going in circles")
        member = open_browser(member=make_member())
        member.visit(post.get_absolute_url())
        member.sees("This thread is locked")
        expect(member.page.locator(".post .badge", has_text="Locked")).to_be_visible()
        expect(member.page.get_by_label("Your comment")).to_have_count(0)

    def test_pins_a_post_above_its_category(self, moderator, guest, post):
        act(moderator, post, "Pin in its category", "For everyone who is new")
        guest.visit(post.category.get_absolute_url())
        pinned = guest.page.get_by_role("region", name="Pinned posts")
        expect(pinned).to_contain_text(post.title)

    def test_moves_a_post_to_another_category(self, moderator, guest, post):
        act(moderator, post, "Move to the category chosen", "Not about research", Category.objects.get(slug="product"))
        guest.visit(post.get_absolute_url())
        expect(guest.page.locator(".post .meta").get_by_role("link", name="Product")).to_be_visible()

    def test_must_give_a_reason(self, moderator, guest, post):
        act(moderator, post, "Hide", "")
        moderator.sees("Give a reason")
        assert guest.visit(post.get_absolute_url()).status == 200


class TestAMember:
    def test_finds_no_way_to_the_desk(self, open_browser):
        member = open_browser(member=make_member())
        member.visit("/")
        member.page.get_by_text("Menu", exact=True).click()
        expect(member.page.get_by_role("link", name="Settings")).to_be_visible()
        expect(member.page.get_by_role("link", name="Desk")).to_have_count(0)
        assert member.visit("/admin/").status == 403
        assert member.visit("/admin/forum/post/").status == 403

    def test_who_is_a_guest_is_asked_to_sign_in_first(self, guest):
        guest.visit("/admin/forum/post/")
        expect(guest.page.get_by_role("heading", level=1)).to_have_text("Sign in")
