"""A process that stops waits for no read of a connector that hangs, and for every write."""

import threading
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from host.settings import Settings
from sync_connectors import Actor, Saved, UnavailableError
from sync_connectors.guarding import CallPool, GuardedConnector, HaltedError, given_up_after, halting
from sync_connectors.services import HostServices
from tests.emulators.misbehaving import CUSTOMER_FIELDS, MisbehavingConnector, MisbehavingSession


@pytest.fixture
def stopping(monkeypatch):
    monkeypatch.setattr(halting, "GRACE_SECONDS", 0.0)
    return threading.Event()


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def hanging(gate, begun):
    def call():
        begun.set()
        gate.wait()
        return "late"

    return call


def test_a_read_is_given_up_when_the_process_stops(stopping, gate):
    worker = CallPool("books").take()
    stopping.set()
    with given_up_after(stopping), pytest.raises(HaltedError, match="books"):
        worker.call(hanging(gate, threading.Event()), 60)
    assert worker.lost


def test_a_write_is_waited_for(stopping, gate):
    worker = CallPool("books").take()
    stopping.set()
    begun = threading.Event()
    threading.Thread(target=lambda: begun.wait() and gate.set(), daemon=True).start()
    with given_up_after(stopping):
        assert worker.call(hanging(gate, begun), 60, writes=True) == "late"


def test_an_answer_that_comes_within_the_grace_is_taken(monkeypatch, gate):
    monkeypatch.setattr(halting, "GRACE_SECONDS", 60.0)
    stopping, begun = threading.Event(), threading.Event()
    stopping.set()
    worker = CallPool("books").take()
    threading.Thread(target=lambda: begun.wait() and gate.set(), daemon=True).start()
    with given_up_after(stopping):
        assert worker.call(hanging(gate, begun), 60) == "late"


def test_the_deadline_holds_also_while_nobody_stops(stopping, gate):
    worker = CallPool("books").take()
    with given_up_after(stopping), pytest.raises(UnavailableError, match=r"did not answer within 0\.01 seconds"):
        worker.call(hanging(gate, threading.Event()), 0.01)


def test_a_session_gives_up_its_reads_and_waits_for_its_writes(stopping, gate, tmp_path):
    class Hanging(MisbehavingSession):
        def get(self, actor_type, keys, fields):
            gate.wait()

        def save(self, actors):
            return Saved(tuple(replace(actor, timestamp="2") for actor in actors))

    class Served(MisbehavingConnector):
        def open(self, guid, configuration, services):
            return Hanging()

    services = HostServices(Settings(data_folder=tmp_path), ZoneInfo("UTC"), 60)
    connector = GuardedConnector(Served())
    with given_up_after(stopping):
        session = connector.open("guid", {}, services)
        session.declare({"Customer": CUSTOMER_FIELDS})
        stopping.set()
        assert session.save([Actor("Customer", "C1", {"NAME": "x"})]).actors[0].timestamp == "2"
        with pytest.raises(HaltedError):
            session.get("Customer", ["C1"], ["NAME"])
        session.close()
