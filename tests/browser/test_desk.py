"""The moderators' desk in a real browser: what a moderator does there is what everyone sees on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.models import Comment, Post
from moderation.models import Action
from tests.browser.moderating import act, undo_the_last
from tests.browser.soundness import assert_sound
from tests.browser.visitor import Visitor
from tests.builders import make_comment, make_member, make_moderator, make_post, numbers

pytestmark = pytest.mark.browser


@pytest.fixture
def moderator(open_browser) -> Visitor:
    return open_browser(member=make_moderator())


@pytest.fixture
def guest(open_browser) -> Visitor:
    return open_browser()


@dataclass(frozen=True)
class Deed:
    """One thing a moderator does: ``fill`` what it asks for, and whether a guest ``sees`` that it holds."""

    label: str
    sees: Callable[[Visitor, Thread], bool]
    fill: Callable[[Page, Thread], None] = lambda page, thread: None
    in_bulk: bool = True
    undone_at_the_post: bool = False


@dataclass(frozen=True)
class Thread:
    post: Post
    comment: Comment
    other: Post


def says(words: str) -> Callable[[Visitor, Thread], bool]:
    def sees(guest: Visitor, thread: Thread) -> bool:
        guest.visit(thread.post.get_absolute_url())
        return words in guest.page.locator("main").inner_text()

    return sees


def is_gone(guest: Visitor, thread: Thread) -> bool:
    return guest.visit(thread.post.get_absolute_url()).status == 404


def is_pinned(guest: Visitor, thread: Thread) -> bool:
    guest.visit(thread.post.category.get_absolute_url())
    return bool(guest.page.get_by_role("region", name="Pinned posts").get_by_text(thread.post.title).count())


def is_in_product(guest: Visitor, thread: Thread) -> bool:
    guest.visit(thread.post.get_absolute_url())
    return bool(guest.page.locator(".post .meta").get_by_role("link", name="Product").count())


def is_merged(guest: Visitor, thread: Thread) -> bool:
    guest.visit(thread.post.get_absolute_url())
    return thread.other.title in guest.page.locator("h1").inner_text()


def is_on_its_own(guest: Visitor, thread: Thread) -> bool:
    guest.visit(thread.comment.get_absolute_url())
    return guest.page.locator("h1").inner_text() == "On its own"


def fill(label: str, value: str | Callable[[Thread], str]) -> Callable[[Page, Thread], None]:
    return lambda page, thread: page.get_by_label(label).last.fill(value if isinstance(value, str) else value(thread))


def choose_product(page: Page, thread: Thread) -> None:
    page.get_by_label("To", exact=True).last.select_option(label="Product")


def fill_split(page: Page, thread: Thread) -> None:
    page.get_by_label("These comments").fill(str(thread.comment.pk))
    fill_convert(page, thread)


def fill_convert(page: Page, thread: Thread) -> None:
    page.get_by_label("Title of the new post").last.fill("On its own")
    page.get_by_label("In", exact=True).last.select_option(label="Product")


DEEDS = (
    Deed("Hide", is_gone),
    Deed("Lock", says("This thread is locked")),
    Deed("Pin", is_pinned),
    Deed("Move", is_in_product, choose_product),
    Deed("Change the tags", says("zinc shampoo"), fill("Tags", "zinc shampoo")),
    Deed("Slow mode", says("one comment in 20 minutes"), fill("One comment each", "20")),
    Deed("Close later", says("This thread closes on"), fill("Close in", "3")),
    Deed(
        "Mark as a duplicate", says("This was asked before"), fill("Of the post", lambda thread: str(thread.other.pk))
    ),
    Deed("Merge into another post", is_merged, fill("Into the post", lambda thread: thread.other.get_absolute_url())),
    Deed("Split off comments", is_on_its_own, fill_split, in_bulk=False),
    Deed("Edit the words", says("Edited by a moderator: Because"), fill("Text", "Calmer words"), in_bulk=False),
)


def lacks(words: str) -> Callable[[Visitor, Thread], bool]:
    return lambda guest, thread: not says(words)(guest, thread)


OF_COMMENTS = (
    Deed("Hide", lacks("Apart from that")),
    Deed("Edit the words", says("Calmer comment"), fill("Text", "Calmer comment"), in_bulk=False),
    Deed("Make it a post", is_on_its_own, fill_convert, in_bulk=False, undone_at_the_post=True),
)


@pytest.fixture
def thread() -> Thread:
    post = make_post(title=f"Buy my serum number {next(numbers)}", body="It is on my page.")
    return Thread(post, make_comment(post, body="Apart from that"), make_post(title=f"Another talk {next(numbers)}"))


def test_each_deed_is_done_and_undone_from_the_page(moderator, guest, thread) -> None:
    page, here = moderator.page, f"/moderation/post/{thread.post.pk}/"
    moderator.visit(thread.post.get_absolute_url())
    page.locator("#post").get_by_text("Moderate").click()
    moderator.follow("More, and undo")
    assert_sound(moderator)
    for deed in DEEDS:
        do_and_undo(deed, here, moderator, guest, thread)


def do_and_undo(deed: Deed, here: str, moderator: Visitor, guest: Visitor, thread: Thread) -> None:
    """On the page ``here``, which has every verb and what was done before."""
    page = moderator.page
    assert not deed.sees(guest, thread), deed.label
    moderator.visit(here)
    act(moderator, deed.label, fill=lambda form: deed.fill(page, thread))
    assert deed.sees(guest, thread), deed.label
    moderator.visit(f"/moderation/post/{thread.post.pk}/" if deed.undone_at_the_post else here)
    undo_the_last(moderator)
    assert not deed.sees(guest, thread), deed.label


def test_each_deed_on_a_comment_is_done_and_undone_from_the_page_and_the_desk(moderator, guest, thread) -> None:
    page, here = moderator.page, f"/moderation/comment/{thread.comment.pk}/"
    for deed in OF_COMMENTS:
        do_and_undo(deed, here, moderator, guest, thread)
    # From the desk: in its list, and by the way from its row to what is done to one thing alone.
    moderator.visit(f"/admin/forum/comment/?q={quote(thread.post.title)}")
    page.locator("#result_list tbody tr").first.get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(label="Hide")
    page.get_by_placeholder("Reason").fill("Because")
    page.locator(".actions button[name=index]").click()
    moderator.sees("Done for 1")
    assert OF_COMMENTS[0].sees(guest, thread)
    moderator.visit(f"/admin/forum/comment/{thread.comment.pk}/change/")
    moderator.follow("Moderate, and undo")
    undo_the_last(moderator)
    assert not OF_COMMENTS[0].sees(guest, thread)


def test_what_is_done_to_one_thing_alone_is_reached_from_its_row_at_the_desk(moderator, guest, thread) -> None:
    for deed in DEEDS:
        if not deed.in_bulk:
            moderator.visit(f"/admin/forum/post/{thread.post.pk}/change/")
            moderator.follow("Moderate, and undo")
            do_and_undo(deed, moderator.page.url.removeprefix(moderator.address), moderator, guest, thread)


def test_a_member_is_warned_barred_and_let_go_from_the_page_and_the_desk(open_browser, moderator) -> None:
    member, page = make_member(f"barred_{next(numbers)}"), moderator.page
    theirs = open_browser(member=member)

    def is_barred() -> bool:
        return theirs.visit("/community/new/").status == 403

    for deed in ("Warn", "Ban"):
        moderator.visit(f"/moderation/member/{member.pk}/")
        bar = lambda form: form.get_by_label("Posting, commenting").check()  # noqa: E731
        act(moderator, deed, fill=bar if deed == "Ban" else None)
        assert member.sanctions.exclude(lifted_at=None).count() + 1 == member.sanctions.count()
        assert is_barred() or deed == "Warn"
        moderator.visit(f"/moderation/member/{member.pk}/")
        undo_the_last(moderator)
        assert not is_barred()

    moderator.visit(f"/admin/accounts/member/?q={member.username}")
    page.locator("#result_list tbody tr").first.get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(label="Ban")
    page.locator(".actions button[name=index]").click()
    page.get_by_label("Reason").fill("Because")
    page.get_by_label("Posting, commenting").check()
    moderator.press("Ban")
    moderator.sees("Done for 1")
    assert is_barred()
    moderator.visit(f"/admin/accounts/member/{member.pk}/change/")
    moderator.follow("Moderate, and undo")
    undo_the_last(moderator)
    assert not is_barred()


def test_each_deed_is_done_and_undone_from_the_desk(moderator, guest, thread) -> None:
    page = moderator.page
    for deed in DEEDS:
        if not deed.in_bulk:
            continue
        moderator.visit(f"/admin/forum/post/?q={thread.post.title.rpartition(' ')[2]}")
        page.get_by_role("row", name=thread.post.title).get_by_role("checkbox").check()
        page.get_by_label("Action:").select_option(label=deed.label)
        page.locator(".actions button[name=index]").click()
        page.get_by_label("Reason").fill("Because")
        deed.fill(page, thread)
        moderator.press(deed.label)
        moderator.sees("Done for 1")
        assert deed.sees(guest, thread), deed.label
        moderator.follow("Look at it, or undo it")
        page.get_by_role("row", name=thread.post.title).get_by_role("checkbox").check()
        page.get_by_label("Action:").select_option(label="Undo")
        page.get_by_placeholder("Reason").fill("It was fine")
        page.locator(".actions button[name=index]").click()
        moderator.sees("Done for 1")
        assert not deed.sees(guest, thread), deed.label
    told = Action.objects.filter(object_id=thread.post.pk, content_type__model="post")
    assert told.filter(undoes__isnull=False).count() * 2 == told.count()


def test_a_moderator_reaches_the_desk_from_any_page_and_must_give_a_reason(moderator, guest, thread) -> None:
    moderator.visit("/")
    moderator.page.get_by_text("Menu", exact=True).click()
    moderator.follow("Desk")
    moderator.sees("Moderation and library")
    moderator.visit(thread.post.get_absolute_url())
    moderator.page.locator("#post").get_by_text("Moderate").click()
    moderator.press("Hide")
    assert moderator.page.locator("#post input[name=reason]:invalid").count() == 1
    assert guest.visit(thread.post.get_absolute_url()).status == 200


def test_a_first_session_leads_from_a_report_to_a_resolved_case_in_a_few_presses(
    open_browser, moderator, guest, thread
) -> None:
    reporter = make_member()
    member = open_browser(member=reporter)
    member.visit(thread.post.get_absolute_url())
    member.page.locator("#post").get_by_role("link", name="Report").click()
    member.page.get_by_label("Advertising or spam").check()
    member.press("Send the report")
    member.sees("A moderator will look at it")
    presses = 0

    def then(locator: Locator) -> None:
        nonlocal presses
        locator.click()
        presses += 1

    page = moderator.page
    moderator.visit("/")
    then(page.get_by_text("Menu", exact=True))
    then(page.get_by_role("link", name="Desk"))
    then(page.get_by_role("table", name="What waits").get_by_role("link", name="Reports"))
    then(page.get_by_role("link", name=thread.post.title))
    moderator.sees("As it was when it was first reported")
    page.get_by_label("Reason, which the reporters").fill("Advertising")
    then(page.get_by_role("button", name="Take it out of sight"))
    moderator.sees("Done.")
    # Five presses and one word: well within a minute for whoever has never seen it.
    assert presses == 5
    assert guest.visit(thread.post.get_absolute_url()).status == 404
    member.visit("/notifications/")
    member.sees("A moderator has acted on what you reported")


def test_all_that_somebody_wrote_is_looked_at_hidden_and_shown_again(moderator, guest, thread) -> None:
    member, page = thread.comment.author, moderator.page
    moderator.visit(f"/admin/accounts/member/{member.pk}/change/")
    moderator.follow("Moderate, and undo")
    moderator.press("See what hiding it would take away")
    moderator.sees("Apart from that")
    page.get_by_label("Posting, commenting").check()
    page.get_by_label("Reason").last.fill("Advertising everywhere")
    page.locator("main form").last.get_by_role("button").click()
    moderator.sees("Done: ")
    assert lacks("Apart from that")(guest, thread)
    moderator.visit(f"/moderation/member/{member.pk}/")
    undo_the_last(moderator)
    assert says("Apart from that")(guest, thread)
    assert not member.sanctions.filter(lifted_at=None).exists()


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
