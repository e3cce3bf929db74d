"""What a worker asks the database while it has nothing to do, and how soon it notices that it has."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from erp_links.links.models import ErpLink, SyncSettings
from erp_links.sync.left_indexes import LeftIndexes
from erp_links.sync.models import Run
from erp_links.sync.work import DueLinks, RequestedRuns, lease_name
from erp_links.tracing.old_traces import OldTraces
from host.jobs import Worker, WorkSource, leases
from host.jobs.clock import clock_of, read_clock
from host.jobs.models import Lease
from sync_connectors.loading import Plugins
from sync_connectors.registered.work import OutdatedDeclarations
from tests.erp_links.sync.stage import Stage
from tests.erp_links.sync.test_load import counted

SECOND = timedelta(seconds=1)
PATIENCE_SECONDS = 60
THREADS = 4


def is_due(stage: Stage, source: WorkSource) -> bool:
    with stage.database.reading() as session:
        return bool(session.scalar(select(source.is_due(clock_of(session)))))


def automatic(stage: Stage) -> None:
    with stage.database.writing() as session:
        session.add(SyncSettings(id=1, automatic=True, interval_seconds=300))


@contextmanager
def working(stage: Stage, poll_seconds: float) -> Iterator[None]:
    """A worker with the sources that `tieline serve` gives it."""
    sources = (
        OutdatedDeclarations(stage.database, stage.runtime.connectors),
        DueLinks(stage.runtime),
        RequestedRuns(stage.runtime),
        LeftIndexes(stage.database),
        OldTraces(stage.database),
    )
    worker = Worker(stage.database, sources, poll_seconds=poll_seconds, threads=THREADS)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_idle_worker_asks_one_statement_per_poll(stage: Stage) -> None:
    automatic(stage)
    stage.map("Customer", {"NAME": "name"})
    with working(stage, poll_seconds=0.1):
        wait_until(lambda: any(run.outcome is not None for run in stage.runs()))
        with counted(stage.database) as statements:
            began = time.monotonic()
            wait_until(lambda: len(statements) >= 8)
            polls = (time.monotonic() - began) / 0.1
    assert len(stage.runs()) == 1
    asked = [statement for statement in statements if not statement.startswith("BEGIN")]
    assert 4 <= len(asked) <= polls + 2, asked


def test_a_run_that_is_asked_for_begins_within_a_poll(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.map("Customer", {"NAME": "name"})
    looks, begun_after = list[object](), list[int]()
    is_due, work = RequestedRuns.is_due, RequestedRuns.work

    def look(source: RequestedRuns, now: Any) -> Any:
        looks.append(now)
        return is_due(source, now)

    def begin(source: RequestedRuns, stopping: threading.Event) -> bool:
        begun_after.append(len(looks))
        return work(source, stopping)

    monkeypatch.setattr(RequestedRuns, "is_due", look)
    monkeypatch.setattr(RequestedRuns, "work", begin)
    with working(stage, poll_seconds=0.2):
        wait_until(lambda: len(looks) >= 2)
        run_id = stage.request()
        before = len(looks)
        wait_until(lambda: stage.run_row(run_id).finished_at is not None)
    # one look may have been under way and missed it, the next one finds it, and the other threads look meanwhile
    assert begun_after[0] - before <= 1 + THREADS


def test_a_link_is_due_when_the_schedule_would_run_it(stage: Stage) -> None:
    source = DueLinks(stage.runtime)
    assert not is_due(stage, source)
    automatic(stage)
    assert is_due(stage, source)
    resting: list[dict[str, Any]] = [
        {"automatic": False},
        {"paused_reason": "administrator"},
        {"state": "inactive"},
        {"next_run_at": datetime.now(UTC) + SECOND * 60},
    ]
    for values in resting:
        with stage.database.writing() as session:
            before = dict(session.execute(select(*(getattr(ErpLink, name) for name in values))).one()._mapping)
        stage.change_link(**values)
        assert not is_due(stage, source)
        stage.change_link(**before)
    stage.change_link(next_run_at=datetime.now(UTC) - SECOND)
    assert is_due(stage, source)
    assert source.work(threading.Event())
    assert not is_due(stage, source)
    with stage.database.writing() as session:
        session.execute(update(Run).values(status="finished"))
        session.execute(update(SyncSettings).values(automatic=False))
    assert not is_due(stage, source)
    stage.change_link(automatic=True)
    assert is_due(stage, source)


def test_a_link_whose_plugin_is_missing_is_looked_at_in_vain(sqlite_stage: Stage) -> None:
    automatic(sqlite_stage)
    source = DueLinks(replace(sqlite_stage.runtime, plugins=Plugins({}, [])))
    assert is_due(sqlite_stage, source)
    assert not source.work(threading.Event())
    assert source.pause_seconds >= 5


def test_a_run_waits_until_somebody_has_its_lease_and_again_when_that_one_is_gone(stage: Stage) -> None:
    source = RequestedRuns(stage.runtime)
    assert not is_due(stage, source)
    stage.request()
    assert is_due(stage, source)
    with stage.database.writing() as session:
        held = leases.acquire(session, lease_name(stage.link_id), "another host", 30)
        assert held is not None
        assert leases.renew(session, held, 30, call_seconds=60) is not None
    assert not is_due(stage, source)
    with stage.database.writing() as session:
        session.execute(update(Lease).values(expires_at=read_clock(session) - SECOND))
    # a call of the dead worker may still be under way
    assert not is_due(stage, source)
    with stage.database.writing() as session:
        session.execute(update(Lease).values(call_until=read_clock(session) - SECOND))
    assert is_due(stage, source)
    assert source.work(threading.Event())
    assert not is_due(stage, source)


@pytest.mark.parametrize("stopped", [True, False])
def test_a_worker_that_stops_asks_for_no_more_runs(sqlite_stage: Stage, stopped: bool) -> None:
    automatic(sqlite_stage)
    stopping = threading.Event()
    if stopped:
        stopping.set()
    assert DueLinks(sqlite_stage.runtime).work(stopping) is not stopped
    assert len(sqlite_stage.runs()) == (0 if stopped else 1)
