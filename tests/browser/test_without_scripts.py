"""Forms submit and tell what is wrong where a browser runs no scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from host.app.demo.linking import CONNECTOR, WORKBOOK
from host.app.demo.people import ADMINISTRATOR, INSIDE
from tests.browser.conftest import OpenContext
from tests.browser.office import Office

pytestmark = pytest.mark.browser


@pytest.fixture
def plain_page(context_of: OpenContext) -> Callable[..., Page]:
    return lambda user=ADMINISTRATOR: context_of(user, java_script_enabled=False).new_page()


def test_a_link_is_tested_mended_and_saved(plain_page: Callable[..., Page]) -> None:
    page = plain_page()
    page.goto("/settings/sync/links/new")
    page.get_by_label("Sync connector").select_option(label=f"{CONNECTOR} (plugin:workbook)")
    page.get_by_role("button", name="Show its fields").click()
    page.get_by_label("Name").first.fill("Made of paper")
    page.get_by_label("File name").fill("erp/none.xlsx")

    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Visible to")
    page.get_by_label("All users").check()
    page.get_by_role("button", name="Test ERP link").click()
    expect(page.locator("[data-field$=Filename]")).to_contain_text("there is no file erp/none.xlsx")
    expect(page.get_by_label("Name").first).to_have_value("Made of paper")

    page.get_by_label("File name").fill(WORKBOOK)
    page.get_by_role("button", name="Test ERP link").click()
    expect(page.get_by_role("main")).to_contain_text("The test passed")
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Made of paper")


def test_a_mapping_is_saved_and_refused_with_its_faults(plain_page: Callable[..., Page], office: Office) -> None:
    page = plain_page()
    page.goto(f"/settings/sync/links/{office.draft_link('Mapped on paper')}/mapping")
    customer = page.get_by_role("region", name="Customer", exact=True)
    customer.get_by_label("CRM field for Credit limit").select_option(label="Phone")
    customer.get_by_label("CRM to ERP: Credit limit").check()
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved")
    expect(customer.get_by_label("CRM field for Credit limit")).to_have_attribute("aria-invalid", "true")

    customer.get_by_label("CRM field for Credit limit").select_option(label="Credit limit")
    customer.get_by_label("Sync ERP “Customer” with CRM").check()
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_role("status").first).to_contain_text("Mapping saved")
    expect(customer.get_by_label("Sync ERP “Customer” with CRM")).to_be_checked()


def test_the_values_of_the_erp_are_a_button_away(plain_page: Callable[..., Page], office: Office) -> None:
    page = plain_page(INSIDE)
    page.goto(f"/companies/{office.numbers['company']}/erp")
    page.get_by_role("link", name="Read the values now").first.click()
    expect(page.get_by_role("region", name=office.link_name)).to_contain_text("Read just now")
