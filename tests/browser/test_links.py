"""Pages of a link beyond the story of how it comes to be."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser


def test_an_active_link_is_described_anew_and_its_configuration_stays_locked(
    administrator: Page, office: Office
) -> None:
    page = administrator
    page.goto(f"/settings/sync/links/{office.link_id}/configuration")
    expect(page.get_by_label("File name")).to_be_disabled()
    expect(page.get_by_label("Sync connector")).to_be_disabled()
    page.get_by_label("Description").fill("Books of the north")
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(office.link_name)
    expect(page.get_by_role("main")).to_contain_text("Books of the north")
