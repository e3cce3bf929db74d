"""What holds for every page: nothing scrolls sideways, and, as on all pages of these tests, nothing
leaves the host or breaks the content security policy."""

import re
from time import monotonic

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.exceptions import NotFound

from host.app import create_app
from host.app.demo.people import ADMINISTRATOR, OUTSIDE
from host.settings import Settings
from tests.browser.addresses import NO_PAGES, OF_ADMINISTRATORS, OF_USERS, PAGES, SIGNED_OUT, address_in
from tests.browser.conftest import PHONE, OpenContext
from tests.browser.office import Office
from tests.browser.watching import Watch

NUMBERS = dict.fromkeys(
    (
        *("company", "person", "project", "product", "sales_order", "run", "connector", "link", "actor_type"),
        *("field", "user", "group", "setup"),
    ),
    "1",
)
MISSING = {"/nowhere", "/setup/{setup}"}
SCROLLS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
HIDES_LABELS = """() => [...document.querySelectorAll("table.work td[data-label]")].some(
    (cell) => cell.checkVisibility() && parseFloat(getComputedStyle(cell).paddingLeft) < 100)"""


@pytest.fixture
def app(sqlite_database, tmp_path) -> Flask:
    return create_app(Settings(data_folder=tmp_path), sqlite_database)


def test_the_walk_leads_over_every_page(app: Flask) -> None:
    def told(endpoint: str, arguments: dict[str, object]) -> str:
        return f"{endpoint} {arguments.get('entity_type', '')}".strip()

    adapter = app.url_map.bind("localhost")
    walked = set()
    for page in (*PAGES, *SIGNED_OUT):
        try:
            walked.add(told(*adapter.match(page.format(**NUMBERS).partition("?")[0])))
        except NotFound:
            assert page == "/nowhere"
    pages = {
        told(rule.endpoint, rule.defaults or {})
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES and not rule.rule.startswith("/api/v1/")
    }
    assert pages - walked == set()


def walk(page: Page, office: Office, addresses: tuple[str, ...]) -> dict[str, str]:
    """Open each address, and return what is wrong by address."""
    wrong = {}
    for address in addresses:
        answer = page.goto(address_in(office, address))
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        if answer is None or answer.status != (404 if address in MISSING else 200):
            wrong[address] = f"answers {answer and answer.status}"
        elif page.evaluate(SCROLLS):
            wrong[address] = "scrolls sideways"
        elif page.evaluate(HIDES_LABELS):
            wrong[address] = "leaves no room for the labels of cells"
    return wrong


@pytest.mark.browser
@pytest.mark.parametrize("part", [PAGES[::2], PAGES[1::2]], ids=["first", "second"])
def test_on_a_phone_no_page_scrolls_sideways(context_of: OpenContext, office: Office, part: tuple[str, ...]) -> None:
    page = context_of(ADMINISTRATOR, viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    assert walk(page, office, part) == {}


@pytest.mark.browser
def test_pages_for_everybody_fit_a_phone(context_of: OpenContext, office: Office) -> None:
    page = context_of(None, viewport=PHONE).new_page()
    assert walk(page, office, SIGNED_OUT) == {}


@pytest.mark.browser
def test_a_user_outside_finds_no_settings_and_no_trace_of_the_link(context_of: OpenContext, office: Office) -> None:
    asked = context_of(OUTSIDE).request
    refused = {address: asked.get(address_in(office, address)).status for address in OF_ADMINISTRATORS}
    assert {address: status for address, status in refused.items() if status != 403} == {}
    shown = {address: asked.get(address_in(office, address)).text() for address in OF_USERS}
    assert [address for address, text in shown.items() if office.link_name in text] == []


def until_told(watch: Watch, expected: str, page: Page) -> None:
    deadline = monotonic() + 30
    while not any(re.search(expected, fault) for fault in watch.faults):
        assert monotonic() < deadline, (expected, watch.faults)
        page.wait_for_timeout(20)


@pytest.mark.browser
def test_the_watch_over_all_these_pages_sees_what_it_should(browser: Browser, office: Office) -> None:
    context = browser.new_context(base_url=office.address)
    watch = Watch(context, office.address)
    page = context.new_page()
    page.goto("/sign-in")
    assert watch.faults == []
    page.evaluate("""() => {
        document.head.append(Object.assign(document.createElement("script"), {textContent: "window.ran = true"}));
        document.body.append(Object.assign(new Image(), {src: "http://tieline.invalid/pixel.png"}));
        console.error("broken");
    }""")
    for expected in ("console error", "(script|default)-src", "img-src|tieline.invalid"):
        until_told(watch, expected, page)
    context.close()
