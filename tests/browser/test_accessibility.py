"""No page keeps anybody out: axe-core finds nothing serious, in light and dark, on a desk and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from host.app.demo.people import ADMINISTRATOR
from tests.browser.addresses import PAGES, SIGNED_OUT, address_in
from tests.browser.axe import findings
from tests.browser.conftest import PHONE, OpenContext
from tests.browser.office import Office

pytestmark = pytest.mark.browser

COLOURS = ["color-contrast", "link-in-text-block"]


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=15_000)


def all_findings(page: Page) -> dict[str, list[str]]:
    found = {"light": findings(page)}
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    found["dark"] = findings(page, COLOURS)
    page.set_viewport_size(PHONE)
    found["phone"] = findings(page)
    return {where: lines for where, lines in found.items() if lines}


@pytest.mark.parametrize("page_address", PAGES)
def test_a_page_has_no_serious_finding(context_of: OpenContext, office: Office, page_address: str) -> None:
    page = context_of(ADMINISTRATOR, bypass_csp=True, color_scheme="light").new_page()
    open_page(page, address_in(office, page_address))
    assert all_findings(page) == {}


@pytest.mark.parametrize("page_address", SIGNED_OUT)
def test_a_page_for_everybody_has_no_serious_finding(
    context_of: OpenContext, office: Office, page_address: str
) -> None:
    page = context_of(None, bypass_csp=True, color_scheme="light").new_page()
    open_page(page, address_in(office, page_address))
    assert all_findings(page) == {}


def test_forms_with_faults_and_opened_parts_have_no_serious_finding(context_of: OpenContext, office: Office) -> None:
    page = context_of(ADMINISTRATOR, bypass_csp=True, color_scheme="light").new_page()
    open_page(page, address_in(office, "/settings/sync/links/new?connector_id={connector}"))
    page.get_by_label("Selected users and groups").check()
    page.get_by_role("button", name="Test ERP link").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert all_findings(page) == {}
    open_page(page, "/settings/users/new")
    page.locator("form.card").evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert all_findings(page) == {}


def test_the_import_of_a_file_has_no_serious_finding(context_of: OpenContext) -> None:
    page = context_of(ADMINISTRATOR, bypass_csp=True, color_scheme="light").new_page()
    open_page(page, "/companies/import")
    content = b"Name;Phone;Country\nFjordby Foods;+45 1;Denmark\n;;Nowhere\n"
    page.locator("input[type=file]").set_input_files({"name": "new.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("form.card button").last.click()
    expect(page.get_by_role("main")).to_contain_text("Fjordby Foods")
    assert all_findings(page) == {}
