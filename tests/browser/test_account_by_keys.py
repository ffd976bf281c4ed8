"""What a member looks after seldom, with a keyboard alone: the second factor, sessions, a copy of all data, mutes, language.

As in test_by_keys.py each way is gone by Tab, and the focus is seen, in order and never lost.
"""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from playwright.sync_api import expect

from accounts import jobs
from accounts.models import DataCopy, Member
from forum import threads
from forum.models import Category
from notices.models import Mute
from tests.authenticator import code_of
from tests.browser.keys import Keys
from tests.browser.visitor import PASSWORD
from tests.builders import confirmed, make_comment, make_many_comments, make_member, make_post, numbers

pytestmark = pytest.mark.browser


def goes_to(keys: Keys, name: str) -> None:
    """From the settings, to which test_by_keys.py goes by the menu, to one of their pages."""
    keys.page.goto("/settings/")
    keys.into("Settings").to(keys.page.get_by_role("main").get_by_role("link", name=name, exact=True)).press("Enter")


def gives(keys: Keys, words: str, name: str, value: str) -> None:
    """Types what a page named ``words`` asks for, and sends it."""
    keys.into(words).to(keys.page.get_by_label(name)).type(value).press("Enter")


def test_the_second_factor_sessions_and_a_copy_of_all_data(open_browser) -> None:
    member = confirmed(make_member(f"guards_{next(numbers)}", password=PASSWORD))
    visitor = open_browser()
    page, keys = visitor.page, Keys(visitor.page)
    button = lambda name: page.get_by_role("button", name=name, exact=True)  # noqa: E731
    main = page.get_by_role("main")

    def signs_in() -> None:
        visitor.visit("/accounts/login/")
        keys.into("Sign in").to(page.get_by_label("Name or e-mail")).type(member.username)
        keys.to(page.get_by_label("Password")).type(PASSWORD).press("Enter")

    def signs_out() -> None:
        keys.to(page.get_by_text("Menu", exact=True)).press("Enter").to(button("Sign out")).press("Enter")
        expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()

    signs_in()
    expect(page.locator(".site-account__name")).to_contain_text(member.username)
    goes_to(keys, "Passkeys and two-factor sign-in")
    keys.into("Two-factor sign-in").to(main.get_by_role("link", name="Turn it on")).press("Enter")
    gives(keys, "Is it you?", "Password", PASSWORD)
    keys.into("Turn on the authenticator app").to(page.get_by_label("Secret"))
    secret = page.get_by_label("Secret").input_value()
    keys.to(page.get_by_label("Code")).type("nonsense").press("Enter")
    expect(main).to_contain_text("marked field")
    keys.into("Turn on").to(page.get_by_label("Code")).press("Control+a").type(code_of(secret)).press("Enter")
    keys.into("Recovery codes").to(main.get_by_role("link", name="Download"))
    with page.expect_download() as taken:
        keys.press("Enter")
    kept = taken.value.path().read_text().split()
    assert set(main.locator("code").all_inner_texts()) <= set(kept)

    # In by a code of the app; then, the phone being lost, by a recovery code; then the factor is turned off.
    visitor.visit("/about/")
    signs_out()
    signs_in()
    gives(keys, "Enter the code", "Code", code_of(secret))
    expect(page.locator(".site-account__name")).to_contain_text(member.username)
    signs_out()
    signs_in()
    gives(keys, "Enter the code", "Code", kept[-1])
    expect(page.locator(".site-account__name")).to_contain_text(member.username)
    goes_to(keys, "Passkeys and two-factor sign-in")
    keys.into("Two-factor sign-in").to(main.get_by_role("link", name="Make new ones")).press("Enter")
    gives(keys, "Is it you?", "Password", PASSWORD)
    keys.into("Make new recovery codes?").to(button("Make new ones")).press("Enter")
    keys.into("Recovery codes")
    assert not set(main.locator("code").all_inner_texts()) & set(kept)
    goes_to(keys, "Passkeys and two-factor sign-in")
    keys.into("Two-factor sign-in").to(main.get_by_role("link", name="Turn it off")).press("Enter")
    keys.into("Turn off the authenticator app?").to(button("Turn it off")).press("Enter")
    keys.into("Two-factor sign-in")
    assert not Authenticator.objects.filter(user=member).exists()

    # Another session, seen and ended.
    Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0").post(
        "/accounts/login/", {"login": member.username, "password": PASSWORD}
    )
    goes_to(keys, "Where you are signed in")
    keys.into("Where you are signed in").to(page.get_by_role("button", name=re.compile("^End it"))).press("Enter")
    visitor.sees("Ended.")
    expect(page.locator(".session")).to_have_count(1)

    # A copy of all data: asked for, made by the job, taken.
    goes_to(keys, "Your data")
    keys.into("Your data").to(main.get_by_text("What is in it")).press("Enter")
    expect(main.locator("details li").first).to_be_visible()
    keys.to(button("Make a copy"), back=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your data")
    visitor.sees("Your copy is being made")
    jobs.make_copy(DataCopy.objects.get(member=member).pk)
    visitor.visit("/settings/data/")
    keys.into("Your data").to(main.get_by_role("link", name="Download your data"))
    with page.expect_download() as taken:
        keys.press("Enter")
    assert taken.value.suggested_filename.startswith(member.username)


def test_mutes_language_lists_and_a_long_thread(open_browser, monkeypatch) -> None:
    monkeypatch.setattr(threads, "REPLIES_EACH", 2)  # so that few presses lead past them
    number = next(numbers)
    member = make_member(f"tidies_{number}")
    shelf = Category.objects.create(name=f"Shelf {number}", slug=f"by-keys-{number}")
    post = make_post(category=shelf, tags=[f"keys {number}"], title=f"A long talk by keys {number}")
    top = make_comment(post, body="The first word")
    replies = make_many_comments(post, 3, under=top)
    visitor = open_browser(member=member)
    page, keys = visitor.page, Keys(visitor.page)
    main = page.get_by_role("main")

    # A list, unread and then read; its post, all the replies, one of them in its place, and back to the whole.
    visitor.visit(f"{shelf.get_absolute_url()}?sort=new")
    title = main.get_by_role("link", name=post.title, exact=True)
    keys.into(shelf.name).to(title).press("Enter")
    keys.into(post.title).to(main.get_by_role("link", name="More replies")).press("Enter")
    expect(page.locator(f"#comment-{top.pk} .comment")).to_have_count(3)
    age = page.locator(f"#comment-{replies[0]} > .comment__head a[href*='/comments/']")
    keys.to(age).press("Enter")
    expect(page).to_have_url(re.compile(rf"#comment-{replies[0]}$"))
    keys.to(main.get_by_role("link", name="Show the whole thread"), back=True).press("Enter")
    expect(page.get_by_text("More replies")).to_be_visible()
    make_comment(post, body="One more")
    visitor.visit(shelf.get_absolute_url())
    keys.into(shelf.name).to(page.get_by_role("button", name="Mark all as read")).press("Enter")
    visitor.sees("All of it is marked as read.")
    expect(page.locator(".post-item:not([data-read])")).to_have_count(0)

    # A tag and a category, muted from their pages; one taken back there, one among all that is muted.
    for thing in (post.tags.get(), shelf):
        visitor.visit(thing.get_absolute_url())
        keys.into(thing.name).to(page.get_by_role("button", name=re.compile("^Mute this "))).press("Enter")
        visitor.sees("You mute the")
        expect(title).to_have_count(0)
    keys.into(shelf.name).to(main.get_by_role("link", name="Show it this once")).press("Enter")
    visitor.sees("shown here this once")
    keys.into(shelf.name).to(main.get_by_role("button", name="Unmute")).press("Enter")
    visitor.sees("Not muted any more.")
    goes_to(keys, "Muted")
    keys.into("Muted").to(page.get_by_role("button", name=re.compile(f"^Unmute keys {number}"))).press("Enter")
    visitor.sees("Not muted any more.")
    assert not Mute.objects.filter(member=member).exists()

    goes_to(keys, "Appearance")
    keys.into("Appearance").to(page.get_by_label("English"))
    keys.press("ArrowDown").to(page.get_by_role("button", name="Save", exact=True)).press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert Member.objects.get(pk=member.pk).language == "de"
    keys.to(page.get_by_role("link", name="Zum Inhalt springen"))
