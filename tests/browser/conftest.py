from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from host.app.demo.people import ADMINISTRATOR, INSIDE, OUTSIDE, DemoUser
from tests.browser.office import Office, opened_office
from tests.browser.watching import Watch

DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)

OpenContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def office(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A running installation with the demo's people, records and link; its first sync is done."""
    assert browser.is_connected()  # without a browser nobody visits the office
    with opened_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="session")
def signed_in(browser: Browser, office: Office) -> Callable[[DemoUser], Any]:
    """What a browser stores of somebody who has signed in; asked for once per user."""
    stored: dict[str, Any] = {}

    def state_of(user: DemoUser) -> Any:
        if user.login not in stored:
            context = browser.new_context(base_url=office.address)
            page = context.new_page()
            page.goto("/sign-in")
            page.get_by_label("Login").fill(user.login)
            page.get_by_label("Password").fill(user.password)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("button", name="Sign out").wait_for()
            stored[user.login] = context.storage_state()
            context.close()
        return stored[user.login]

    return state_of


@pytest.fixture
def context_of(browser: Browser, office: Office, signed_in: Callable[[DemoUser], Any]) -> Iterator[OpenContext]:
    """Opens contexts for users; every one is watched, and a fault in any fails the test at its end."""
    opened: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_context(user: DemoUser | None, **options: Any) -> BrowserContext:
        state = {"storage_state": signed_in(user)} if user else {}
        context = browser.new_context(base_url=office.address, **state, **options)
        watches.append(Watch(context, office.address))
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.fixture
def administrator(context_of: OpenContext) -> Page:
    return context_of(ADMINISTRATOR).new_page()


@pytest.fixture
def inside(context_of: OpenContext) -> Page:
    return context_of(INSIDE).new_page()


@pytest.fixture
def outside(context_of: OpenContext) -> Page:
    return context_of(OUTSIDE).new_page()
