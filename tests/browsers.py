"""The one browser of a test process; Playwright cannot be started twice in one."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.accounts import PASSWORD

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
]

# what is expected must happen, but not at once where other tests keep the machine busy
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser for the browser tests."""
    named = os.environ.get("TIELINE_TEST_CHROMIUM", "chromium")
    found = shutil.which(named)
    if found is None:
        pytest.skip(f"no browser {named}: install Debian's chromium, or name one in TIELINE_TEST_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A running browser; each test opens contexts of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield browser
        browser.close()


@contextmanager
def signed_in_page(browser: Browser, app: Flask, login: str) -> Iterator[Page]:
    """Serve an application, and yield a page of it on which a user with `PASSWORD` has signed in."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    page = browser.new_page(base_url=f"http://127.0.0.1:{server.server_port}")
    try:
        page.goto("/sign-in")
        page.get_by_label("Login").fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Sign out").wait_for()
        yield page
    finally:
        page.close()
        server.shutdown()
        thread.join()
