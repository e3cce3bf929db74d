"""A connector as its callers see it over HTTP."""

import gzip
import json
import logging
import zlib
from dataclasses import replace

import pytest

from host.logs.handlers import TextLines
from sync_connectors import Actor, Capabilities, Notice, NoticeLevel, Page, RateLimitedError, UnavailableError
from sync_connectors.json_protocol.records import records_to_json
from tests.emulators.plain_server import ACTOR_TYPES, PlainServer
from tests.sync_connectors.json_protocol.server.conftest import (
    CONFIGURATION,
    GUID,
    OTHER_GUID,
    Caller,
    Serve,
    read_lines,
)

FIELDS = ["NAME", "CREDIT"]


@pytest.fixture
def caller(serve: Serve) -> Caller:
    return serve().caller()


def test_the_descriptor_names_the_connector_and_its_configuration_fields(caller: Caller) -> None:
    told = caller.send("GET", "/")
    assert told.headers["Content-Type"] == "application/vnd.tieline.connector+json"
    json = told.json()
    assert (json["protocol"], json["protocol_version"]) == ("tieline-connector", "0.1")
    assert (json["name"], json["label"]) == ("plain-erp", "Plain ERP")
    assert "Password" in [field["key"] for field in json["fields"]]


def test_a_configuration_is_tried_and_nothing_of_it_kept(caller: Caller) -> None:
    body = {"configuration": CONFIGURATION, "time_zone": "Europe/Copenhagen"}
    assert caller.send("POST", "/test-configuration", body).json() == {"details": [["Company", "Nordwind A/S"]]}
    listed = caller.send("POST", "/configuration-list", {"list_name": "companies", **body})
    assert listed.json() == {"items": [["1", "Nordwind A/S"], ["2", "Nordwind Leasing A/S"]]}
    assert caller.call("test").status_code == 404


def test_a_wrong_configuration_is_told_by_field_and_not_kept(caller: Caller) -> None:
    refused = caller.save(configuration=CONFIGURATION | {"Password": "wrong"})
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert (error["class"], error["fields"]) == ("authentication", {"Password": "refused by the server"})
    assert caller.call("test").json()["error"]["class"] == "unknown_link"


def test_a_saved_link_answers_until_it_is_deleted_also_after_a_restart(serve: Serve, erp: PlainServer) -> None:
    first = serve()
    assert first.caller().save().json() == {"details": []}
    first.stop()
    caller = serve().caller()
    assert caller.call("test").json() == {"details": [["Company", "1"]]}
    assert caller.send("DELETE", f"/links/{GUID}").json() == {}
    assert ("delete_link", GUID) in erp.calls
    assert caller.call("test").json()["error"]["class"] == "unknown_link"
    assert caller.send("DELETE", f"/links/{GUID}").json()["error"]["class"] == "unknown_link"


def test_a_link_is_forgotten_also_where_the_connector_fails_to(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    erp.fail["delete_link"] = UnavailableError("closed")
    assert caller.send("DELETE", f"/links/{GUID}").status_code == 503
    assert caller.call("test").json()["error"]["class"] == "unknown_link"


def test_records_are_read_created_and_saved(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    wanted = {"actor_type": "Customer", "keys": ["C1", "gone"], "fields": FIELDS}
    assert caller.call("get", wanted).json()["records"]["values"] == {"NAME": ["Customer 1"], "CREDIT": [None]}
    made = caller.call("create", {"actor": records_to_json([Actor("Customer", "", {"NAME": "Ny"})])})
    (key,) = made.json()["actor"]["keys"]
    assert erp.records["Customer"][key].values["NAME"] == "Ny"
    saved = caller.call("save", {"actors": records_to_json([Actor("Customer", "C1", {"NAME": "Changed"}, "1")])})
    assert saved.json()["records"]["keys"] == ["C1"]
    assert erp.records["Customer"]["C1"].values["NAME"] == "Changed"


def test_changes_come_page_by_page_and_go_on_at_a_cursor(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    erp.page_size = 2
    beginning, *pages, end = read_lines(caller.changes())
    assert (beginning, end) == ({"stream": "changes"}, {"end": True})
    assert [page["page"]["records"]["keys"] for page in pages] == [["C0", "C1"], ["C2", "C3"], ["C4"]]
    assert (pages[-1]["page"].get("resume"), pages[-1]["page"]["watermark"]) == (None, "5")
    rest = read_lines(caller.changes(pages[0]["page"]["resume"]))
    assert [page["page"]["records"]["keys"] for page in rest[1:-1]] == [["C2", "C3"], ["C4"]]


def test_deletions_are_a_stream_of_their_own(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    erp.remove("Customer", "C3")
    wanted = {"actor_type": "Customer", "watermark": None, "resume": None}
    told = read_lines(caller.call("deletions", wanted), "deletions")
    assert told[1:] == [{"page": {"keys": ["C3"], "watermark": "6"}}, {"end": True}]


def test_an_error_in_a_stream_is_its_last_line(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    erp.page_size = 2
    erp.fail["next_page"] = RateLimitedError("too fast", retry_after=7)
    told = read_lines(caller.changes())
    assert [*map(list, told)] == [["stream"], ["page"], ["error"]]
    assert told[-1]["error"] == {"class": "rate_limited", "text": "too fast", "retry_after": 7.0}


def test_errors_have_the_class_and_status_of_the_contract(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    erp.fail["test"] = RateLimitedError("too fast", retry_after=7)
    limited = caller.call("test")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    erp.fail["test"] = UnavailableError("closed", unsent=True, instruction="wait")
    closed = caller.call("test")
    assert closed.status_code == 503
    assert closed.json() == {"error": {"class": "unavailable", "text": "closed", "instruction": "wait", "unsent": True}}
    erp.fail["test"] = ZeroDivisionError()
    assert (caller.call("test").status_code, caller.call("test").json()["error"]["class"]) == (502, "protocol")


def test_the_guard_checks_what_is_served(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    erp.answer["get"] = lambda *_: "garbage"
    refused = caller.call("get", {"actor_type": "Customer", "keys": ["C1"], "fields": FIELDS})
    assert refused.json()["error"]["class"] == "protocol"
    erp.answer["changes"] = lambda *_: [Page((Actor("Customer", "C1", {"NAME": 5.5}, "1"),))]
    assert read_lines(caller.changes())[-1]["error"]["class"] == "protocol"


def test_a_call_ends_at_the_callers_deadline_and_the_session_goes_on(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    erp.slow["test"] = 1.5
    late = caller.call("test", headers={"Tieline-Deadline": "0.2"})
    assert late.json()["error"]["class"] == "unavailable"
    erp.slow.clear()
    assert caller.call("test").ok


def test_a_new_configuration_reaches_a_session_that_is_open(caller: Caller) -> None:
    caller.save()
    assert caller.call("test").json() == {"details": [["Company", "1"]]}
    caller.save(configuration=CONFIGURATION | {"Company": {"list": "2"}})
    assert caller.call("test").json() == {"details": [["Company", "2"]]}


def test_answers_and_streams_are_packed_for_who_unpacks_them(caller: Caller) -> None:
    caller.save()
    plain, packed = ({"Accept-Encoding": encoding} for encoding in ("identity", "gzip"))
    fields = {"actor_type": "Customer"}
    assert "Content-Encoding" not in caller.call("fields", fields, headers=plain).headers
    answer = caller.call("fields", fields, headers=packed, stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.raw.read(decode_content=False)))["fields"]
    stream = caller.changes(headers=packed)
    lines = zlib.decompress(stream.raw.read(decode_content=False), 31).splitlines()
    assert lines[0] == b'{"stream":"changes"}'
    assert lines[-1] == b'{"end":true}'


def test_sessions_run_side_by_side_and_an_ended_one_is_refused(caller: Caller) -> None:
    caller.save()
    for number in range(4):
        assert caller.call("test", headers={"Tieline-Session": f"session-{number}"}).ok
    crowded = caller.call("test", headers={"Tieline-Session": "session-4"})
    assert (crowded.status_code, crowded.json()["error"]["class"]) == (429, "rate_limited")
    assert int(crowded.headers["Retry-After"]) >= 1
    assert caller.send("DELETE", f"/links/{GUID}/sessions/session-2").json() == {}
    assert caller.call("test", headers={"Tieline-Session": "session-4"}).ok
    assert caller.call("test", headers={"Tieline-Session": "session-2"}).status_code == 409


def test_a_link_whose_types_declare_more_parallel_calls_has_more_sessions(caller: Caller, erp: PlainServer) -> None:
    caller.save()
    capable = replace(ACTOR_TYPES[0], capabilities=Capabilities(maximum_parallel_calls=6))
    erp.answer["actor_types"] = lambda: [capable]
    statuses = [
        caller.call("test", headers={"Tieline-Session": f"session-{number}"}).status_code for number in range(7)
    ]
    assert statuses == [200] * 6 + [429]


def test_no_secret_reaches_a_log_or_an_answer(
    caller: Caller, erp: PlainServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(TextLines())
    erp.fail["test"] = UnavailableError("cannot reach nordwind with s3cret")
    erp.answer["get"] = lambda *_: {"s3cret": 1 / 0}
    erp.answer["changes"] = lambda *_: [Page((), notices=(Notice(NoticeLevel.WARNING, "opened"),)), "s3cret"]
    caller.save()
    answers = [
        caller.call("test").text,
        caller.call("get", {"actor_type": "Customer", "keys": ["C1"], "fields": FIELDS}).text,
        caller.changes().text,
    ]
    assert "s3cret" not in "".join(answers)
    assert "raised" in caplog.text
    assert "s3cret" not in caplog.text


def test_two_links_of_one_caller_do_not_meet(caller: Caller) -> None:
    caller.save()
    caller.save(OTHER_GUID, CONFIGURATION | {"Company": {"list": "2"}})
    assert caller.call("test").json() == {"details": [["Company", "1"]]}
    assert caller.call("test", guid=OTHER_GUID).json() == {"details": [["Company", "2"]]}
