"""Being told: the bell counts while a page is open, and a device is added, told and removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from notices.models import Device, Letter, Notification
from notices.telling import tell
from tests.browser.conftest import launched
from tests.browser.visitor import Visitor
from tests.builders import make_comment, make_member, make_post
from tests.database_plugin import find_chromium
from tests.notices.test_push import AUTH, ENDPOINT, P256DH, Service, opened, pushed

pytestmark = pytest.mark.browser

# Chromium's own push service can't be reached from a test; all but it is real: the permission, the worker, the keys.
SUBSCRIBED = f"""
PushManager.prototype.subscribe = async function (options) {{
  if (!options.userVisibleOnly || new Uint8Array(options.applicationServerKey).length !== 65) throw new Error("key");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  return {{ endpoint: "{ENDPOINT}", getKey: (name) => bytes({{ p256dh: "{P256DH}", auth: "{AUTH}" }}[name]).buffer }};
}};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One that keeps the notifications it shows."""
    if not find_chromium(whole=True):
        pytest.skip("Chromium is here without windows only")
    with launched(whole=True) as chromium:
        yield chromium


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
    with visitor.page.expect_response("**/notifications/unread/"):
        visitor.page.clock.run_for(61_000)
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


# What the worker would open at a press: a script may only do that in answer to a real one.
PRESSED = """async (wanted) => {
  const opened = [];
  self.clients.openWindow = async (url) => { opened.push(url); };
  const [notification] = await self.registration.getNotifications();
  const press = new NotificationEvent("notificationclick", { notification });
  self.dispatchEvent(press);
  return [notification.title, notification.body, notification.tag, ...opened, (await self.registration.getNotifications()).length];
}"""


def test_a_device_is_added_told_what_nobody_between_can_read_and_removed(open_browser, monkeypatch):
    Letter.objects.all().delete()
    member, other = make_member(), make_member()
    post = make_post(author=member, title="Foam")
    visitor = open_browser(member=member)
    page = visitor.page
    visitor.context.grant_permissions(["notifications"])
    visitor.context.add_init_script(SUBSCRIBED)
    visitor.visit("/settings/notices/")
    with visitor.context.expect_event("serviceworker") as started:
        page.get_by_role("button", name="Tell me on this device too").click()
    visitor.sees("You are told on this device too.")
    device = Device.objects.get(member=member)
    assert (device.endpoint, device.p256dh, device.auth) == (ENDPOINT, P256DH, AUTH)
    scope = page.evaluate("navigator.serviceWorker.ready.then((each) => new URL(each.scope).pathname)")
    assert scope == "/"

    # Another answers: the push service is handed what this browser alone can read, and its worker shows it.
    service = Service(monkeypatch)
    make_comment(post, author=other, body="It helped me.")
    assert pushed() == 1
    [(_, _, body)] = service.received()
    told = Notification.objects.get(member=member)
    words = f"{other.username} replied to your post “Foam”"
    assert words.encode() not in body
    _deliver(visitor, opened(body).decode())
    worker = started.value
    shown = worker.evaluate(PRESSED)
    assert shown == ["Studyhall", words, f"notification-{told.pk}", visitor.address + told.url, 0]

    visitor.press(f"Remove {device.name}")
    visitor.sees("You are told on that device no more.")
    assert not Device.objects.filter(member=member).exists()
    make_comment(post, author=make_member(), body="Me too.")
    assert pushed() == 0


def _deliver(visitor: Visitor, message: str) -> None:
    """Hand a message to the page's service worker, as the browser does with what its push service brings."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    registrations: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(each["registrationId"] for each in told["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    while not registrations:
        visitor.page.wait_for_timeout(20)
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": visitor.address, "registrationId": registrations[-1], "data": message},
    )
    visitor.page.wait_for_function(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications()).length === 1"
    )
