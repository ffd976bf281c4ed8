"""Being told: the bell counts while a page is open, and a device can be added and is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from notices.models import Device, Notification
from notices.telling import tell
from tests.builders import make_member
from tests.notices.test_push import AUTH, ENDPOINT, P256DH

pytestmark = pytest.mark.browser

# Chromium's own push service can't be reached from a test; all but it is real: the permission, the worker, the keys.
SUBSCRIBED = f"""
PushManager.prototype.subscribe = async function (options) {{
  if (!options.userVisibleOnly || new Uint8Array(options.applicationServerKey).length !== 65) throw new Error("key");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  return {{ endpoint: "{ENDPOINT}", getKey: (name) => bytes({{ p256dh: "{P256DH}", auth: "{AUTH}" }}[name]).buffer }};
}};
"""


def test_the_bell_counts_while_the_page_is_open_and_asks_more_seldom_while_nothing_is_new(open_browser):
    member = make_member()
    visitor = open_browser(member=member)
    asked: list[int] = []
    visitor.context.on(
        "response", lambda answer: "/notifications/unread/" in answer.url and asked.append(answer.status)
    )
    visitor.page.clock.install()
    visitor.visit("/about/")
    expect(visitor.page).to_have_title("About · Studyhall")
    visitor.page.clock.run_for(61_000)
    visitor.page.wait_for_timeout(300)
    assert asked == [304]
    tell([member], kind="standing", key="one", words="A study is retracted", url="/studies/")
    visitor.page.clock.run_for(61_000)
    visitor.page.wait_for_timeout(200)
    assert asked == [304]  # it waits longer now
    visitor.page.clock.run_for(31_000)
    expect(visitor.page.locator("#bell")).to_contain_text("1 unread")
    expect(visitor.page).to_have_title("(1) About · Studyhall")
    assert asked == [304, 200]
    visitor.page.locator("#bell").click()
    visitor.press("A study is retracted")
    assert not Notification.objects.of(member).unread().exists()
    expect(visitor.page).not_to_have_title("(1)")


def test_a_device_is_added_and_removed(open_browser):
    member = make_member()
    visitor = open_browser(member=member)
    visitor.context.grant_permissions(["notifications"])
    visitor.context.add_init_script(SUBSCRIBED)
    visitor.visit("/settings/notices/")
    visitor.page.get_by_role("button", name="Tell me on this device too").click()
    visitor.sees("You are told on this device too.")
    device = Device.objects.get(member=member)
    assert (device.endpoint, device.p256dh, device.auth) == (ENDPOINT, P256DH, AUTH)
    scope = visitor.page.evaluate("navigator.serviceWorker.ready.then((each) => new URL(each.scope).pathname)")
    assert scope == "/"
    visitor.press(f"Remove {device.name}")
    visitor.sees("You are told on that device no more.")
    assert not Device.objects.filter(member=member).exists()
