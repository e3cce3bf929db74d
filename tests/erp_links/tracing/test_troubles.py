"""What is in the way of a trace costs the trace, and never the call."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import event, text

from erp_links.links.connecting import open_link
from erp_links.tracing import tracer as tracing
from erp_links.tracing.models import TracedCall
from erp_links.tracing.operations import trace_of
from host.database.database import BUSY_TIMEOUT_SECONDS
from tests.erp_links.sync.stage import Stage
from tests.erp_links.sync.test_crashes import let_lease_expire
from tests.erp_links.tracing.tracing_stage import calls_of, names_of, traced, view_of

PATIENCE_SECONDS = 60


def ask(stage: Stage) -> None:
    """Ask the ERP three times in one session."""
    with open_link(stage.runtime, stage.link_id, PATIENCE_SECONDS) as session:
        for _ in range(3):
            assert session.test().details


def lost_of(stage: Stage) -> int:
    return view_of(stage.runtime, stage.link_id).lost


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Somebody else writes, and does not come to an end."""
    with closing(sqlite3.connect(str(stage.database.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_database_that_is_locked_holds_up_no_call(sqlite_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = sqlite_stage
    monkeypatch.setattr(tracing, "WRITE_SECONDS", 0.01)
    traced(stage.runtime, stage.link_id)
    with locked(stage):
        began = time.monotonic()
        ask(stage)
        ask(stage)
        time.sleep(0.1)  # the writer waits for the lock by now
        ask(stage)
        # whoever waits for the lock waits so long for each call
        assert time.monotonic() - began < BUSY_TIMEOUT_SECONDS
        assert stage.count(TracedCall) == 0
    assert names_of(stage.runtime, stage.link_id) == ["open", "test", "test", "test", "close"] * 3
    assert lost_of(stage) == 0


def test_only_so_many_calls_wait_for_a_database_and_the_others_are_counted(
    sqlite_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = sqlite_stage
    monkeypatch.setattr(tracing, "MOST_WAITING", 4)
    monkeypatch.setattr(tracing, "WRITE_SECONDS", 60.0)
    traced(stage.runtime, stage.link_id)
    ask(stage)
    ask(stage)
    assert names_of(stage.runtime, stage.link_id) == ["open", "test", "test", "test"]
    assert lost_of(stage) == 6


def test_a_full_disk_costs_calls_of_the_trace_and_is_logged(
    sqlite_stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage = sqlite_stage
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(tracing, "WRITE_SECONDS", 60.0)
    traced(stage.runtime, stage.link_id)
    with stage.database.reading() as session:
        pages = session.scalar(text("PRAGMA page_count"))

    def keep_small(dbapi_connection: sqlite3.Connection, _record: object) -> None:
        dbapi_connection.execute(f"PRAGMA max_page_count = {pages}")

    stage.database.close()
    event.listen(stage.database.engine, "connect", keep_small)
    for _ in range(20):
        ask(stage)
    stage.runtime.tracer.write()
    event.remove(stage.database.engine, "connect", keep_small)
    stage.database.close()
    assert "100 calls of trace 1 could not be written: database or disk is full" in caplog.text
    assert "nordwind" not in caplog.text
    ask(stage)
    assert len(calls_of(stage.runtime, stage.link_id)) == 5
    assert lost_of(stage) == 100


def test_a_database_that_answers_nothing_costs_no_call(
    sqlite_stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage = sqlite_stage
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(tracing, "LOOK_SECONDS", 0.0)
    traced(stage.runtime, stage.link_id)
    with open_link(stage.runtime, stage.link_id, PATIENCE_SECONDS) as session:
        session.test()
        with stage.database.writing() as writing:
            writing.execute(text("ALTER TABLE link_trace RENAME TO gone"))
        assert session.test().details
        assert "cannot look which traces are on" in caplog.text
        with stage.database.writing() as writing:
            writing.execute(text("ALTER TABLE gone RENAME TO link_trace"))
    assert names_of(stage.runtime, stage.link_id) == ["open", "test", "test", "close"]


def test_a_process_that_dies_leaves_whole_calls_and_the_next_one_goes_on(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name"})
    stage.server.page_size = 1
    for number in range(6):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    traced(stage.runtime, stage.link_id)
    run_id = stage.request()
    child = os.fork()
    if child == 0:
        tracing.WRITE_SECONDS = 0.01
        child_stage, pages = stage.in_another_process(), []

        def reached(point: str) -> None:
            pages.append(point == "page committed")
            if sum(pages) == 2 and pages[-1]:
                while not child_stage.count(TracedCall):
                    time.sleep(0.01)
                tracing.WRITE_SECONDS = 60.0  # what comes now is not written any more
            elif sum(pages) == 4:
                os._exit(7)

        try:
            child_stage.work(reached)
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7

    left = calls_of(stage.runtime, stage.link_id)
    assert {call["process"] for call in left} == {child}
    assert left[0]["call"] == "open"
    assert "close" not in [call["call"] for call in left]
    assert view_of(stage.runtime, stage.link_id).is_on
    assert view_of(stage.runtime, stage.link_id).calls == len(left)
    let_lease_expire(stage)
    assert stage.work()
    calls = calls_of(stage.runtime, stage.link_id)
    assert calls[: len(left)] == left
    assert {call["process"] for call in calls[len(left) :]} == {os.getpid()}
    assert {call["run_id"] for call in calls} == {run_id}
    assert calls[-1]["call"] == "close"


KEEPING = """
import sys
from datetime import UTC, datetime
import host.app.tables
from erp_links.tracing import tracer
from erp_links.tracing.storing import CallLine
from host.database import Database

tracer.WRITE_SECONDS = 600.0
now = datetime.now(UTC)
tracer.Tracer(Database(sys.argv[1])).keep(CallLine(int(sys.argv[2]), now, now, '{"call": "test"}', 17))
"""


def test_what_waits_is_written_when_a_process_ends(stage: Stage) -> None:
    traced(stage.runtime, stage.link_id)
    with stage.database.reading() as session:
        trace = trace_of(session, stage.link_id)
    assert trace is not None
    url = stage.database.engine.url.render_as_string(hide_password=False)
    subprocess.run([sys.executable, "-c", KEEPING, url, str(trace.id)], check=True, timeout=60)
    assert calls_of(stage.runtime, stage.link_id) == [json.loads('{"call": "test"}')]


def test_a_long_trace_comes_in_the_order_of_its_calls(stage: Stage) -> None:
    traced(stage.runtime, stage.link_id)
    for _ in range(90):
        ask(stage)
    assert names_of(stage.runtime, stage.link_id) == ["open", "test", "test", "test", "close"] * 90


def test_threads_that_trace_at_once_lose_and_double_nothing(
    sqlite_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = sqlite_stage
    monkeypatch.setattr(tracing, "WRITE_SECONDS", 0.001)
    monkeypatch.setattr(tracing, "WRITTEN_AT_ONCE", 3)
    traced(stage.runtime, stage.link_id)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(stage), range(40)))
    names = names_of(stage.runtime, stage.link_id)
    assert sorted(names) == sorted(["open", "test", "test", "test", "close"] * 40)
    assert view_of(stage.runtime, stage.link_id).calls == 200
