"""What a member sets for themself, and that it holds: how pages look, what others see, what is told and where, sessions."""

from __future__ import annotations

import re
from datetime import timedelta

import feedparser
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Member
from notices import letters
from notices.models import Letter, Preference
from tests.authenticator import code_of
from tests.browser.soundness import NARROW, assert_sound, wider_than_the_screen
from tests.browser.visitor import PASSWORD, Visitor, send_queued_mail
from tests.builders import confirmed, make_comment, make_member, make_post, make_study, numbers
from tests.shared_pictures import picture

pytestmark = pytest.mark.browser

ONE_LOOK = (("dark", 390),)


@pytest.fixture
def member() -> Member:
    return confirmed(make_member(f"sets_{next(numbers)}", password=PASSWORD))


def signs_in(visitor: Visitor, name: str) -> None:
    visitor.visit("/accounts/login/")
    visitor.page.get_by_label("Name or e-mail address").fill(name)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in", visitor.page.locator("main"))


def test_pages_profile_sessions_and_the_second_factor_are_as_a_member_sets_them(open_browser, member):
    """Without JavaScript, and the second factor's first code with it. By keys alone: test_by_keys.py."""
    post = make_post(author=member)
    visitor = open_browser(javascript=False)
    page, main = visitor.page, visitor.page.locator("main")
    signs_in(visitor, member.username)
    expect(page.locator(".site-account__name")).to_contain_text(member.username)

    visitor.visit("/settings/appearance/")
    page.get_by_label("Larger").check()
    visitor.press("Save", main)
    expect(page.locator("html")).to_have_attribute("data-text", re.compile("larg"))
    assert page.evaluate("getComputedStyle(document.body).fontSize") > "16px"

    # What others see: a picture, a few words, and no list of what was written.
    guest = open_browser()
    visitor.visit("/settings/avatar/")
    page.get_by_label("Picture").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": picture("PNG", (300, 200))}
    )
    visitor.press("Use this picture")
    visitor.sees("You sent this one.")
    guest.visit(member.get_absolute_url())
    face = guest.page.locator(".member-head .avatar")
    expect(face).to_have_attribute("src", re.compile(r"^/avatars/\w+(-small)?\.webp$"))
    assert face.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    visitor.press("Back to the drawn one")
    visitor.sees("This one is drawn from your name.")
    expect(guest.page.get_by_role("link", name=post.title)).to_be_visible()
    visitor.visit("/settings/")
    page.get_by_label("About you").fill("I read *slowly*.")
    visitor.press("Save", main)
    visitor.visit("/settings/privacy/")
    page.get_by_label("Keep the lists of what I wrote off my profile").check()
    visitor.press("Save", main)
    expect(page.get_by_label("Keep the lists of what I wrote off my profile")).to_be_checked()
    guest.page.reload()
    expect(guest.page.locator(".member-head em")).to_have_text("slowly")
    expect(face).to_have_attribute("src", re.compile("^/avatars/drawn/"))
    expect(guest.page.get_by_role("link", name=post.title)).to_have_count(0)

    # A second factor, and then every other session ends.
    other = open_browser()
    signs_in(other, member.username)
    expect(other.page.locator(".site-account__name")).to_contain_text(member.username)
    visitor.visit("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Go on")
    secret = page.get_by_label("Secret").input_value()
    page.get_by_label("Code").fill(code_of(secret))
    visitor.press("Turn it on")
    visitor.sees("recovery codes")
    visitor.visit("/settings/sessions/")
    expect(page.locator(".session")).to_have_count(2)
    visitor.press("End all the others")
    expect(page.locator(".session")).to_have_count(1)
    assert "/accounts/login/" in other.visit("/settings/").url
    signs_in(other, member.username)
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Enter the code of your app")
    assert_sound(other, ONE_LOOK)
    for code, words in (("000000", "code"), (code_of(secret), member.username)):
        other.page.get_by_label("Code").fill(code)
        other.press("Sign in", other.page.locator("main"))
        expect(other.page.locator(".field__error, .site-account__name")).to_contain_text(words)


def test_news_come_as_chosen_are_read_and_end_where_they_are_ended(open_browser, javascript, member, settings):
    title = f"Telling {next(numbers)}"
    post = make_post(author=member, title=title)
    visitor = open_browser(javascript=javascript, member=member)
    settings.SITE_URL = visitor.address  # what links in mails begin with
    page, main = visitor.page, visitor.page.locator("main")
    visitor.visit("/settings/notices/")
    page.get_by_label("Somebody replies to my post or comment").first.select_option(
        label="On the site, and by mail at once"
    )
    visitor.press("Save")
    visitor.sees("Saved.")
    assert Preference.objects.get(member=member, kind="reply").place == "mail"

    first, second = make_member(), make_member()
    make_comment(post, author=first, body="It helped me.")
    Letter.objects.filter(member=member).update(due_at=timezone.now() - timedelta(seconds=1))
    letters.write_due()
    send_queued_mail()
    for number in range(2):
        make_comment(post, author=second, body=f"Not me, {number}.")

    # One mail: whoever reads it ends its kind by one press, without signing in.
    reader = open_browser(javascript=javascript)
    reader.visit("/demo/mail/")
    mail = reader.page.get_by_role("article").filter(has_text=member.email).first
    expect(mail).to_contain_text("It helped me.")
    mail.locator("a[href*='/unsubscribe/']").click()
    expect(reader.page.get_by_role("heading", level=1)).to_have_text(re.compile("^End mails about"))
    assert Preference.objects.get(member=member, kind="reply").place == "mail"  # looking ends nothing
    assert_sound(reader, ONE_LOOK)
    reader.press("End it")
    reader.sees("You have ended mails about")
    assert Preference.objects.get(member=member, kind="reply").place == "site"

    # On the site as before: one is marked read, then all.
    visitor.visit("/notifications/")
    expect(page.locator("#bell")).to_contain_text("3 unread")
    told = main.locator(".told", has_text=first.username)
    told.get_by_role("button", name="Mark read").click()
    expect(told.get_by_role("button", name="Mark read")).to_have_count(0)
    expect(main.locator(".told[data-unread]")).to_have_count(2)
    assert_sound(visitor, ONE_LOOK)
    visitor.press("Mark all read")
    expect(main.locator(".told[data-unread]")).to_have_count(0)
    expect(page.locator("#bell")).not_to_contain_text("unread")

    # A feed of one's own, behind an address that can be closed.
    visitor.visit("/settings/feeds/")
    visitor.press("Make my addresses")
    address = page.locator(".feed-addresses a[href$='/notifications.atom']").get_attribute("href") or ""
    feed = reader.context.request.get(address)
    assert [title in entry.title for entry in feedparser.parse(feed.body()).entries] == [True] * 3
    visitor.press("Close the feeds")
    expect(page.locator(".feed-addresses")).to_have_count(0)
    assert reader.context.request.get(address).status == 404


def test_the_largest_text_fits_the_narrowest_phone(open_browser, member):
    Member.objects.filter(pk=member.pk).update(text_size="larger", language="de")
    make_comment(make_post(author=member, title="Wie lange noch?"))
    visitor = open_browser(member=member, width=NARROW)
    page = visitor.page
    visitor.visit("/notifications/")
    assert not wider_than_the_screen(page)
    site, bell = page.get_by_role("link", name="Studyhall").bounding_box(), page.locator("#bell").bounding_box()
    assert site and bell and site["x"] + site["width"] <= bell["x"]
    row, words = page.locator(".told").first, page.locator(".told__words").first
    assert words.evaluate("e => e.offsetWidth") > 0.8 * row.evaluate("e => e.offsetWidth")


def test_each_list_names_its_feed(open_browser):
    post = make_post(tags=["foam feed"])
    make_comment(post)
    make_study("A study in a feed", tags=["foam feed"])
    guest = open_browser()
    pages = ("/community/", post.category.get_absolute_url(), post.get_absolute_url(), post.author.get_absolute_url(),
             "/tags/foam-feed/", "/studies/", "/studies/?tag=foam-feed")  # fmt: skip
    for address in pages:
        guest.visit(address)
        feeds = [
            link.get_attribute("href") or ""
            for link in guest.page.locator("link[rel=alternate][type='application/atom+xml']").all()
        ]
        assert feeds, address
        for feed in feeds:
            read = feedparser.parse(guest.context.request.get(feed).body())
            assert not read.bozo and read.entries, (address, feed)
