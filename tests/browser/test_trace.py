"""A trace from its page: switched on, filled by the web process and the worker, downloaded, switched off."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser


def test_a_trace_shows_what_web_and_worker_ask_and_is_downloaded(administrator: Page, office: Office) -> None:
    page = administrator
    page.goto(f"/settings/sync/links/{office.link_id}")
    page.get_by_role("link", name="Trace", exact=True).click()
    page.get_by_label("How long").select_option("1 hour")
    page.get_by_role("button", name="Start trace").click()
    expect(page.get_by_text("No call yet")).to_be_visible()

    other = page.context.new_page()
    other.goto(f"/settings/sync/links/{office.link_id}")
    other.get_by_role("button", name="Test ERP link").click()
    expect(other.get_by_text("The test passed")).to_be_visible()
    other.close()
    run = office.run(office.link_id)

    # the page fills itself
    table = page.get_by_role("table")
    expect(table.get_by_text("test", exact=True)).to_be_visible()
    expect(table.get_by_role("link", name=f"run {run.id}").first).to_be_visible()

    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    lines = downloading.value.path().read_text(encoding="utf-8").splitlines()
    assert downloading.value.suggested_filename.startswith("trace-")
    header, *calls = (json.loads(line) for line in lines)
    assert header["trace"]["link"]["id"] == office.link_id
    by_web = {call["process"] for call in calls if call["run_id"] is None}
    by_worker = {call["process"] for call in calls if call["run_id"] == run.id}
    assert len(by_web) == len(by_worker) == 1
    assert by_web != by_worker
    assert {"open", "test", "close"} <= {call["call"] for call in calls if call["run_id"] is None}

    page.get_by_role("button", name="Stop trace").click()
    expect(page.get_by_text("The trace is off")).to_be_visible()
    expect(page.get_by_role("button", name="Start trace")).to_be_visible()
