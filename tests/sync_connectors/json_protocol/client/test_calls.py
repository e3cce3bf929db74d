"""What the client sends, and what it makes of what comes back."""

import socket
import threading
from decimal import Decimal

import pytest

from host.settings import Settings
from sync_connectors import (
    Actor,
    ActorReference,
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    ListKey,
    Operator,
    ProtocolError,
    RateLimitedError,
    RejectedRecordError,
    Restriction,
    UnavailableError,
    UnknownLinkError,
)
from sync_connectors.json_protocol.client import RemoteConnector
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.errors import error_to_json
from sync_connectors.json_protocol.records import records_to_json
from tests.emulators.canned_server import CannedServer, answer, self_signed
from tests.emulators.scripted_server import ScriptedServer, Told, message
from tests.sync_connectors.json_protocol.client.conftest import GUID
from tests.sync_connectors.json_protocol.samples import PERSON
from tests.sync_connectors.json_protocol.schema import checked

DESCRIPTOR = Descriptor("greenbook", "Greenbook", "1.2", "0.1", ())
NOTHING = message({"records": records_to_json([])})
FOUND = message({"records": records_to_json([PERSON])})


def test_the_descriptor_tells_name_and_versions(side):
    with ScriptedServer(message(DESCRIPTOR.to_json())) as server:
        connector = side.connector(f"{server.url}/erp/?site=2")
        assert (connector.name, connector.version) == ("127.0.0.1", "")
        assert connector.configuration_fields() == ()
        assert (connector.name, connector.label, connector.version) == ("greenbook", "Greenbook", "1.2")
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("GET", "/erp?site=2")
    assert asked.headers["Accept"] == "application/vnd.tieline.connector+json"
    assert asked.headers["Tieline-Protocol"] == "0.1"


def test_a_connector_that_is_known_has_its_name_without_being_asked(side):
    known = RemoteConnector("http://192.0.2.1", "", side.settings, DESCRIPTOR)
    assert (known.name, known.label, known.version) == ("greenbook", "Greenbook", "1.2")


def test_a_connector_of_another_contract_is_refused(side):
    told = DESCRIPTOR.to_json() | {"contract_version": "0.9"}
    with ScriptedServer(message(told)) as server, pytest.raises(ProtocolError, match=r"0\.9, and Tieline knows 0\.1"):
        side.connector(server.url).configuration_fields()


def test_every_call_of_a_session_carries_its_id_number_token_and_deadline(side):
    with ScriptedServer(NOTHING, NOTHING, message({})) as server:
        session = side.session(f"{server.url}/?site=2", "s3cret", seconds=7.0)
        session.search("Person", "x", [])
        session.search("Person", "y", [])
        session.close()
    first, second, last = server.asked
    assert [one.target for one in (first, second)] == [f"/links/{GUID}/search?site=2"] * 2
    assert [one.headers["Tieline-Call"] for one in (first, second)] == ["1", "2"]
    assert first.headers["Authorization"] == "Bearer s3cret"
    assert 6.0 < float(first.headers["Tieline-Deadline"]) <= 7.0
    id_ = first.headers["Tieline-Session"]
    assert id_ == second.headers["Tieline-Session"]
    assert (last.method, last.target) == ("DELETE", f"/links/{GUID}/sessions/{id_}?site=2")
    assert first.peer == second.peer == last.peer


def test_a_session_that_asked_nothing_is_not_ended_at_the_server(side):
    with ScriptedServer() as server:
        side.session(server.url).close()
    assert server.asked == []


def test_each_session_has_an_id_of_its_own_and_they_share_connections(side):
    with ScriptedServer(NOTHING, message({}), NOTHING, message({})) as server:
        connector = side.connector(server.url)
        for _session in range(2):
            with connector.open(GUID, {}, side.services()) as session:
                session.search("Person", "", [])
    assert len({asked.headers.get("Tieline-Session") for asked in server.asked} - {None}) == 2
    assert len({asked.peer for asked in server.asked}) == 1


REQUESTS = [
    ("test", lambda session: session.test(), message({"details": []})),
    ("actor-types", lambda session: session.actor_types(), message({"actor_types": []})),
    ("fields", lambda session: session.fields("Person"), message({"fields": []})),
    ("searchable-fields", lambda session: session.searchable_fields("Person"), message({"keys": []})),
    ("get", lambda session: session.get("Person", ("1",), ("NAME",)), FOUND),
    ("search", lambda session: session.search("Person", "x", ["NAME"]), FOUND),
    (
        "search-advanced",
        lambda session: session.search_advanced(
            "Person", [Restriction("CREDIT", Operator.GREATER, (Decimal("1.5"),))], ["NAME"]
        ),
        FOUND,
    ),
    (
        "search-by-parent",
        lambda session: session.search_by_parent("Person", "", ActorReference("Customer", "7"), []),
        FOUND,
    ),
    ("create", lambda session: session.create(PERSON), message({"actor": records_to_json([PERSON])})),
    ("save", lambda session: session.save([PERSON]), FOUND),
    ("list-items", lambda session: session.list_items("kinds"), message({"items": []})),
    ("list-items-by-key", lambda session: session.list_items_by_key("kinds", ("a",)), message({"items": []})),
]


@pytest.mark.parametrize(("path", "call", "told"), REQUESTS, ids=[path for path, _call, _told in REQUESTS])
def test_each_call_is_a_valid_request(side, path, call, told):
    with ScriptedServer(told) as server:
        call(side.session(server.url))
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", f"/links/{GUID}/{path}")
    assert asked.headers["Content-Type"] == "application/json"
    checked(f"{path}.request", asked.body)


def test_calls_without_a_session_are_valid_requests(side):
    configuration = {"Address": "https://erp.example", "Company": ListKey("1")}
    with ScriptedServer(
        message({"details": [["Company", "Nordwind"]]}), message({"items": [["1", "Main"]]}), message({"details": []})
    ) as server:
        connector, services = side.connector(server.url), side.services()
        assert connector.test_configuration(configuration, services).details == {"Company": "Nordwind"}
        assert connector.configuration_list("companies", configuration, services) == {"1": "Main"}
        connector.save_link(GUID, configuration, services)
    tested, listed, saved = server.asked
    checked("test-configuration.request", tested.body)
    checked("configuration-list.request", listed.body)
    checked("links.request", saved.body)
    assert saved.json["time_zone"] == "Europe/Copenhagen"
    assert [one.method for one in server.asked] == ["POST", "POST", "PUT"]
    assert [one.target for one in server.asked] == ["/test-configuration", "/configuration-list", f"/links/{GUID}"]


def test_a_link_is_deleted(side):
    with ScriptedServer(message({})) as server:
        side.connector(server.url).delete_link(GUID, side.services())
    assert (server.asked[0].method, server.asked[0].target) == ("DELETE", f"/links/{GUID}")


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("wrong", fields={"File": "is missing"}),
        AuthenticationError("refused"),
        UnavailableError("down", unsent=True),
        RateLimitedError("wait", retry_after=3.0),
        RejectedRecordError("no", field="NAME"),
        UnknownLinkError("who?"),
        ConnectorError("odd"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_the_server_is_the_same_here(side, error):
    with ScriptedServer(message(error_to_json(error), status=500)) as server, pytest.raises(ConnectorError) as raised:
        side.session(server.url).test()
    assert type(raised.value) is type(error)
    assert vars(raised.value) == vars(error)


@pytest.mark.parametrize(
    ("told", "class_", "words"),
    [
        (Told([b"<html>"], 401), AuthenticationError, "refused the access token"),
        (message(error_to_json(UnknownLinkError("?")), 401), AuthenticationError, "refused the access token"),
        (Told([], 429, {"Retry-After": "17"}), RateLimitedError, "asks us to wait"),
        (message(error_to_json(RateLimitedError("later")), 429, Retry_After="17"), RateLimitedError, "later"),
        (Told([b"<html>"], 502), UnavailableError, "status 502"),
        (Told([], 404), ProtocolError, "status 404"),
        (Told([], 307, {"Location": "http://elsewhere.example/"}), ProtocolError, "leads to another address"),
        (Told([b"<html>"], 200, {"Content-Type": "text/html"}), ProtocolError, "answers text/html in place of JSON"),
        (Told([b"{}"], 200), ProtocolError, "answers nothing in place of JSON"),
        (message([]), ProtocolError, "is no JSON object"),
        (message({"details": 7}), ProtocolError, "test: details is no list"),
        (Told([b"{"], 200, {"Content-Type": "application/json"}), ProtocolError, "is no JSON"),
    ],
)
def test_an_answer_that_is_none_is_told_by_its_class(side, told, class_, words):
    with ScriptedServer(told) as server, pytest.raises(ConnectorError, match=words) as raised:
        side.session(server.url).test()
    assert type(raised.value) is class_
    assert getattr(raised.value, "retry_after", 17.0) == 17.0
    assert [asked.method for asked in server.asked].count("POST") == 1


def test_nobody_there_is_told_as_unsent(side):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://does-not-exist.invalid"):
        with pytest.raises(UnavailableError, match="cannot be reached") as raised:
            side.session(url).create(PERSON)
        assert raised.value.unsent


def test_an_address_that_must_not_be_called_is_told_as_unsent(tmp_path):
    connector = RemoteConnector("http://127.0.0.1:9", "", Settings(data_folder=tmp_path))
    with pytest.raises(UnavailableError, match="loopback") as raised:
        connector.configuration_fields()
    assert raised.value.unsent


def test_a_certificate_that_is_not_trusted_is_told_with_its_reason(side, tmp_path):
    context, _path, _until = self_signed(tmp_path)
    with CannedServer(answer(), tls=context) as server, pytest.raises(UnavailableError, match="self-signed") as raised:
        side.session(server.address).test()
    assert raised.value.unsent


def test_an_answer_that_does_not_come_in_time_may_have_been_done(side):
    told = message({})
    told.until = threading.Event()
    with ScriptedServer(told) as server:
        with pytest.raises(UnavailableError, match=r"no complete answer within [01]\.\d+ s") as raised:
            side.session(server.url, seconds=1.0).create(PERSON)
        told.until.set()
    assert not raised.value.unsent


@pytest.mark.parametrize(("write", "tries"), [(False, 2), (True, 1)])
def test_only_what_reads_is_tried_again_when_the_connection_breaks(side, write, tries):
    with ScriptedServer(*[Told([b"{"], breaks=True), message({})] * 3) as server:
        session = side.session(server.url)
        with pytest.raises(UnavailableError, match="broke off") as raised:
            session.save([PERSON]) if write else session.test()
    assert [asked.method for asked in server.asked] == ["POST", "DELETE"] * tries
    assert not raised.value.unsent


def test_the_try_after_a_broken_connection_has_a_session_of_its_own_as_the_former_may_be_busy(side):
    with ScriptedServer(Told([b"{"], breaks=True), message({}), message({"details": []})) as server:
        side.session(server.url).test()
    first, ended, second = server.asked
    former = first.headers["Tieline-Session"]
    assert ended.target.endswith(f"/sessions/{former}")
    assert second.headers["Tieline-Session"] != former


def test_cookies_are_not_taken(side):
    with ScriptedServer(message({"details": []}, Set_Cookie="a=b; Path=/"), message({"details": []})) as server:
        session = side.session(server.url)
        session.test()
        session.test()
    assert "Cookie" not in server.asked[1].headers


def test_a_value_without_a_json_form_is_not_sent(side):
    with ScriptedServer() as server:
        session = side.session(server.url)
        for value in (1.5, "\ud800", 2**70, Decimal("NaN")):
            with pytest.raises(ProtocolError, match="sent"):
                session.save([Actor("Person", "1", {"NAME": value}, "t")])
    assert server.asked == []


def test_no_error_repeats_the_token_or_the_query(side):
    with ScriptedServer(
        Told([b"<html>"], 401), Told([], 404), Told([b"{"], breaks=True), Told([], breaks=True)
    ) as server:
        for _try in range(3):
            with pytest.raises(ConnectorError) as raised:
                side.session(f"{server.url}/?key=hidden", "s3cret-token").test()
            told = f"{raised.value.text} {raised.value.instruction} {raised.value.technical}"
            assert "hidden" not in told
            assert "s3cret" not in told
            assert raised.value.__cause__ is None or raised.value.__suppress_context__
