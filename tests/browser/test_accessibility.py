"""No page keeps anybody out: axe-core finds nothing serious, in light and dark, on a desk and on a phone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from host.app.demo.people import ADMINISTRATOR, DemoUser
from tests.browser.addresses import PAGES, SIGNED_OUT, address_in
from tests.browser.axe import LEAVE_TWO_OF_A_KIND, findings
from tests.browser.conftest import DESK, PHONE
from tests.browser.office import Office

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

OF_COLOURS = ["color-contrast", "link-in-text-block"]
OF_LAYOUT = ["target-size", "scrollable-region-focusable"]


@pytest.fixture(scope="module")
def open_page(
    browser: Browser, office: Office, signed_in: Callable[[DemoUser], Any]
) -> Iterator[Callable[[str, DemoUser | None], Page]]:
    """Opens pages, all in one window of each user, so that what they share is loaded once."""
    windows: dict[DemoUser | None, Page] = {}

    def open_address(address: str, user: DemoUser | None = ADMINISTRATOR) -> Page:
        if user not in windows:
            context = browser.new_context(
                base_url=office.address,
                storage_state=signed_in(user) if user else None,
                bypass_csp=True,
                reduced_motion="reduce",  # colours that are on their way say nothing
            )
            windows[user] = context.new_page()
        page = windows[user]
        page.set_viewport_size(DESK)
        page.goto(address_in(office, address))
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        return page

    yield open_address
    for page in windows.values():
        page.context.close()


def all_findings(page: Page) -> dict[str, list[str]]:
    page.evaluate(LEAVE_TWO_OF_A_KIND)
    found = {"light": findings(page)}
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    found["dark"] = findings(page, OF_COLOURS)
    page.set_viewport_size(PHONE)
    found["phone"] = findings(page, OF_LAYOUT)
    return {where: lines for where, lines in found.items() if lines}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_no_serious_finding(open_page: OpenPage, address: str) -> None:
    assert all_findings(open_page(address)) == {}


@pytest.mark.parametrize("address", SIGNED_OUT)
def test_a_page_for_everybody_has_no_serious_finding(open_page: OpenPage, address: str) -> None:
    assert all_findings(open_page(address, None)) == {}


def test_a_form_with_faults_has_no_serious_finding(open_page: OpenPage) -> None:
    page = open_page("/settings/sync/links/new?connector_id={connector}")
    page.get_by_label("Selected users and groups").check()
    page.get_by_role("button", name="Test ERP link").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert all_findings(page) == {}
    page = open_page("/settings/users/new")
    page.locator("form.card").first.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert all_findings(page) == {}


def test_the_columns_of_an_import_have_no_serious_finding(open_page: OpenPage) -> None:
    page = open_page("/companies/import")
    content = b"Name;Phone;Country\nFjordby Foods;+45 1;Denmark\n;;Nowhere\n"
    page.locator("input[type=file]").set_input_files({"name": "new.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_role("main")).to_contain_text("Fjordby Foods")
    assert all_findings(page) == {}
