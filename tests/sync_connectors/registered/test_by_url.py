"""A connector behind a URL is asked before it is stored; its token is write-only and stays with its URL."""

import html
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from host.accounts.models import Role
from host.audit.models import AuditEntry
from host.errors import ConflictError, InvalidInputError, StaleVersionError
from host.secrets.models import Secret
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.media import DESCRIPTOR_TYPE
from sync_connectors.json_protocol.reading import encode
from sync_connectors.loading import ConnectorMissingError
from sync_connectors.registered.declaring import refresh_declaration, refresh_next
from sync_connectors.registered.errors import UnansweredError
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import declaration_of, delete_connector
from sync_connectors.registered.registering import change_and_ask, register_connector, try_url
from sync_connectors.registered.token import read_token
from sync_connectors.registered.work import OutdatedDeclarations
from tests.accounts import api_client, client_of, make_user
from tests.emulators.canned_server import CannedServer, answer

TOKEN = "canary-0123456789"
NOTHING = answer("404 Not Found")
WSDL = answer(body=b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>')
FORM = "/settings/sync/connectors/new"


def descriptor(version="1.0"):
    body = encode(Descriptor("books", "Books of Nordwind", version, "0.1", ()).to_json())
    return answer(body=body, Content_Type=DESCRIPTOR_TYPE)


@pytest.fixture
def server():
    with CannedServer(descriptor()) as running:
        yield running


@pytest.fixture
def register(database, connectors, doer):
    return lambda url, **more: register_connector(database, connectors, doer, name="Books", url=url, **more)


@pytest.fixture
def change(database, connectors, doer):
    def changed(row, **changes):
        return change_and_ask(database, connectors, doer, row.id, changes, row.version)

    return changed


def token_of(database, connectors, row):
    with database.reading() as session:
        return read_token(session, connectors.secret_box, row.id)


def tokens_shown(server):
    return {line for request in server.requests for line in request.split("\r\n") if line.startswith("Authorization")}


def all_texts(database):
    """Whatever stands in the tables of connectors and of the audit log."""
    with database.reading() as session:
        rows = session.execute(select(SyncConnector.url, SyncConnector.failure, SyncConnector.probe)).all()
        return repr(rows) + repr([one.changes for one in session.scalars(select(AuditEntry))])


def test_a_plain_url_is_asked_and_the_answer_remembered(database, connectors, server, register):
    added = register(server.address, token=TOKEN)
    assert (added.speaks, added.failure, declaration_of(added).label) == ("json", "", "Books of Nordwind")
    assert tokens_shown(server) == {f"Authorization: Bearer {TOKEN}"}
    assert token_of(database, connectors, added) == TOKEN
    with database.reading() as session:
        assert connectors.behind(session, added).name == "books"
        assert TOKEN.encode() not in session.scalars(select(Secret.ciphertext)).one()
    assert connectors.identity_of(added) == "books 1.0 (json)"
    assert TOKEN not in all_texts(database)


@pytest.mark.parametrize("reply", [NOTHING, WSDL], ids=["nothing", "soap"])
def test_one_that_cannot_be_used_is_stored_only_when_that_is_confirmed(database, connectors, server, register, reply):
    server.otherwise = reply
    with pytest.raises(UnansweredError) as caught:
        register(server.address)
    assert len(caught.value.errors["url"]) == len(caught.value.probe.attempts)
    with database.reading() as session:
        assert session.scalars(select(SyncConnector)).all() == []
    added = register(server.address, confirm=True)
    assert added.failure == caught.value.text
    assert added.speaks == ("soap" if reply is WSDL else "")
    with pytest.raises(ConflictError, match="has not said yet"):
        declaration_of(added)
    with pytest.raises(ConnectorMissingError, match="SOAP" if reply is WSDL else "has not told yet what it speaks"):
        connectors.require(added)


@pytest.mark.parametrize(
    "reply",
    [
        answer("302 Found", Location=f"https://elsewhere.example/?seen={TOKEN}"),
        answer(body=b"what?", Content_Type=f"text/{TOKEN}"),
    ],
)
def test_a_token_that_the_server_repeats_is_neither_shown_nor_stored(database, server, register, reply):
    server.otherwise = reply
    with pytest.raises(UnansweredError) as caught:
        register(server.address, token=TOKEN)
    assert TOKEN not in f"{caught.value}{caught.value.errors}{caught.value.probe}"
    register(server.address, token=TOKEN, confirm=True)
    assert TOKEN not in all_texts(database)


def test_a_connector_that_was_down_is_asked_again_in_the_background(database, connectors, server, register):
    server.otherwise = NOTHING
    added = register(f"json+{server.address}", confirm=True)
    server.otherwise = descriptor()
    work = OutdatedDeclarations(database, connectors)
    assert work.work(threading.Event()) is False
    age(database, added, failed_at=timedelta(minutes=11))
    assert work.work(threading.Event()) is True
    with database.reading() as session:
        assert declaration_of(session.get_one(SyncConnector, added.id)).version == "1.0"
    assert work.work(threading.Event()) is False


def age(database, row, **ages):
    with database.writing() as session:
        stored = session.get_one(SyncConnector, row.id)
        for column, by in ages.items():
            setattr(stored, column, getattr(stored, column) - by)


def test_a_server_that_was_upgraded_is_noticed_after_a_while_and_others_disturb_nobody(
    database, connectors, server, register
):
    added = register(server.address)
    age(database, added, declared_at=timedelta(hours=2))
    assert refresh_next(database, connectors) == added.id
    with database.reading() as session:
        assert session.get_one(SyncConnector, added.id).version == added.version
    server.otherwise = descriptor("2.0")
    age(database, added, declared_at=timedelta(hours=2))
    assert refresh_next(database, connectors) == added.id
    with database.reading() as session:
        upgraded = session.get_one(SyncConnector, added.id)
    assert (declaration_of(upgraded).version, upgraded.version) == ("2.0", added.version + 1)
    assert connectors.identity_of(upgraded) == "books 2.0 (json)"


def test_one_that_is_down_for_a_while_keeps_what_it_spoke_and_declared(database, connectors, doer, server, register):
    added = register(server.address)
    server.otherwise = answer("502 Bad Gateway")
    down = refresh_declaration(database, connectors, doer, added.id)
    assert (down.speaks, declaration_of(down).version) == ("json", "1.0")
    assert "502" in down.failure
    connectors.require(down)


def test_another_url_forgets_token_and_answer_and_is_shown_no_token(database, connectors, server, register, change):
    added = register(server.address, token=TOKEN)
    with CannedServer(descriptor("9.0")) as other:
        moved = change(added, url=other.address)
        assert tokens_shown(other) == set()
    assert (moved.url_revision, declaration_of(moved).version) == (2, "9.0")
    assert token_of(database, connectors, added) == ""


def test_a_token_can_come_with_another_url(database, connectors, server, register, change):
    added = register("plugin:misbehaving")
    moved = change(added, url=server.address, token=TOKEN)
    assert token_of(database, connectors, moved) == TOKEN
    assert tokens_shown(server) == {f"Authorization: Bearer {TOKEN}"}


def test_another_token_is_tried_first_and_an_empty_one_forgets_it(database, connectors, server, register, change):
    added = register(server.address, token=TOKEN)
    server.requests.clear()
    changed = change(added, token="second-0123456789")
    assert tokens_shown(server) == {"Authorization: Bearer second-0123456789"}
    assert (changed.url_revision, token_of(database, connectors, added)) == (1, "second-0123456789")
    server.otherwise = answer("401 Unauthorized")
    with pytest.raises(UnansweredError, match="wants an access token"):
        change(changed, token="")
    assert token_of(database, connectors, added) == "second-0123456789"
    server.otherwise = descriptor()
    assert change(changed, token="").failure == ""
    assert token_of(database, connectors, added) == ""


def test_another_name_asks_nobody(database, connectors, server, register, change):
    added = register(server.address, token=TOKEN)
    server.requests.clear()
    renamed = change(added, name="New", url=server.address)
    assert (renamed.name, server.requests) == ("New", [])
    assert token_of(database, connectors, added) == TOKEN


def test_a_change_for_an_older_version_asks_nobody(server, register, change):
    added = register("plugin:misbehaving")
    added.version -= 1
    with pytest.raises(StaleVersionError):
        change(added, url=server.address)
    assert server.requests == []


def test_the_token_goes_with_the_connector(database, connectors, doer, server, register):
    added = register(server.address, token=TOKEN)
    with database.writing() as session:
        delete_connector(session, doer, connectors, added.id, added.version)
    assert token_of(database, connectors, added) == ""


def test_trying_a_url_stores_nothing_and_shows_a_stored_token_to_its_own_url_only(
    database, connectors, server, register
):
    added = register(server.address, token=TOKEN)
    server.requests.clear()
    assert try_url(database, connectors, server.address, None, added.id).is_usable
    assert tokens_shown(server) == {f"Authorization: Bearer {TOKEN}"}
    with CannedServer(NOTHING) as other:
        assert not try_url(database, connectors, other.address, None, added.id).is_usable
        assert tokens_shown(other) == set()
    assert try_url(database, connectors, "plugin:misbehaving", None) is None
    with pytest.raises(InvalidInputError):
        try_url(database, connectors, "app://x", None)


def test_one_guard_serves_a_connector_until_its_token_changes(database, connectors, server, register, change):
    added = register(server.address)
    with database.reading() as session:
        first = connectors.behind(session, added)
        assert connectors.behind(session, added) is first
    changed = change(added, token=TOKEN)
    with database.reading() as session:
        assert connectors.behind(session, changed) is not first


def test_a_url_that_is_not_registered_leads_to_its_connector_as_well(connectors, server):
    assert connectors.at_url("plugin:misbehaving").name == "misbehaving"
    remote = connectors.at_url(server.address, TOKEN)
    remote.configuration_fields()
    assert (remote.name, remote.version) == ("books", "1.0")


# -- pages and API


@pytest.fixture
def page(app, sqlite_database):
    return client_of(app, make_user(sqlite_database, "ida", Role.ADMINISTRATOR))


@pytest.fixture
def api(app, sqlite_database):
    return api_client(app, sqlite_database, make_user(sqlite_database, "ole", Role.ADMINISTRATOR))


def test_the_api_shows_what_came_back_and_never_the_token(api, server):
    server.otherwise = NOTHING
    wanted = {"name": "Books", "url": server.address, "token": TOKEN}
    refused = api.post("/sync-connectors", json=wanted)
    assert (refused.status_code, refused.json["code"]) == (422, "unanswered")
    assert "status 404" in refused.json["detail"]
    assert [one["field"] for one in refused.json["errors"]] == ["url", "url", "url"]
    added = api.post("/sync-connectors", json={**wanted, "confirm": True})
    assert (added.status_code, added.json["has_token"], added.json["speaks"]) == (201, True, "")
    assert [one["outcome"] for one in added.json["probe"]["attempts"]] == ["status"] * 3
    path = f"/sync-connectors/{added.json['id']}"
    server.otherwise = descriptor()
    refreshed = api.post(f"{path}/refresh")
    assert (refreshed.json["failure"], refreshed.json["speaks"], refreshed.json["unavailable"]) == ("", "json", "")
    kept = api.patch(path, json={"token": "••••••••"}, headers={"If-Match": api.get(path).headers["ETag"]})
    assert kept.json["has_token"] is True
    gone = api.patch(path, json={"token": ""}, headers={"If-Match": api.get(path).headers["ETag"]})
    assert gone.json["has_token"] is False
    for told in (refused, added, refreshed, kept, gone, api.get("/audit")):
        assert TOKEN not in told.text


def test_the_api_refuses_what_is_no_token(api, server):
    refused = api.post("/sync-connectors", json={"name": "B", "url": server.address, "token": "two words"})
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json["errors"]] == ["token"]
    assert server.requests == []


def test_the_api_tries_a_url_without_storing_it(api, server):
    tried = api.post("/sync-connectors/probe", json={"url": server.address})
    assert (tried.status_code, tried.json["usable"], tried.json["summary"]) == (200, True, "a connector answers there")
    assert api.get("/sync-connectors").json["items"] == []
    assert api.post("/sync-connectors/probe", json={"url": "plugin:ledger"}).status_code == 422


def test_the_form_warns_before_it_stores_what_does_not_answer(page, server):
    server.otherwise = NOTHING
    typed = {"name": "Books", "url": server.address, "token": TOKEN}
    warned = page.post(FORM, data=typed)
    assert warned.status_code == 422
    text = html.unescape(warned.text)
    assert "Nothing that Tieline can use answers there" in text
    assert f"GET {server.address}?wsdl</span>: answered with status 404 Not Found" in text
    assert 'name="confirm"' in text
    assert TOKEN not in text
    saved = page.post(FORM, data={**typed, "confirm": "1"}, follow_redirects=True)
    assert saved.status_code == 200
    shown = html.unescape(page.get(saved.request.path).text)
    assert "did not answer when it was last asked" in shown
    assert f"GET {server.address}</span>: answered with status 404 Not Found" in shown
    assert TOKEN not in shown


def test_the_form_tries_a_url_without_scripts(page, server):
    tried = page.post(FORM, data={"name": "Books", "url": server.address, "try": "1"})
    assert tried.status_code == 200
    assert "A connector answers there" in tried.text
    assert f'value="{server.address}"' in tried.text
    assert page.post(FORM, data={"name": "x", "url": "app://x", "try": "1"}).status_code == 422


def test_the_form_leaves_a_token_that_was_not_touched(page, server, sqlite_database, connectors):
    path = page.post(FORM, data={"name": "Books", "url": server.address, "token": TOKEN}).headers["Location"]
    assert 'value="••••••••"' in page.get(path).text
    version = 0
    with sqlite_database.reading() as session:
        row = session.scalars(select(SyncConnector)).one()
        version = row.version
    data = {"name": "New", "url": server.address, "token": "••••••••", "version": version}
    assert page.post(path, data=data).status_code == 302
    assert token_of(sqlite_database, connectors, row) == TOKEN


def test_the_script_of_the_form_gets_the_same_answer(page, server):
    tried = page.post("/settings/sync/connectors/probe", data={"name": "", "url": server.address}).json
    assert (tried["usable"], tried["errors"]) == (True, {})
    assert "Books of Nordwind" in tried["html"]
    server.otherwise = NOTHING
    assert page.post("/settings/sync/connectors/probe", data={"url": server.address}).json["usable"] is False
    assert page.post("/settings/sync/connectors/probe", data={"url": "plugin:ledger"}).json["usable"] is True
    refused = page.post("/settings/sync/connectors/probe", data={"url": "ftp://x"}).json
    assert (refused["usable"], set(refused["errors"])) == (False, {"url"})


def test_what_came_back_is_told_in_the_language_of_the_reader(page, server):
    server.otherwise = NOTHING
    data = {"name": "Books", "url": server.address, "confirm": "1"}
    path = page.post(FORM, data=data).headers["Location"]
    assert "answered with status 404 Not Found" in page.get(path, headers={"Accept-Language": "en"}).text
    assert "hat mit Status 404 Not Found geantwortet" in page.get(path, headers={"Accept-Language": "de"}).text


def test_the_list_tells_in_the_language_of_the_reader_why_a_connector_did_not_answer(page, server):
    server.otherwise = NOTHING
    page.post(FORM, data={"name": "Books", "url": f"json+{server.address}", "confirm": "1"})
    assert (
        "hat mit Status 404 Not Found geantwortet" in page.get("/settings/sync", headers={"Accept-Language": "de"}).text
    )
