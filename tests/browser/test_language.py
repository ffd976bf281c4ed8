"""A member who chooses German reads German: no sentence of the site's own is left in English on the way of a day."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import translation
from playwright.sync_api import expect

from common import catalogue
from forum.models import Post
from studies.models import Study
from tests.browser.soundness import assert_sound
from tests.browser.visitor import Visitor
from tests.builders import confirmed, make_comment, make_member, make_post, numbers

pytestmark = pytest.mark.browser

# What the page says in its own language: texts and names for screen readers, without what members and authors wrote.
SAID = """() => {
  const foreign = "[lang=en], .prose, script, style, noscript, datalist, time";
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest(foreign)) said.push(walker.currentNode.data);
  }
  for (const name of ["aria-label", "title", "placeholder"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      if (!element.closest(foreign)) said.push(element.getAttribute(name));
    }
  }
  return said.map((words) => words.replace(/\\s+/g, " ").trim());
}"""


def english() -> set[str]:
    """The sentences that German says otherwise."""
    with translation.override("de"):
        sentences = (key[1] for key in catalogue.found_in(settings.BASE_DIR) if not key[0])
        return {words for words in sentences if translation.gettext(words) != words}


def assert_german(visitor: Visitor, marked: set[str]) -> None:
    expect(visitor.page.locator("html")).to_have_attribute("lang", "de")
    left = marked.intersection(visitor.page.evaluate(SAID))
    assert not left, f"{visitor.page.url}: {left}"


def test_a_member_chooses_german_and_goes_back(open_browser):
    member = confirmed(make_member(f"liest_{next(numbers)}"))
    post, study = make_post(author=member, title="Schaum oder Tropfen"), Study.objects.get(pk=Post.objects.filter(
        discussed_study__isnull=False).first().discussed_study.pk)  # fmt: skip
    make_comment(post, author=make_member(f"weiss_{next(numbers)}"))
    visitor, marked = open_browser(), english()
    page = visitor.page
    visitor.is_signed_in_as(member)
    visitor.visit("/settings/appearance/")
    page.get_by_label("Deutsch").check()
    visitor.press("Save", page.locator("main"))
    visitor.sees("Gespeichert. So sehen die Seiten von jetzt an aus.")
    ways = ("/", study.get_absolute_url(), post.get_absolute_url(), "/community/new/", "/community/", "/studies/",
            "/search/?q=minoxidil", "/saved/", "/settings/", "/settings/notices/", "/notifications/",
            member.get_absolute_url())  # fmt: skip
    for address in ways:
        assert visitor.visit(address).status == 200, address
        assert_german(visitor, marked)
        if address in ("/", post.get_absolute_url(), "/community/new/"):
            assert_sound(visitor)
    # What a script says, and what htmx brings.
    visitor.visit(post.get_absolute_url())
    page.locator("#comments .comment").first.get_by_role("link", name="Antworten").click()
    expect(page.get_by_role("button", name="Antworten", exact=True)).to_be_visible()
    page.context.set_offline(True)
    page.locator("#post .vote-button, .comment__foot .vote-button").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Die Seite ist nicht erreichbar.")
    page.context.set_offline(False)
    visitor.problems.clear()  # the browser tells of the line that was cut
    visitor.visit("/settings/appearance/")
    page.get_by_label("English").check()
    visitor.press("Speichern", page.locator("main"))
    visitor.sees("Saved. The pages look so from now on.")
