"""The main job, from a connector's URL to values on an ERP tab, as its people live it."""

import pytest
from playwright.sync_api import Page, expect

from host.app.demo.people import INSIDE
from plugins.workbook.sample import write_sample
from plugins.workbook.sample.records import customers
from tests.browser.office import Office

pytestmark = pytest.mark.browser

CONNECTOR, LINK, FILE = "Ledger", "Ledger of Aarhus", "ledger/aarhus.xlsx"
CUSTOMERS = 5


def add_connector(page: Page) -> None:
    page.goto("/settings/sync")
    page.get_by_role("link", name="Add connector").click()
    page.get_by_label("Name").fill(CONNECTOR)
    page.get_by_label("URL of the sync connector").fill("plugin:workbook")
    page.get_by_role("button", name="Add sync connector").click()
    expect(page.get_by_role("status")).to_be_visible()


def add_link(page: Page) -> None:
    page.goto("/settings/sync")
    page.get_by_role("link", name="Add ERP link").click()
    ok, reason = page.get_by_role("button", name="OK"), page.locator("[data-reason]")
    expect(ok).to_be_disabled()
    page.get_by_label("Sync connector").select_option(label=f"{CONNECTOR} (plugin:workbook)")
    page.get_by_label("Name", exact=False).first.fill(LINK)
    file_name = page.get_by_label("File name")
    expect(reason).to_have_text("File name is missing")
    file_name.fill("ledger/missing.xlsx")
    expect(reason).to_have_text("Say who may see the link")
    page.get_by_label("Selected users and groups").check()
    expect(reason).to_have_text("Select at least one user or group")
    page.get_by_label(f"{INSIDE.name}: sees it").check()
    expect(reason).to_have_text("Test not run since you changed File name")
    expect(ok).to_be_disabled()

    page.get_by_role("button", name="Test ERP link").click()
    expect(reason).to_have_text("The test did not pass")
    expect(file_name).to_have_attribute("aria-invalid", "true")
    expect(file_name).to_be_focused()
    expect(page.locator("[data-field$=Filename] .wrong-text")).to_contain_text("there is no file ledger/missing.xlsx")
    expect(ok).to_be_disabled()

    file_name.fill(FILE)
    expect(page.locator("[data-field$=Filename] .wrong-text")).to_have_count(0)
    page.get_by_role("button", name="Test ERP link").click()
    expect(page.locator("[data-result]")).to_contain_text("The test passed")
    expect(ok).to_be_enabled()

    file_name.press_sequentially("x")
    expect(ok).to_be_disabled()
    expect(reason).to_have_text("Test not run since you changed File name")
    file_name.press("Backspace")
    expect(ok).to_be_disabled()
    page.get_by_role("button", name="Test ERP link").click()
    expect(ok).to_be_enabled()
    ok.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(LINK)


def map_fields(page: Page) -> None:
    page.get_by_role("link", name="Field mapping").click()
    customer = page.get_by_role("region", name="Customer", exact=True)
    customer.get_by_label("Sync ERP “Customer” with CRM").check()
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_role("status").first).to_contain_text("Mapping saved")

    page.get_by_role("link", name=LINK).click()
    expect(page.get_by_role("button", name="Activate")).to_be_disabled()
    reasons = page.get_by_role("region", name="What stands between this link and its activation").get_by_role(
        "listitem"
    )
    assert reasons.count() > 1

    page.get_by_role("link", name="Field mapping").click()
    customer.get_by_label("ERP records without a pairing").select_option("pair")
    customer.get_by_label("Match field 1").select_option(label="VAT number")
    shown = customer.get_by_label("Show Credit limit on the ERP tab")
    shown.check()
    customer.locator("summary", has_text="Accept").click()
    # the link of the demo fills most of these fields one-way, which leaves both ways to any other
    customer.get_by_role("button", name="Both").click()
    expect(page.get_by_role("status").first).to_contain_text("Mapping saved")
    expect(shown).to_be_checked()


def activate_and_run(page: Page) -> None:
    page.get_by_role("link", name=LINK).click()
    expect(page.get_by_role("main")).to_contain_text("Ready to be activated")
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("status").first).to_contain_text("Active")
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("region", name="Last runs").get_by_role("link").last.click()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Success")
    changes = page.get_by_role("region", name="Changes").get_by_role("row")
    expect(changes.nth(1)).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("Running")


def see_values(page: Page, company_id: int, credit_limit: str) -> None:
    page.goto(f"/companies/{company_id}")
    page.get_by_role("link", name="ERP", exact=False).and_(page.locator("nav.tabs a")).click()
    block = page.get_by_role("region", name=LINK)
    expect(block).to_contain_text("Read just now")
    place = block.get_by_role("term").all_inner_texts().index("Credit limit")
    expect(block.get_by_role("definition").nth(place)).to_have_text(credit_limit)


def see_nothing(page: Page, company_id: int) -> None:
    page.goto(f"/companies/{company_id}")
    tabs = page.get_by_role("navigation", name="Parts of this record").get_by_role("link")
    expect(tabs.first).to_be_visible()
    assert not [text for text in tabs.all_inner_texts() if "ERP" in text]
    assert LINK not in page.content()
    answers = {}
    for path in (f"/companies/{company_id}/erp", "/sync", "/sync/runs", "/sync/failed-records"):
        page.goto(path)
        assert LINK not in page.content()
    for path in (f"/companies/{company_id}/erp/links/1", "/sync/runs/1", "/sync/runs/1/details"):
        answer = page.goto(path)
        answers[path] = answer and answer.status
    assert set(answers.values()) == {404}


def test_from_a_connectors_url_to_values_that_the_right_people_see(
    administrator: Page, inside: Page, outside: Page, office: Office
) -> None:
    write_sample(office.files / FILE, CUSTOMERS)
    add_connector(administrator)
    add_link(administrator)
    map_fields(administrator)
    activate_and_run(administrator)
    customer = next(row for row in customers(CUSTOMERS) if row["CreditLimit"])
    company_id = office.company_with("vat_number", customer["VATNO"])
    see_values(inside, company_id, f"{customer['CreditLimit']:,.2f}")
    see_nothing(outside, company_id)
