"""The form of a sync connector tries its URL in place, and saves what does not answer only after a warning."""

import pytest
from playwright.sync_api import expect

from host.accounts.models import Role
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.media import DESCRIPTOR_TYPE
from sync_connectors.json_protocol.reading import encode
from tests.accounts import make_user
from tests.browsers import signed_in_page
from tests.emulators.canned_server import CannedServer, answer

pytestmark = pytest.mark.browser

DESCRIPTOR = encode(Descriptor("books", "Books of Nordwind", "1.0", "0.1", ()).to_json())
TOKEN = "canary-0123456789"


@pytest.fixture
def page(app, sqlite_database, browser):
    make_user(sqlite_database, "ida", Role.ADMINISTRATOR)
    app.config["WTF_CSRF_ENABLED"] = True
    with signed_in_page(browser, app, "ida") as page:
        yield page


@pytest.fixture
def server():
    with CannedServer(answer("404 Not Found")) as running:
        yield running


def test_a_url_is_tried_in_place_and_the_token_stays_typed(page, server):
    page.goto("/settings/sync/connectors/new")
    page.get_by_label("Name").fill("Books")
    page.get_by_label("URL of the sync connector").fill(server.address)
    page.get_by_label("Access token").fill(TOKEN)

    # nothing usable answers: the warning comes before anything is stored
    page.get_by_role("button", name="Add sync connector").click()
    expect(page.get_by_text("status 404 Not Found").first).to_be_visible()
    confirm = page.get_by_label("Save it although nothing usable answers there")
    expect(confirm).to_be_visible()
    expect(page.get_by_label("Access token")).to_have_value(TOKEN)

    # another URL takes the warning back
    server.otherwise = answer(body=DESCRIPTOR, Content_Type=DESCRIPTOR_TYPE)
    page.get_by_label("URL of the sync connector").fill(f"{server.address}/books")
    expect(confirm).to_have_count(0)
    page.get_by_role("button", name="Try the URL").click()
    expect(page.get_by_text("answered as the connector Books of Nordwind")).to_be_visible()
    expect(page).to_have_url("/settings/sync/connectors/new")

    page.get_by_label("Name").press("Enter")
    expect(page.get_by_text("The sync connector has answered.")).to_be_visible()
    expect(page.get_by_label("Access token")).to_have_value("••••••••")
    assert f"Authorization: Bearer {TOKEN}" in server.requests[-1]


def test_what_does_not_answer_is_saved_when_that_is_confirmed(page, server):
    page.goto("/settings/sync/connectors/new")
    page.get_by_label("Name").fill("Books")
    page.get_by_label("URL of the sync connector").fill(server.address)
    page.get_by_role("button", name="Add sync connector").click()
    page.get_by_label("Save it although nothing usable answers there").check()
    page.get_by_role("button", name="Add sync connector").click()
    expect(page.get_by_text("The connector did not answer when it was last asked")).to_be_visible()
