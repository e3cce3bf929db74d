"""Whoever watches a link is told of each call once, and cannot change what becomes of it."""

import logging
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from host.settings import Settings
from sync_connectors import (
    CONTRACT_VERSION,
    Actor,
    Actors,
    ActorType,
    Connector,
    Field,
    FieldType,
    LinkSession,
    Page,
    ProtocolError,
    Tested,
    UnavailableError,
)
from sync_connectors.guarding import GuardedConnector
from sync_connectors.services import HostServices
from sync_connectors.watching import WatchedCall

GUID = "7f9d5c4e-0000-4000-8000-000000000001"
ALFA = Actor("Customer", "C1", {"NAME": "Alfa", "ODD": 1}, timestamp="1")


class Small(Connector):
    name, label, version, contract_version = "small", "Small", "1.0", CONTRACT_VERSION

    def configuration_fields(self) -> list[object]:
        return []

    def open(self, guid, configuration, services) -> LinkSession:
        if not configuration:
            raise UnavailableError("closed")
        return SmallSession()


class SmallSession(LinkSession):
    def test(self) -> Tested:
        return Tested()

    def actor_types(self) -> list[ActorType]:
        return [ActorType("Customer", "Customer"), ActorType("Nonsense", "Nonsense")]

    def fields(self, actor_type: str) -> list[Field]:
        return [Field("NAME", "Name", FieldType.TEXT)]

    def search(self, actor_type, text, fields) -> Actors:
        return Actors((ALFA,))

    def get(self, actor_type, keys, fields) -> Actors:
        raise ValueError("a bug")

    def changes(self, actor_type, watermark, resume, fields) -> Iterator[Page]:
        if watermark == "broken":
            raise UnavailableError("no feed")
        return iter([Page((ALFA,), resume="1"), Page((), watermark="9")])


class Watcher:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[WatchedCall] = []

    def saw(self, call: WatchedCall) -> None:
        self.calls.append(call)


class Failing:
    """Cannot take anything."""

    def saw(self, _call: WatchedCall) -> None:
        raise OSError("canary-disk is full")


def services(tmp_path, watcher) -> HostServices:
    return HostServices(Settings(data_folder=tmp_path), ZoneInfo("UTC"), 5.0, watcher=watcher)


def test_each_call_is_told_with_arguments_answer_and_duration(tmp_path) -> None:
    watcher = Watcher()
    with GuardedConnector(Small()).open(GUID, {"Server": "x"}, services(tmp_path, watcher)) as session:
        types = session.actor_types()
        found = session.search("Customer", "al", ["NAME"])
    names = [call.name for call in watcher.calls]
    assert names == ["open", "actor_types", "fields", "search", "close"]
    opened, asked, _fields, searched, _closed = watcher.calls
    assert opened.arguments == {"guid": GUID, "configuration": {"Server": "x"}}
    assert asked.answer == types
    assert [each.name for each in types] == ["Customer"]
    assert searched.arguments == {"actor_type": "Customer", "text": "al", "fields": ["NAME"]}
    assert searched.answer == found
    assert [notice.text for notice in found.notices] == [
        "Customer: the field ODD is not declared by the connector and is left out"
    ]
    assert all(0 <= call.seconds < 5 and call.error is None for call in watcher.calls)
    assert [call.started_at for call in watcher.calls] == sorted(call.started_at for call in watcher.calls)


def test_each_page_of_a_stream_is_a_call_and_so_is_its_end(tmp_path) -> None:
    watcher = Watcher()
    with GuardedConnector(Small()).open(GUID, {"Server": "x"}, services(tmp_path, watcher)) as session:
        pages = list(session.changes("Customer", "5", None, ["NAME"]))
    told = [call for call in watcher.calls if call.name == "changes"]
    assert [(call.page, call.answer) for call in told] == [(1, pages[0]), (2, pages[1]), (3, None)]
    assert told[0].arguments == {"actor_type": "Customer", "watermark": "5", "resume": None, "fields": ["NAME"]}


def test_errors_are_told_as_they_are_raised(tmp_path) -> None:
    watcher = Watcher()
    connector = GuardedConnector(Small())
    with pytest.raises(UnavailableError) as closed:
        connector.open(GUID, {}, services(tmp_path, watcher))
    with connector.open(GUID, {"Server": "x"}, services(tmp_path, watcher)) as session:
        with pytest.raises(ProtocolError) as bug:
            session.get("Customer", ["C1"], ["NAME"])
        with pytest.raises(UnavailableError) as no_feed:
            next(session.changes("Customer", "broken", None, []))
    errors = {call.name: call.error for call in watcher.calls if call.error}
    assert errors == {"open": closed.value, "get": bug.value, "changes": no_feed.value}


def test_a_watcher_that_fails_changes_nothing_and_tells_no_secret(tmp_path, caplog) -> None:
    caplog.set_level(logging.WARNING)
    connector = GuardedConnector(Small())
    with connector.open(GUID, {"Server": "x"}, services(tmp_path, Failing())) as session:
        assert session.search("Customer", "al", ["NAME"]).actors
        assert len(list(session.changes("Customer", None, None, ["NAME"]))) == 2
    with pytest.raises(UnavailableError):
        connector.open(GUID, {}, services(tmp_path, Failing()))
    assert "a call of search is missing in the trace: OSError" in caplog.text
    assert "canary" not in caplog.text
