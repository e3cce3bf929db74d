import threading

import pytest
from playwright.sync_api import expect
from waitress import create_server

from erp_links.links.models import ErpLink
from erp_links.mapping.lists.pairs import joined_list
from tests.accounts import client_of, make_administrator

pytestmark = pytest.mark.browser


@pytest.fixture
def page(app, stage, browser):
    """A browser in which an administrator has signed in; any fault that it reports fails the test."""
    app.config["WTF_CSRF_ENABLED"] = True
    client = client_of(app, make_administrator(stage.database))
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    faults = []
    context = browser.new_context(base_url=address, locale="en")
    context.add_cookies(
        [{"name": "tieline_session", "value": client.get_cookie("tieline_session").value, "url": address}]
    )
    opened = context.new_page()
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    server.close()
    assert faults == []


def test_an_administrator_maps_a_list_and_sees_what_is_chosen_twice(page, stage):
    page.goto(f"/settings/sync/links/{stage.link_id}/lists")
    page.get_by_role("button", name="Propose by name").click()
    denmark = page.get_by_label("Item of the CRM for denmark")
    expect(denmark).to_have_value("DK")
    expect(page.get_by_label("Filter items")).to_be_visible()

    norway = page.get_by_label("Item of the CRM for Norge")
    norway.select_option("DK")
    expect(
        page.get_by_text("Is chosen more than once").or_(page.get_by_text("is chosen more than once"))
    ).to_have_count(2)
    expect(denmark).to_have_attribute("aria-invalid", "true")
    norway.select_option("NO")
    expect(denmark).not_to_have_attribute("aria-invalid", "true")

    page.get_by_label("Filter items").fill("norge")
    expect(denmark).to_be_hidden()
    page.get_by_label("Filter items").fill("")
    page.get_by_role("button", name="Save table").click()
    expect(page.get_by_text("Table saved")).to_be_visible()
    with stage.database.reading() as session:
        link = session.get_one(ErpLink, stage.link_id)
        assert joined_list(session, link, "countries", "country").entries == {"1": "DK", "2": "NO"}


def test_who_wins_is_asked_of_fields_that_go_both_ways(page, stage):
    page.goto(f"/settings/sync/links/{stage.link_id}/mapping")
    policy = page.get_by_label("If both sides changed Name")
    expect(policy).to_be_hidden()
    page.get_by_label("CRM to ERP: Name").check()
    policy.select_option("ask")
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_text("Mapping saved")).to_be_visible()
    fields = {each.key: each.policy for each in _fields(stage)}
    assert (fields["NAME"], fields["COUNTRY"]) == ("ask", "priority")


def _fields(stage):
    with stage.database.reading() as session:
        return list(session.merge(stage.type_row()).fields)
