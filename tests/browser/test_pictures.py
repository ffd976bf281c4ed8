"""Pictures: put into a text by button, by paste and by drop, and without JavaScript; nothing typed is lost."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from playwright.sync_api import expect

from forum.models import Picture, Post
from tests.browser.soundness import assert_sound
from tests.builders import make_member, make_post
from tests.shared_pictures import picture

pytestmark = pytest.mark.browser

# What a browser does when a picture is pasted into a text, or dragged over it and let go. Gives which of these events
# the page took for itself: with one that it does not, the browser would leave the page for the picture.
TRANSFER = """(text, [way, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "lamp.png", { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  if (way === "paste") {
    return [text.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: transfer }))];
  }
  return ["dragenter", "dragover", "drop"].map((name) => text.dispatchEvent(new DragEvent(name, { ...options, dataTransfer: transfer })));
}"""


def file(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "image/png", "buffer": data}


def test_a_picture_is_put_into_a_post_and_a_comment(open_browser):
    visitor = open_browser(member=make_member())
    page = visitor.page
    visitor.visit("/community/new/?category=minoxidil")
    page.get_by_label("Title").fill("A year in pictures")
    text = page.get_by_label("Text", exact=True)
    text.fill("Before it.")
    with page.expect_file_chooser() as chooser:
        visitor.press("Add a picture")
    chooser.value.set_files(file("lamp.png", b"no picture at all"))
    shows = page.get_by_label("What it shows")
    expect(shows).to_be_focused()
    visitor.press("Put it into the text")
    visitor.sees("Say in a few words what the picture shows")
    assert_sound(visitor)
    shows.fill("A lamp")
    shows.press("Enter")
    visitor.sees("This is not a PNG, JPEG, GIF or WebP picture.")
    visitor.press("Cancel")
    with page.expect_file_chooser() as chooser:
        visitor.press("Add a picture")
    chooser.value.set_files(file("lamp.png", picture("PNG", (900, 500))))
    shows.fill("A lamp")
    shows.press("Enter")
    line = "![A lamp](/pictures/"
    expect(shows).to_have_count(0)
    assert line in text.input_value() and text.input_value().startswith("Before it.\n\n")
    visitor.press("Post")
    shown = Picture.objects.get(owner__posts__title="A year in pictures")
    image = page.get_by_role("img", name="A lamp")
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("(image) => image.naturalWidth") > 0
    assert_sound(visitor)

    comment = page.get_by_label("Your comment")
    comment.fill("One. Two.")
    for way, taken in (("paste", [False]), ("drop", [True, False, False])):
        comment.evaluate("(text) => text.setSelectionRange(4, 4)")
        file_of_its_own = picture("PNG", (60, 40) if way == "paste" else (40, 60))
        assert comment.evaluate(TRANSFER, [way, b64encode(file_of_its_own).decode()]) == taken
        expect(shows).to_be_focused()
        shows.fill(f"A lamp by {way}")
        shows.press("Enter")
        expect(shows).to_have_count(0)
        expect(comment).to_be_focused()
        expect(comment).to_have_value(re.compile(rf"^One\.\n\n!\[A lamp by {way}\]\(/pictures/\w+\.webp\)"))
    visitor.press("Comment")
    for way in ("paste", "drop"):
        image = page.locator("#thread").get_by_role("img", name=f"A lamp by {way}")
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("(image) => image.naturalWidth") > 0
    for address in (shown.get_absolute_url(), "/pictures/", "/pictures/new/", "/settings/avatar/"):
        visitor.visit(address)
        assert_sound(visitor)


def test_without_javascript_the_words_wait_for_the_picture(open_browser):
    member = make_member()
    visitor = open_browser(member=member, javascript=False)
    post = make_post()
    visitor.visit(post.get_absolute_url())
    visitor.page.get_by_label("Your comment").fill("What I typed")
    visitor.press("Add a picture")
    visitor.sees("What you typed is kept as a draft.")
    visitor.page.get_by_label("Picture", exact=True).set_input_files(file("lamp.png", picture()))
    visitor.page.get_by_label("What it shows").fill("A lamp")
    visitor.press("Send the picture")
    visitor.page.get_by_role("button", name="Put it into my text").click()
    shown = Picture.objects.get(owner=member)
    expect(visitor.page.get_by_label("Your comment")).to_have_value(f"What I typed\n\n![A lamp]({shown.address})\n")
    visitor.press("Comment")
    expect(visitor.page.locator("#thread").get_by_role("img", name="A lamp")).to_be_visible()
    assert Post.objects.get(pk=post.pk).comment_count == 1
