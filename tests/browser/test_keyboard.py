"""Work without a mouse."""

import pytest
from playwright.sync_api import Page, expect

from host.app.demo.linking import CONNECTOR, WORKBOOK
from tests.browser.office import Office

pytestmark = pytest.mark.browser

STOPS = 60


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus, as somebody without a mouse finds it."""
    wanted = page.get_by_label(name).or_(page.get_by_role("button", name=name)).first
    for _stop in range(STOPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("control => control === document.activeElement"):
            return
    raise AssertionError(f"no {STOPS} stops lead to {name}")


def test_a_link_is_tested_and_saved_without_a_mouse(administrator: Page) -> None:
    page = administrator
    page.goto("/settings/sync/links/new")
    tab_to(page, "Name")
    page.keyboard.type("Kept by keys")
    tab_to(page, "Sync connector")
    page.keyboard.type(CONNECTOR[:8])
    expect(page.get_by_label("File name")).to_be_visible()
    tab_to(page, "All users")
    page.keyboard.press("Space")
    tab_to(page, "File name")
    page.keyboard.type("erp/none.xlsx")
    tab_to(page, "Test ERP link")
    page.keyboard.press("Enter")
    expect(page.get_by_label("File name")).to_be_focused()  # where the fault is
    page.keyboard.press("Control+A")
    page.keyboard.type(WORKBOOK)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="OK")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kept by keys")


def test_arrow_keys_move_in_a_mapping_as_in_a_sheet(administrator: Page, office: Office) -> None:
    page = administrator
    page.goto(f"/settings/sync/links/{office.draft_link('Moved in by keys')}/mapping")
    rows = page.get_by_role("region", name="Customer", exact=True).locator("tr[data-map-row]")
    fields = rows.locator("select")
    fields.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(fields.nth(1)).to_be_focused()
    before = fields.nth(1).input_value()
    page.keyboard.press("ArrowRight")
    to_crm = rows.nth(1).get_by_label("ERP to CRM: Name")
    if to_crm.is_enabled():
        expect(to_crm).to_be_focused()
    assert fields.nth(1).input_value() == before
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    expect(rows.nth(1).get_by_role("checkbox").last).to_be_focused()
    was = rows.nth(1).get_by_role("checkbox").last.is_checked()
    page.keyboard.press("Space")
    expect(rows.nth(1).get_by_role("checkbox").last).to_be_checked(checked=not was)
    page.keyboard.press("ArrowUp")
    expect(rows.nth(0).get_by_role("checkbox").last).to_be_focused()
