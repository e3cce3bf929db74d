import threading

import pytest
from playwright.sync_api import expect
from waitress import create_server

from tests.accounts import client_of, make_administrator
from tests.erp_links.mapping.stored import stored_link, type_row

pytestmark = pytest.mark.browser


@pytest.fixture
def page(app, sqlite_database, browser):
    """A browser in which an administrator has signed in; any fault that it reports fails the test."""
    app.config["WTF_CSRF_ENABLED"] = True
    administrator = make_administrator(sqlite_database)
    client = client_of(app, administrator)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    cookie = client.get_cookie("tieline_session")
    faults = []
    context = browser.new_context(base_url=address, locale="en")
    context.add_cookies([{"name": "tieline_session", "value": cookie.value, "url": address}])
    opened = context.new_page()
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    server.close()
    assert faults == []


def test_an_administrator_maps_by_mouse_and_keyboard(page, sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        ids = {each.key: f"f{each.id}" for each in type_row(session, link).fields}
    page.goto(f"/settings/sync/links/{link.id}/mapping")

    # one actor type at a time
    expect(page.get_by_label("CRM field for Last name")).to_be_hidden()
    page.locator("nav [data-goto]", has_text="Contact person").click()
    expect(page.get_by_label("CRM field for Last name")).to_be_visible()
    page.locator("nav [data-goto]", has_text="Customer").click()

    # arrow keys move between rows and columns and change nothing
    page.get_by_label("CRM field for Name").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"[name='{ids['CUSTNO']}.to_crm']")).to_be_focused()
    expect(page.get_by_label("CRM field for Name")).to_have_value("name")

    # a direction follows the choice of the CRM field and says why it is not possible
    orders = page.locator(f"#{ids['ORDERS']}")
    expect(orders.get_by_label("ERP to CRM")).to_be_disabled()
    orders.locator("select").select_option("description")
    expect(orders.get_by_label("ERP to CRM")).to_be_enabled()
    expect(orders.locator(".to-erp")).to_have_attribute("title", "read-only in the ERP")
    orders.get_by_label("ERP to CRM").check()

    # the filter hides what does not suit
    page.get_by_label("Filter fields of Customer").fill("telephone")
    expect(orders).to_be_hidden()
    page.get_by_label("Filter fields of Customer").fill("")

    # all proposals take one direction, and the rest of the page is saved with them
    page.get_by_text("Accept 10 proposals").click()
    page.get_by_role("button", name="Both").click()
    expect(page.get_by_text("Mapping saved")).to_be_visible()
    with sqlite_database.reading() as session:
        rows = {each.key: each for each in type_row(session, link).fields}
        assert (rows["ORDERS"].crm_field, rows["ORDERS"].to_crm) == ("description", True)
        assert (rows["NAME"].to_crm, rows["NAME"].to_erp) == (True, True)
        assert (rows["CUSTNO"].to_crm, rows["CUSTNO"].to_erp) == (True, False)


def test_an_order_is_changed_by_buttons_and_by_dragging(page, sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        type_id = type_row(session, link).id
    page.goto(f"/settings/sync/links/{link.id}/mapping/order/{type_id}")
    names = page.locator("[data-entry] b")
    page.get_by_label("Move Name down").click()
    assert names.all_inner_texts()[:3] == ["Customer number", "Name", "Telephone"]
    page.locator("[data-entry]", has_text="Telephone").drag_to(
        page.locator("[data-entry]", has_text="Customer number"), target_position={"x": 20, "y": 2}
    )
    assert names.all_inner_texts()[:3] == ["Telephone", "Customer number", "Name"]
    page.get_by_role("button", name="Save order").click()
    page.wait_for_load_state()
    with sqlite_database.reading() as session:
        assert [each.key for each in type_row(session, link).fields][:3] == ["PHONE", "CUSTNO", "NAME"]
