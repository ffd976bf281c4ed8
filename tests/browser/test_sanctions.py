"""A warning, a ban and an appeal, as a moderator gives them and a member meets them, with JavaScript and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from moderation.models import Appeal, MemberNote, Sanction
from tests.browser.soundness import assert_sound
from tests.builders import make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.browser


def test_a_moderator_warns_and_bars_and_the_member_reads_and_appeals(open_browser, javascript: bool, looked_at) -> None:
    member, moderator, post = make_member(), make_moderator(), make_post()
    make_comment(post, author=member, body="Buy my pills")
    serving = open_browser(javascript=javascript, member=moderator)
    desk = serving.page
    serving.visit(f"/moderation/member/{member.pk}/")
    expect(desk.get_by_text("Suggested next")).to_contain_text("a warning")
    desk.get_by_text("Warn", exact=True).first.click()
    desk.locator("#reason-warn").fill("Please do not advertise")
    serving.press("Warn")
    desk.get_by_role("textbox", name="Note").fill("Sells pills elsewhere too.")
    serving.press("Note it")
    assert MemberNote.objects.filter(member=member).count() == 1

    theirs = open_browser(javascript=javascript, member=member)
    page = theirs.page
    theirs.visit(post.get_absolute_url())
    page.get_by_label("Your comment").fill("And these ones are cheap")
    theirs.press("Comment")
    expect(page.get_by_role("heading", level=1)).to_have_text("A moderator has warned you")
    looked_at(theirs)
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_label("Your comment")).to_have_value("And these ones are cheap")

    serving.visit(f"/moderation/member/{member.pk}/")
    desk.get_by_text("Ban", exact=True).first.click()
    looked_at(serving)
    desk.locator("#reason-ban").fill("Advertising again")
    serving.press("Ban")
    assert Sanction.objects.get(member=member, kinds=["write"]).is_standing
    serving.visit(f"/members/{member.pk}/everything/?days=7")
    expect(desk.locator("main")).to_contain_text("Buy my pills")
    looked_at(serving)

    assert theirs.visit("/community/new/").status == 403
    looked_at(theirs)
    page.get_by_role("link", name="Write to the moderators").click()
    page.get_by_label("What you want to say").fill("They are my own")
    page.get_by_role("button", name="Send to the moderators").click()
    expect(page.locator(".talk")).to_contain_text("They are my own")
    looked_at(theirs)

    serving.visit(f"/admin/moderation/appeal/{Appeal.objects.get(sanction__member=member).pk}/change/")
    desk.locator("#id_words").fill("All right")
    desk.get_by_role("button", name="Take the sanction back").click()
    theirs.visit("/community/new/")
    expect(page.get_by_label("Title")).to_be_visible()


@pytest.fixture
def looked_at(javascript: bool):
    """Look whether a page is sound; axe needs JavaScript."""

    def look(visitor) -> None:
        if javascript:
            assert_sound(visitor)

    return look
