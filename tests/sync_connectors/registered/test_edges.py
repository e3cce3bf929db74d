"""The pages and the API of sync connectors and plugins, over the same operations."""

import html

import pytest

from host.accounts.models import TokenScope
from sync_connectors.connectors import EXTENSION as CONNECTORS
from sync_connectors.loading import Plugins
from sync_connectors.registered.models import SyncConnector
from tests.accounts import api_client, client_of, make_administrator, make_user
from tests.emulators.misbehaving import hang


@pytest.fixture
def administrator(sqlite_database):
    return make_administrator(sqlite_database)


@pytest.fixture
def page(app, administrator):
    return client_of(app, administrator)


@pytest.fixture
def api(app, sqlite_database, administrator):
    return api_client(app, sqlite_database, administrator)


def add(api, name="Books", url="plugin:misbehaving"):
    return api.post("/sync-connectors", json={"name": name, "url": url})


def test_the_api_adds_reads_changes_and_deletes(api):
    added = add(api)
    assert (added.status_code, added.json["failure"], added.json["links"]) == (201, "", [])
    assert [field["key"] for field in added.json["declaration"]["configuration_fields"]] == ["Behaviour", "Password"]
    assert added.json["declaration"]["configuration_fields"][1]["secret"] is True
    path = f"/sync-connectors/{added.json['id']}"
    read = api.get(path)
    assert read.json == added.json
    changed = api.patch(path, json={"name": "New"}, headers={"If-Match": read.headers["ETag"]})
    assert (changed.status_code, changed.json["name"]) == (200, "New")
    assert api.patch(path, json={"name": "x"}, headers={"If-Match": read.headers["ETag"]}).status_code == 412
    refreshed = api.post(f"{path}/refresh")
    assert (refreshed.status_code, refreshed.json["failure"]) == (200, "")
    gone = api.delete(path, headers={"If-Match": api.get(path).headers["ETag"]})
    assert gone.status_code == 204
    assert api.get(path).status_code == 404
    assert api.get("/sync-connectors").json == {"items": [], "next": None}
    assert [one["name"] for one in api.get("/sync-connectors?deleted=true").json["items"]] == ["New"]


def test_the_api_names_every_fault(api):
    add(api)
    refused = add(api, url="plugin://ledger")
    assert refused.status_code == 422
    assert {one["field"]: one["message"] for one in refused.json["errors"]} == {
        "name": "is taken by another sync connector",
        "url": "has the form of SuperOffice, write plugin:ledger",
    }
    assert api.post("/sync-connectors", json={"colour": "red"}).status_code == 422


def test_the_api_refuses_to_delete_a_connector_in_use(api, used):
    added = add(api)
    used[added.json["id"]] = ["Nordwind DK"]
    refused = api.delete(f"/sync-connectors/{added.json['id']}", headers={"If-Match": added.headers["ETag"]})
    assert refused.status_code == 409
    assert "Nordwind DK" in refused.text


def test_the_api_lists_plugins_with_reasons_and_without_tracebacks(api):
    assert api.get("/plugins").json["items"] == [
        {
            "distribution": "dist-good",
            "version": "1.2",
            "entry_point": "good",
            "status": "loaded",
            "reason": "",
            "connectors": ["ledger"],
        },
        {
            "distribution": "dist-bad",
            "version": "0.3",
            "entry_point": "bad",
            "status": "failed",
            "reason": "OSError: disk <b>",
            "connectors": [],
        },
    ]


@pytest.mark.parametrize("path", ["/sync-connectors", "/plugins"])
def test_the_api_serves_administrators_only(app, sqlite_database, administrator, path):
    user = make_user(sqlite_database, "ida")
    assert api_client(app, sqlite_database, user, TokenScope.WRITE).get(path).status_code == 403
    assert api_client(app, sqlite_database, administrator, TokenScope.WRITE).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/settings/plugins", "/settings/sync/connectors/new", "/settings/sync/connectors/1"])
def test_the_pages_serve_administrators_only(app, sqlite_database, path):
    assert client_of(app, make_user(sqlite_database, "ida")).get(path).status_code in {403, 404}
    assert client_of(app).get(path).status_code == 302


def test_the_plugins_page_shows_status_reason_and_details(page):
    shown = page.get("/settings/plugins")
    assert shown.status_code == 200
    text = html.unescape(shown.text)
    for words in ("dist-good", "plugin:ledger", "dist-bad", "0.3", "Not loaded", "Traceback"):
        assert words in text
    assert "<b>" not in shown.text.split("Not loaded")[1].split("</tr>")[0]


def test_the_form_adds_a_connector_and_shows_what_it_declares(page):
    assert "plugin:ledger" in page.get("/settings/sync/connectors/new").text
    shown = page.post(
        "/settings/sync/connectors/new", data={"name": "Books", "url": "plugin:ledger"}, follow_redirects=True
    )
    assert shown.status_code == 200
    for words in ("The sync connector has answered.", "Ledger", "Behaviour", "secret", "No ERP link uses it."):
        assert words in shown.text


def test_the_form_comes_back_with_its_faults_and_what_was_typed(page):
    shown = page.post("/settings/sync/connectors/new", data={"name": "", "url": "https://x@erp.example/<i>"})
    assert shown.status_code == 422
    text = html.unescape(shown.text)
    assert "is missing" in text
    assert "belong into the configuration" in text or "is missing" in text
    assert "https://x@erp.example/<i>" in text
    assert "/<i>" not in shown.text


def connector_page(page, **values):
    data = {"name": "Books", "url": "plugin:misbehaving", **values}
    return page.post("/settings/sync/connectors/new", data=data).headers["Location"]


def version_of(database):
    with database.reading() as session:
        return session.query(SyncConnector).one().version


def test_the_form_changes_name_and_url(page, sqlite_database):
    path = connector_page(page)
    data = {"name": "New", "url": "plugin:ledger", "version": version_of(sqlite_database)}
    shown = page.post(path, data=data, follow_redirects=True)
    assert "The sync connector is saved." in shown.text
    assert "Ledger" in shown.text
    stale = page.post(path, data=data)
    assert stale.status_code == 409
    faulty = page.post(path, data={**data, "name": "", "url": "plugin:gone"})
    assert faulty.status_code == 422
    assert "is missing" in faulty.text


def test_a_deletion_asks_for_the_name_and_names_the_links_that_forbid_it(page, sqlite_database, used):
    path = connector_page(page)
    version = version_of(sqlite_database)
    assert page.post(f"{path}/delete", data={"confirm": "Book", "version": version}).status_code == 422
    used[int(path.rsplit("/", 1)[1])] = ["Nordwind DK"]
    refused = page.post(f"{path}/delete", data={"confirm": "Books", "version": version})
    assert refused.status_code == 409
    assert "Nordwind DK" in refused.text
    used.clear()
    deleted = page.post(f"{path}/delete", data={"confirm": "Books", "version": version})
    assert deleted.headers["Location"].endswith("/settings/sync")
    assert page.get(path).status_code == 404


@pytest.mark.usefixtures("impatient")
def test_a_connector_that_is_down_does_not_slow_its_page(page, ledger):
    path = connector_page(page, url="plugin:ledger")
    ledger.configuration_fields = hang
    shown = page.post(f"{path}/refresh", follow_redirects=True)
    assert "did not answer within" in shown.text
    asked = []
    ledger.configuration_fields = lambda: asked.append(1) or []
    assert "did not answer when it was last asked" in page.get(path).text
    assert asked == []


def test_a_connector_whose_plugin_is_gone_says_so_and_stays(page, app, with_plugins):
    path = connector_page(page)
    app.extensions[CONNECTORS] = with_plugins(Plugins({}, []))
    assert "Nothing answers behind this URL" in page.get(path).text
