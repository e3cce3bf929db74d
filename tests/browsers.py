"""The one browser of a test process; Playwright cannot be started twice in one."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
]


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
