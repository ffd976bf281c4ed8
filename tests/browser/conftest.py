"""What the browser tests share: the demo community in a database of their own, a server, and a real Chromium.

The demo is loaded once for a run, however many processes it has, and copied for each of them. What a test writes stays
for the tests after it, so a test that counts makes its own post or study.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.visitor import Visitor
from tests.database_plugin import find_chromium
from tests.databases import DEMO, create, demo, drop, used

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 30_000  # milliseconds; what takes longer on a busy machine has failed


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def demo_database(django_test_environment: None, django_db_blocker) -> Iterator[str]:
    """The name of this process's copy of the demo community.

    pytest-django's own database would not do: it is emptied after every test that a live server takes part in.
    """
    copy = f"{DEMO}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with django_db_blocker.unblock():
        create(copy, template=demo())
    yield copy
    with django_db_blocker.unblock():
        drop(copy)


@pytest.fixture(autouse=True)
def community(demo_database: str, django_db_blocker, settings) -> Iterator[None]:
    """The demo community as the one that the test, the server and the mail page see; mail goes the real way."""
    settings.EMAIL_BACKEND = "notices.mail.QueuedBackend"
    settings.EMAIL_FILE_PATH = Path(settings.VAR_DIR) / f"mail-{demo_database}"
    with django_db_blocker.unblock(), used(demo_database):
        yield


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the site is served. Chromium treats ``localhost``, unlike 127.0.0.1, as a safe origin."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@contextmanager
def launched(*more: str, whole: bool = False) -> Iterator[Browser]:
    """A Chromium, with more of its switches; a ``whole`` one where something is needed that only a desktop has."""
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # The loop runs in this thread, beside our own calls of the ORM and never during one.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=find_chromium(whole=whole), args=[*QUIET, *more])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module: Playwright's event loop must be gone before tests of other folders run."""
    with launched() as chromium:
        yield chromium


def new_context(
    browser: Browser,
    address: str,
    *,
    javascript: bool = True,
    scheme: Literal["light", "dark"] = "light",
    width: int = 1280,
) -> BrowserContext:
    context = browser.new_context(
        base_url=address,
        java_script_enabled=javascript,
        color_scheme=scheme,
        viewport={"width": width, "height": 844 if width < 600 else 900},
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def open_browser(browser: Browser, address: str):
    """Gives a function that opens a browser nobody has used yet: ``open_browser(javascript=False)``.

    After the test no page may have asked another site for anything, broken the content security policy, missed a file
    or logged an error.
    """
    visitors = []

    def opened(
        *, javascript: bool = True, scheme: Literal["light", "dark"] = "light", width: int = 1280, member=None
    ) -> Visitor:
        context = new_context(browser, address, javascript=javascript, scheme=scheme, width=width)
        visitor = Visitor(context, address, has_javascript=javascript)
        visitors.append(visitor)
        if member:
            visitor.is_signed_in_as(member)
        return visitor

    yield opened
    for visitor in visitors:
        visitor.context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def visitor(open_browser, javascript: bool) -> Visitor:
    """A guest, with JavaScript and without."""
    return open_browser(javascript=javascript)
