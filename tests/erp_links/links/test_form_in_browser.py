"""The form of a link where it must react in place; the story around it is told in `tests/browser`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from host.app import create_app
from sync_connectors import UnavailableError
from tests.browsers import signed_in_page

pytestmark = pytest.mark.browser


@pytest.fixture
def page(office, browser: Browser) -> Iterator[Page]:
    app = create_app(office.runtime.settings, office.database, office.runtime.plugins)
    office.runtime = app.extensions["tieline_links"]  # both keep secrets under one key
    with signed_in_page(browser, app, "ida") as page:
        yield page


def test_fields_react_in_place_and_ok_waits_for_the_test(office, page: Page) -> None:
    page.goto("/settings/sync/links/new")
    ok, reason, test = page.locator("[data-ok]"), page.locator("[data-reason]"), page.locator("[data-test]")
    page.get_by_label("Name").first.fill("Nordwind")
    expect(ok).to_be_disabled()
    expect(test).to_be_disabled()

    # another connector brings its fields; lists follow what they depend on, and say why they cannot
    page.get_by_label("Sync connector").select_option(str(office.connector_id))
    expect(page.get_by_label("Login")).to_have_value("ida")
    page.get_by_label("Server").fill("nordwind")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("Password").press("Tab")
    expect(page.get_by_text("the password was refused")).to_be_visible()
    page.get_by_label("Password").fill("s3cret")
    page.get_by_label("Password").press("Tab")
    company, warehouse = page.get_by_label("Company"), page.get_by_label("Warehouse")
    expect(company.get_by_role("option")).to_have_text(["", "Nordwind A/S", "Nordwind Leasing A/S"])
    company.select_option("2")
    expect(warehouse.get_by_role("option")).to_have_text(["", "Odense"])
    company.select_option("1")
    expect(warehouse.get_by_role("option")).to_have_text(["", "Aarhus", "Copenhagen"])

    # a conditional field is shown, and required, only while its condition holds
    batch = page.get_by_label("Records in one call")
    expect(batch).to_be_hidden()
    page.get_by_label("Mode").select_option("advanced")
    expect(batch).to_be_visible()
    page.get_by_label("All users").check()
    batch.fill("")
    expect(reason).to_have_text("Records in one call is missing")
    page.get_by_label("Mode").select_option("simple")
    expect(reason).to_have_text("Test not run since you changed Mode")

    test.press("Enter")  # no mouse
    expect(reason).to_have_text("Test passed")
    expect(ok).to_be_enabled()
    page.get_by_label("Token").fill("t")
    expect(ok).to_be_disabled()
    expect(reason).to_have_text("Test not run since you changed Token")
    office.server.fail["test_configuration"] = UnavailableError("closed for stock-taking")
    test.click()
    expect(page.locator("[data-result]")).to_contain_text("Closed for stock-taking")
    expect(reason).to_have_text("The test did not pass")
    del office.server.fail["test_configuration"]
    test.click()
    ok.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nordwind")


def test_an_edit_while_the_test_runs_is_not_covered_by_it(office, page: Page) -> None:
    link_id = office.create()
    page.goto(f"/settings/sync/links/{link_id}/configuration")
    ok, reason, test = page.locator("[data-ok]"), page.locator("[data-reason]"), page.locator("[data-test]")
    expect(ok).to_be_enabled()  # nothing that is gated has changed
    page.get_by_label("Name").first.fill("Renamed")
    expect(ok).to_be_enabled()
    office.server.slow["test_configuration"] = 1.0
    test.click()
    expect(reason).to_have_text("Testing…")
    page.get_by_label("Login").fill("ole")
    expect(page.locator("[data-result]")).to_contain_text("The test passed")
    expect(ok).to_be_disabled()
