"""All that a member does, with a keyboard alone: each way is gone by Tab, and the focus is seen, in order and never lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Member
from forum import polls
from forum.models import Category, Comment, Post, PostVote, ReactionKind, SavedWords
from moderation.models import Report
from notices.following import level_of
from notices.models import FeedKey, Mute
from notices.telling import tell
from studies.models import SavedSearch
from tests.browser.keys import Keys
from tests.browser.visitor import PASSWORD
from tests.builders import confirmed, make_comment, make_member, make_post, numbers
from tests.shared_pictures import picture

pytestmark = pytest.mark.browser

LAMP = {"name": "lamp.png", "mimeType": "image/png", "buffer": picture("PNG", (60, 40))}


@pytest.fixture
def shelf() -> Category:
    shelf = Category.objects.get(slug="minoxidil")
    ReactionKind.objects.get_or_create(name="Helped me")[0].categories.add(shelf)
    return shelf


@pytest.fixture
def member() -> Member:
    return make_member(f"by_keys_{next(numbers)}")


def test_a_post_is_written_with_all_that_a_text_can_hold(open_browser, member, shelf):
    called = make_member(f"zephyrine{next(numbers)}")
    visitor = open_browser(member=member)
    page, keys = visitor.page, Keys(visitor.page)
    button = lambda name: page.get_by_role("button", name=name, exact=True)  # noqa: E731
    visitor.visit(shelf.get_absolute_url())
    keys.into(shelf.name).to(page.get_by_role("link", name="Write a post")).press("Enter")

    title, text = page.get_by_label("Title"), page.get_by_label("Text", exact=True)
    keys.into("Write a post").to(title).type(f"Without a mouse {member.pk}")
    keys.to(button("Bold")).press("ArrowRight").stays(button("Italic")).press("ArrowLeft")
    keys.to(text).type("foam").press("Control+a")
    keys.to(button("Bold"), back=True).press("Enter").stays(text)
    expect(text).to_have_value("**foam**")
    keys.press("Control+End").type(" says @zephyrine")
    expect(page.get_by_role("option", name=f"@{called.username}")).to_have_attribute("aria-selected", "true")
    keys.press("Enter").stays(text)
    keys.to(page.get_by_label("Tags", exact=True)).type("no mouse")
    keys.to(page.get_by_text("Ask readers: a poll")).press("Enter")
    keys.to(page.get_by_label("Answers to choose from")).type("Yes\nNo")

    # A picture: the button opens the chooser, and what it shows is asked for beside the text.
    keys.to(button("Add a picture"))
    with page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files(LAMP)
    keys.stays(page.get_by_label("What it shows")).type("A lamp").press("Enter")
    expect(page.get_by_label("What it shows")).to_have_count(0)
    keys.stays(text)
    keys.to(button("Preview")).press("Enter")
    expect(page.locator("#preview").get_by_role("img", name="A lamp")).to_be_visible()
    keys.stays(button("Preview")).to(button("Post"), back=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Without a mouse {member.pk}")
    post = Post.objects.get(author=member)
    assert f"**foam** says @{called.username} " in post.text.body and "![A lamp](/pictures/" in post.text.body

    # Changed and taken away as well.
    keys.into(post.title).to(page.get_by_role("link", name="Edit", exact=True)).press("Enter")
    keys.into("Edit your post").to(text).press("Control+End").type(" And more.")
    keys.to(button("Save")).press("Enter")
    expect(page.locator(".post .prose")).to_contain_text("And more.")
    keys.into(post.title).to(page.get_by_role("link", name="Delete", exact=True)).press("Enter")
    keys.into("Delete").to(button("Delete it")).press("Enter")
    visitor.sees("Your post is deleted.")


def test_a_thread_is_read_voted_on_answered_kept_followed_reported_and_muted(open_browser, member, shelf):
    author = make_member(f"asks_{member.pk}")
    post = make_post(author=author, category=shelf, title=f"Read by keys {member.pk}", body="Does it itch?")
    polls.set_terms(post, polls.Terms(("It does", "It does not"), is_multiple=True))
    top = make_comment(post, body="It itched a year.")
    make_comment(post, parent=top, body="An answer under it.")
    visitor = open_browser(member=member)
    page, keys = visitor.page, Keys(visitor.page)
    here, place = page.locator("#post"), page.locator(f"#comment-{top.pk}")
    visitor.visit(post.get_absolute_url())

    keys.into(post.title).to(page.get_by_label("It does", exact=True)).press("Space")
    keys.to(page.get_by_label("It does not")).press("Space").to(
        page.get_by_role("button", name="Vote", exact=True)
    ).press("Enter")
    expect(page.locator("#poll")).to_contain_text("1 member voted")
    keys.stays()
    told = page.get_by_role("button", name=re.compile("^Helped me"))
    keys.to(told).press("Enter")
    expect(page.locator('.reaction[aria-pressed="true"]')).to_contain_text("Helped me")
    keys.stays().to(visitor.vote_button()).press("Space")
    expect(visitor.vote_button()).to_have_attribute("aria-pressed", "true")
    keys.stays(visitor.vote_button()).to(here.get_by_role("button", name=re.compile("^Save"))).press("Enter")
    kept = here.get_by_role("button", name=re.compile("^Saved"))
    expect(kept).to_be_visible()
    keys.stays(kept)
    levels = page.get_by_role("group", name="What you are told of this post")
    keys.to(levels.get_by_role("button", name="Everything")).press("Enter")
    expect(levels.locator('[aria-pressed="true"]')).to_have_text("Everything")
    keys.stays().to(page.get_by_label("Your comment")).type("It did not, for me.")
    keys.to(page.get_by_role("button", name="Comment", exact=True)).press("Enter")
    expect(page.locator("#thread")).to_contain_text("It did not, for me.")
    keys.stays()

    # Further down: the vote, the fold and the answer of one comment.
    vote, fold = visitor.vote_button(f"#comment-{top.pk}"), page.locator(f"#comment-{top.pk} > .branch > summary")
    keys.to(vote).press("Enter")
    expect(vote).to_have_attribute("aria-pressed", "true")
    keys.stays(vote).to(place.get_by_role("link", name="Reply").first).press("Enter")
    keys.stays(place.get_by_label("Your comment")).type("When did it end?")
    keys.to(place.get_by_role("button", name="Reply", exact=True)).press("Enter")
    expect(place).to_contain_text("When did it end?")
    keys.stays().to(fold).press("Enter")
    expect(page.get_by_text("An answer under it.")).to_be_hidden()
    keys.press("Enter")
    expect(page.get_by_text("An answer under it.")).to_be_visible()
    quote = place.get_by_role("link", name="Quote").first
    keys.to(quote, back=True).press("Enter")
    answer = page.get_by_label("Your comment").and_(page.locator(":focus"))
    expect(answer).to_have_value(re.compile(r"^> .*\n>\n> It itched a year\."))
    keys.press("Escape")
    assert PostVote.objects.filter(member=member, thing=post).exists() and level_of(member, post) == "everything"
    assert Comment.objects.filter(author=member).count() == 2

    # Its note and folder, a report, and enough of its author.
    visitor.visit(post.get_absolute_url())
    keys.into(post.title).to(here.get_by_role("link", name="Note and folder")).press("Enter")
    keys.into("Note and folder").to(page.get_by_label("Your note")).type("Ask again in May")
    keys.to(page.get_by_label("or a new folder")).type("Itching").press("Enter")
    expect(page).to_have_url(re.compile("/saved/|/posts/"))
    saved = SavedWords.objects.get(member=member)
    assert (saved.note, saved.folder.name) == ("Ask again in May", "Itching")
    visitor.visit(post.get_absolute_url())
    keys.into(post.title).to(here.get_by_role("link", name="Report")).press("Enter")
    keys.into("Report this post").to(page.get_by_role("radio").first).press("ArrowDown", "ArrowUp", "Space")
    keys.to(page.get_by_role("button", name="Send the report")).press("Enter")
    visitor.sees("A moderator will look at it")
    assert Report.objects.filter(reporter=member).count() == 1
    visitor.visit(post.get_absolute_url())
    menu = here.locator(".menu--row > summary")
    mute = here.get_by_role("button", name=f"Mute {author.username}")
    keys.into(post.title).to(menu).press("Enter").to(mute).press("Escape").stays(menu)
    keys.press("Enter").to(mute).press("Enter")
    visitor.sees("You mute")
    assert Mute.objects.filter(member=member, kind="member", object_id=author.pk).exists()


def test_search_news_and_settings_are_reached_and_used(open_browser, member):
    word = f"wombat{member.pk}"
    make_post(title=f"Shampoo of {word}", tags=[word])
    for number in range(3):
        tell([member], kind="standing", key=f"keys {number}", words=f"Study {number} is retracted", url="/studies/")
    visitor = open_browser(member=member)
    page, keys = visitor.page, Keys(visitor.page)
    menu, header = page.get_by_text("Menu", exact=True), page.get_by_role("banner")

    # The box suggests; Escape closes what it says, and leaves what was typed.
    visitor.visit("/about/")
    box = page.locator("#site-search")
    keys.to(box).type(f"tag:{word}")
    option = page.get_by_role("option", name=f"tag:{word}")
    expect(option).to_be_visible()
    keys.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    keys.press("Enter")
    expect(box).to_have_value(f"tag:{word} ")
    expect(box).to_have_attribute("aria-expanded", "true")
    keys.press("Escape").stays(box)
    expect(box).to_have_attribute("aria-expanded", "false")
    keys.press("Enter")
    keys.into("Results for").to(page.get_by_role("button", name="Follow this search")).press("Enter")
    visitor.sees("You follow the search")
    assert SavedSearch.objects.filter(member=member).count() == 1

    # What is new: one is marked, then all.
    keys.to(page.locator("#bell")).press("Enter")
    told = page.locator(".told", has_text="Study 1")
    keys.into("Notifications").to(told.get_by_role("button", name="Mark read")).press("Enter")
    expect(page.locator(".told[data-unread]")).to_have_count(2)
    keys.stays().to(page.get_by_role("button", name="Mark all read"), back=True).press("Enter")
    expect(page.locator(".told[data-unread]")).to_have_count(0)

    # From the menu to how pages look; radio buttons go by arrows.
    keys.to(menu).press("Enter").to(header.get_by_role("link", name="Settings")).press("Enter")
    keys.into("Settings").to(page.get_by_role("link", name="Appearance")).press("Enter")
    keys.into("Appearance").to(page.get_by_role("radio", checked=True).first).press("ArrowDown")
    keys.to(page.get_by_role("button", name="Save", exact=True)).press("Enter")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "system")

    visitor.visit("/settings/avatar/")
    field = page.locator("main input[type=file]")
    keys.into("The picture").to(field)
    with page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files(LAMP)
    keys.to(page.get_by_role("button", name="Use this picture")).press("Enter")
    visitor.sees("You sent this one.")
    visitor.visit("/settings/notices/")
    keys.into("What I am told").to(page.get_by_label("Somebody quotes my post or comment").first).press("End")
    keys.to(page.get_by_role("button", name="Save", exact=True)).press("Enter")
    visitor.sees("Saved.")
    assert member.notice_preferences.get(kind="quote").place == "nowhere"


def test_a_post_without_a_name_feeds_the_answer_and_a_farewell_by_keys(open_browser, shelf):
    shelf.allows_pseudonyms = True
    shelf.save()
    member = confirmed(make_member(f"goes_{next(numbers)}", password=PASSWORD))
    visitor = open_browser()
    page, keys = visitor.page, Keys(visitor.page)
    button = lambda name: page.get_by_role("button", name=name, exact=True)  # noqa: E731
    visitor.visit("/accounts/login/")
    keys.into("Sign in").to(page.get_by_label("Name or e-mail")).type(member.username)
    keys.to(page.get_by_label("Password")).type(PASSWORD).press("Enter")
    expect(page.locator(".site-account__name")).to_contain_text(member.username)

    # Begun, kept as a draft, found again, and sent without a name.
    visitor.visit(f"/community/new/?category={shelf.slug}")
    keys.into("Write a post").to(page.get_by_label("Title")).type(f"Nobody asks {member.pk}")
    keys.to(page.get_by_label("Text", exact=True)).type("Whom do I tell?")
    visitor.sees("Draft kept.")
    visitor.visit("/drafts/")
    keys.into("Your drafts").to(page.get_by_role("link", name="Go on writing").first).press("Enter")
    keys.into("Write a post").to(page.get_by_label("Post without my name")).press("Space").to(button("Post")).press(
        "Enter"
    )
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Nobody asks {member.pk}")
    post = Post.objects.get(title=f"Nobody asks {member.pk}")
    assert post.author is None and post.pseudonym
    helped = make_comment(post, body="Your doctor, first.")
    page.reload()
    keys.into(post.title).to(
        page.get_by_role("navigation", name="Order of the comments").get_by_role("link", name="New")
    )
    keys.press("Enter")
    expect(page).to_have_url(re.compile("sort=new"))
    page.wait_for_load_state()
    keys.to(page.locator(f"#comment-{helped.pk}").get_by_role("button", name=re.compile("^Mark as answer"))).press(
        "Enter"
    )
    expect(page.locator(f"#comment-{helped.pk}")).to_contain_text("Not the answer")
    assert Post.objects.get(pk=post.pk).is_answered

    # Private feeds, made and closed; then leaving, and staying after all.
    visitor.visit("/settings/feeds/")
    keys.into("Private feeds").to(button("Make my addresses")).press("Enter")
    expect(page.locator("main")).to_contain_text("/feeds/")
    assert FeedKey.objects.filter(member=member).exists()
    visitor.visit("/settings/leave/")
    keys.into("Leaving").to(page.get_by_role("radio").first).press("ArrowDown")
    keys.to(button("Leave")).press("Enter")
    keys.into("Is it you?").to(page.get_by_label("Password")).type(PASSWORD).press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Is it you?")
    member.refresh_from_db()
    assert not member.is_active
    visitor.visit("/accounts/login/")
    keys.into("Sign in").to(page.get_by_label("Name or e-mail")).type(member.username)
    keys.to(page.get_by_label("Password")).type(PASSWORD).press("Enter")
    keys.into("You are leaving").to(page.get_by_role("button", name=re.compile("^Stay"))).press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("You are leaving")
    member.refresh_from_db()
    assert member.is_active
