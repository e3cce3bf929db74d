"""Whatever is sent to a served connector has a defined answer, and harms neither it nor other callers."""

import gzip
import json
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from host.logs.handlers import TextLines
from sync_connectors import Actor
from sync_connectors.json_protocol.media import LARGEST_MESSAGE
from sync_connectors.json_protocol.records import records_to_json
from sync_connectors.json_protocol.server.application import LARGEST_LINK
from sync_connectors.json_protocol.server.shares import Share
from tests.emulators.plain_server import PlainServer
from tests.sync_connectors.json_protocol.server.conftest import CONFIGURATION, GUID, Caller, Serve, Served

MINE, THEIRS = "token-of-nordwind-0001", "token-of-suedwind-0002"
GET = b'{"actor_type": "Customer", "keys": ["C1"], "fields": ["NAME"]%s}'


@pytest.fixture
def served(serve: Serve, token_file: Path) -> Served:
    return serve(token_file=token_file)


@pytest.fixture
def caller(served: Served) -> Caller:
    caller = served.caller(MINE)
    assert caller.save().ok
    return caller


def send(caller: Caller, body: bytes, path: str = f"/links/{GUID}/get", **headers: Any) -> requests.Response:
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return caller.send("POST", path, data=body, headers=sent)


# -- credentials -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("caller")
def test_a_missing_and_a_wrong_token_get_one_answer_whatever_is_asked_for(served: Served) -> None:
    asked = [
        ("GET", "/"),
        ("GET", "/nowhere"),
        ("DELETE", "/"),
        ("PUT", f"/links/{GUID}"),
        ("POST", f"/links/{GUID}/test"),
        ("POST", f"/links/{GUID}/changes"),
        ("POST", "/links/none/test"),
        ("POST", "/test-configuration"),
        ("OPTIONS", "/"),
    ]
    told = set()
    for token in ("", "wrong", "token-of-nordwind-0002", "x" * 5000, f"{MINE} "[:-2]):
        for method, path in asked:
            refused = served.caller(token).send(method, path, data=b"{" if method != "GET" else None)
            headers = {name: value for name, value in refused.headers.items() if name != "Date"}
            told.add((refused.status_code, refused.content, json.dumps(headers)))
    ((status, body, headers),) = told
    assert status == 401
    assert json.loads(body)["error"]["class"] == "authentication"
    assert json.loads(headers)["Www-Authenticate"] == "Bearer"


def test_a_wrong_token_is_compared_with_all_known_ones_before_the_application_sees_the_call(
    served: Served, erp: PlainServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    from sync_connectors.json_protocol.server import credentials  # noqa: PLC0415 - to count what it compares

    compare = credentials.compare_digest
    monkeypatch.setattr(credentials, "compare_digest", lambda *both: compared.append(both) or compare(*both))
    calls = len(erp.calls)
    for token in (MINE, "wrong", ""):
        served.caller(token).send("GET", "/nowhere")
    assert len(compared) == 6
    assert {len(offered) for offered, _expected in compared} == {32}
    assert len(erp.calls) == calls


def test_the_log_names_the_caller_of_each_call_and_who_was_turned_away(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.handler.setFormatter(TextLines())
    served.caller(THEIRS).send("GET", "/")
    served.caller("wrong").send("GET", "/")
    assert "caller=suedwind" in caplog.text
    assert "a call from 127.0.0.1 was turned away" in caplog.text
    assert not {MINE, THEIRS} & set(caplog.text.split())


def test_health_is_told_to_everybody_and_says_nothing_else(served: Served) -> None:
    for token in ("", "wrong", MINE):
        told = served.caller(token).send("GET", "/health")
        assert (told.status_code, told.json()) == (200, {"status": "ok"})


def test_the_guid_of_another_credential_is_an_unknown_link(served: Served, caller: Caller) -> None:
    unknown = served.caller(MINE).call("test", guid="00000000-0000-0000-0000-000000000001")
    thief = served.caller(THEIRS)
    assert thief.call("test").json() == unknown.json()
    assert thief.changes().json() == unknown.json()
    assert thief.send("DELETE", f"/links/{GUID}").json() == unknown.json()
    assert caller.call("test").ok


def test_another_credential_may_use_the_same_guid_and_session_for_a_link_of_its_own(
    served: Served, caller: Caller
) -> None:
    other = served.caller(THEIRS)
    assert other.save(configuration=CONFIGURATION | {"Company": {"list": "2"}}).ok
    assert caller.call("test").json() == {"details": [["Company", "1"]]}
    assert other.call("test").json() == {"details": [["Company", "2"]]}
    assert other.send("DELETE", f"/links/{GUID}/sessions/session-1").ok
    assert other.send("DELETE", f"/links/{GUID}").ok
    assert caller.call("test").ok


def test_a_page_in_a_browser_cannot_make_calls(serve: Serve) -> None:
    server = serve()
    caller = server.caller()
    assert caller.save().ok
    without = caller.call("test", headers={"Tieline-Protocol": None})
    assert (without.status_code, without.json()["error"]["class"]) == (400, "protocol")
    assert caller.call("test", headers={"Host": "attacker.example"}).status_code == 401
    assert caller.send("OPTIONS", f"/links/{GUID}/test").status_code == 405
    assert caller.call("test", headers={"Host": f"localhost:{urlsplit(server.url).port}"}).ok


def test_a_call_through_a_proxy_is_not_taken_for_one_of_this_machine(serve: Serve) -> None:
    caller = serve().caller()
    for header in ("X-Forwarded-For", "Forwarded", "Via"):
        assert caller.send("GET", "/", headers={header: "10.0.0.1"}).status_code == 401


# -- malformed and huge ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        GET % b', "text": NaN',
        GET % b', "text": 1e999',
        GET % b', "text": "\\ud800"',
        GET % b', "text": "\xff"',
        GET % b', "keys": ["C2"]',
        GET % b', "text": {"one": 1, "one": 2}',
        GET % (b', "text": ' + b"[" * 40 + b"]" * 40),
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
        GET[:-3] + b', "deep": ' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}",
        b'{"keys": ["C1"], "fields": ["NAME"]}',
        b'{"actor_type": 5, "keys": ["C1"], "fields": ["NAME"]}',
        b'{"actor_type": "Customer", "keys": "C1", "fields": ["NAME"]}',
        b'{"actor_type": "Customer", "keys": [1], "fields": ["NAME"]}',
        b'{"actor_type": "Customer", "keys": ["C1"], "fields": null}',
    ],
    ids=range(20),
)
def test_a_malformed_body_is_refused_and_does_not_reach_the_connector(
    caller: Caller, erp: PlainServer, body: bytes
) -> None:
    before = list(erp.calls)
    refused = send(caller, body)
    assert (refused.status_code, refused.json()["error"]["class"]) == (400, "protocol")
    assert erp.calls == before
    assert caller.call("test").ok


def test_what_a_refusal_says_never_repeats_the_body(caller: Caller) -> None:
    for body in (b'{"configuration": {"Password": "s3cret-canary', b'{"s3cret-canary": 1, "s3cret-canary": 2}'):
        assert "canary" not in send(caller, body, "/test-configuration").text


@pytest.mark.parametrize("call", ["create", "save", "search-advanced", "search-by-parent"])
@pytest.mark.parametrize("wrong", [None, 5, "text", [], {}, [[]], {"keys": ["C1"]}, [{"field": "NAME"}]])
def test_malformed_arguments_are_refused(caller: Caller, call: str, wrong: Any) -> None:
    sent = dict.fromkeys(("actor", "actors", "restrictions", "parent"), wrong)
    refused = caller.call(call, {"actor_type": "Customer", "text": "", "fields": [], **sent})
    if call == "search-advanced" and wrong == []:
        assert refused.ok
    else:
        assert (refused.status_code, refused.json()["error"]["class"]) == (400, "protocol")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"configuration": [], "time_zone": "UTC"},
        {"configuration": {"Server": {"double": "NaN"}}, "time_zone": "UTC"},
        {"configuration": CONFIGURATION, "time_zone": "Nowhere/City"},
        {"configuration": CONFIGURATION, "time_zone": "../../etc/passwd"},
        {"configuration": CONFIGURATION, "time_zone": "UTC", "name": 5},
    ],
)
def test_a_malformed_link_is_refused_and_the_one_before_it_stays(caller: Caller, body: Any) -> None:
    assert caller.send("PUT", f"/links/{GUID}", body).status_code == 400
    assert caller.call("test").json() == {"details": [["Company", "1"]]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "br"}, 415),
        ({"Content-Encoding": "gzip"}, 400),
        ({"Tieline-Session": "short"}, 400),
        ({"Tieline-Session": "x" * 65}, 400),
        ({"Tieline-Session": "../../session"}, 400),
        ({"Tieline-Session": None}, 400),
        ({"Tieline-Protocol": "9.9"}, 400),
        ({"Tieline-Deadline": "soon"}, 400),
        ({"Tieline-Deadline": "nan"}, 400),
        ({"Tieline-Deadline": "-1"}, 400),
        ({"Tieline-Call": "-1"}, 400),
        ({"Tieline-Call": "1" * 40}, 400),
    ],
    ids=str,
)
def test_malformed_headers_are_refused(caller: Caller, headers: dict[str, str | None], status: int) -> None:
    told = caller.call("test", {}, headers=headers)
    assert (told.status_code, told.json()["error"]["class"]) == (status, "protocol")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"/links/{GUID}/nothing", 404),
        ("POST", f"/links/{GUID}/../../test", 404),
        ("POST", "/links/not-a-guid/test", 404),
        ("GET", f"/links/{GUID}/test", 405),
        ("POST", "/", 405),
        ("TRACE", "/", 405),
        ("GET", "/%00", 404),
        ("GET", "/" + "a" * 5000, 404),
    ],
)
def test_a_path_that_is_none_is_answered_in_the_form_of_the_protocol(
    caller: Caller, method: str, path: str, status: int
) -> None:
    told = caller.send(method, path, {} if method == "POST" else None)
    assert (told.status_code, told.json()["error"]["class"]) == (status, "protocol")


def test_a_body_that_unpacks_to_more_than_is_taken_is_not_unpacked(caller: Caller) -> None:
    bomb = gzip.compress(b" " * (LARGEST_MESSAGE + 1))
    assert send(caller, bomb, Content_Encoding="gzip").status_code == 413
    twice = gzip.compress(GET % b"") + gzip.compress(b" " * 100)
    assert send(caller, twice, Content_Encoding="gzip").status_code == 400
    assert send(caller, gzip.compress(GET % b""), Content_Encoding="gzip").ok


def test_a_link_larger_than_is_kept_is_refused_and_the_one_before_it_stays(caller: Caller, erp: PlainServer) -> None:
    before = len(erp.calls)
    assert caller.save(configuration=CONFIGURATION | {"Server": "x" * LARGEST_LINK}).status_code == 413
    assert len(erp.calls) == before
    assert caller.call("test").ok


def test_a_body_larger_than_is_taken_is_refused_before_it_is_read(served: Served, caller: Caller) -> None:
    parts = urlsplit(served.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as line:
        line.sendall(
            f"POST /links/{GUID}/get HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {LARGEST_MESSAGE * 100}\r\n"
            f"Authorization: Bearer {MINE}\r\nContent-Type: application/json\r\n\r\n".encode()
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")
    assert caller.call("test").ok


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET / HTTP/1.1\r\nConnection: close\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 400_000 + b"\r\n\r\n",
    ],
    ids=range(6),
)
def test_broken_http_is_refused_and_the_line_closed(served: Served, caller: Caller, request_head: bytes) -> None:
    parts = urlsplit(served.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as line:
        line.sendall(request_head)
        answer = b""
        try:
            while part := line.recv(65536):
                answer += part
        except ConnectionResetError:  # it closed while some of what was sent had not been read
            pass
    assert not answer or answer.split(b" ")[1] in {b"400", b"401", b"431"}
    assert caller.call("test").ok


# -- replayed and parallel ---------------------------------------------------------------------------------------------


def test_a_replayed_create_is_refused_and_creates_nothing(caller: Caller, erp: PlainServer) -> None:
    body = {"actor": records_to_json([Actor("Customer", "", {"NAME": "Ny"})])}
    assert caller.call("create", body, headers={"Tieline-Call": "1"}).ok
    count = len(erp.records["Customer"])
    replayed = caller.call("create", body, headers={"Tieline-Call": "1"})
    assert (replayed.status_code, replayed.json()["error"]["class"]) == (409, "protocol")
    assert caller.send("DELETE", f"/links/{GUID}/sessions/session-1").ok
    assert caller.call("create", body, headers={"Tieline-Call": "2"}).status_code == 409
    assert len(erp.records["Customer"]) == count


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-inf", "sNaN"])
def test_what_is_no_number_does_not_reach_the_connector(caller: Caller, erp: PlainServer, number: str) -> None:
    column = {"types": {"CREDIT": "double"}, "values": {"CREDIT": [number]}}
    for values in (column, {"types": {"CREDIT": "mixed"}, "values": {"CREDIT": [{"double": number}]}}):
        record = {"actor_type": "Customer", "keys": ["C1"], "timestamps": ["1"], **values}
        assert caller.call("save", {"actors": record}).status_code == 400
    assert "CREDIT" not in erp.records["Customer"]["C1"].values


def test_saving_and_deleting_a_link_again_changes_nothing(caller: Caller) -> None:
    for _time in range(3):
        assert caller.save().ok
    assert caller.call("test").ok
    assert caller.send("DELETE", f"/links/{GUID}").ok
    assert caller.send("DELETE", f"/links/{GUID}").status_code == 404


def test_a_second_call_of_a_session_at_the_same_time_is_refused_and_the_first_one_ends_well(
    served: Served, caller: Caller, erp: PlainServer
) -> None:
    arrived, go = Event(), Event()

    def wait(*_arguments: Any) -> Any:
        arrived.set()
        go.wait(30)
        return ()

    erp.answer["actor_types"] = wait
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(caller.call, "actor-types")
        assert arrived.wait(30)
        second = served.caller(MINE).call("test")
        other = served.caller(MINE, "session-2").call("test")
        go.set()
        assert first.result().ok
    assert (second.status_code, second.json()["error"]["class"]) == (409, "protocol")
    assert other.ok


def test_a_reader_that_goes_away_in_a_stream_leaves_its_session_free(
    served: Served, caller: Caller, erp: PlainServer
) -> None:
    erp.page_size = 1
    reading = caller.changes()
    lines = reading.iter_lines()
    assert next(lines) == b'{"stream":"changes"}'
    reading.close()
    for _attempt in range(300):
        told = served.caller(MINE).call("test")
        if told.ok:
            break
        assert told.status_code == 409
    assert told.ok


@pytest.mark.usefixtures("caller")
def test_many_parallel_calls_are_answered_each_or_told_to_wait(served: Served) -> None:
    def call(number: int) -> int:
        return served.caller(MINE, f"parallel-{number}").call("test").status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(call, range(60)))
    assert set(statuses) <= {200, 429}
    assert statuses.count(200) >= 4
    assert served.sessions.count <= 5


def test_a_caller_that_takes_all_calls_for_itself_leaves_the_others_theirs(served: Served, erp: PlainServer) -> None:
    greedy, other = [served.caller(MINE, f"session-{number}") for number in range(20)], served.caller(THEIRS)
    most = Share.of(2).calls
    erp.slow["test_configuration"] = 1.0
    body = {"configuration": CONFIGURATION, "time_zone": "UTC"}
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(each.send, "POST", "/test-configuration", body) for each in greedy]
        while erp.calls.count(("test_configuration", "")) < most and not all(one.done() for one in answers):
            sleep(0.01)
        assert other.save().ok
        statuses = sorted(one.result().status_code for one in answers)
    assert statuses == [200] * most + [429] * (20 - most)
    refused = next(one.result() for one in answers if one.result().status_code == 429)
    assert (refused.json()["error"]["class"], refused.headers["Retry-After"]) == ("rate_limited", "2")
    assert greedy[0].send("GET", "/").ok
