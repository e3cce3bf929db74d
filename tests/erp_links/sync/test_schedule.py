import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from erp_links.links.models import ErpLink, SyncSettings
from erp_links.sync.models import RunStatus
from erp_links.sync.requesting import cancel_run
from erp_links.sync.work import DueLinks
from host.database import Database
from tests.erp_links.sync.stage import IDA, Stage


def look(stage: Stage) -> int:
    """Let the schedule look once, and return how many runs there are then."""
    DueLinks(stage.runtime).work(threading.Event())
    return len(stage.runs())


def automatic(database: Database, *, on: bool) -> None:
    with database.writing() as session:
        session.add(SyncSettings(id=1, automatic=on, interval_seconds=300))


def test_nothing_runs_by_itself_while_automatic_sync_is_off(sqlite_stage: Stage) -> None:
    assert look(sqlite_stage) == 0
    automatic(sqlite_stage.database, on=False)
    assert look(sqlite_stage) == 0


def test_a_link_runs_when_its_time_has_come_and_once_only(stage: Stage) -> None:
    automatic(stage.database, on=True)
    assert look(stage) == 1
    assert (stage.runs()[0].cause, stage.runs()[0].requested_by) == ("schedule", None)
    assert look(stage) == 1
    stage.work()
    # the next one is due an interval after the start of this one
    assert look(stage) == 1
    stage.change_link(next_run_at=datetime.now(UTC) - timedelta(seconds=1))
    assert look(stage) == 2


@pytest.mark.parametrize(
    ("installation", "link", "runs"), [(True, False, 0), (False, True, 1), (True, None, 1), (False, None, 0)]
)
def test_a_link_may_differ_from_the_installation(
    sqlite_stage: Stage, installation: bool, link: bool | None, runs: int
) -> None:
    automatic(sqlite_stage.database, on=installation)
    sqlite_stage.change_link(automatic=link)
    assert look(sqlite_stage) == runs


def test_an_own_interval_says_when_the_next_run_is_due(sqlite_stage: Stage) -> None:
    sqlite_stage.change_link(interval_seconds=3600)
    run = sqlite_stage.run()
    due = sqlite_stage.link().next_run_at
    assert due is not None
    assert run.started_at is not None
    assert due - run.started_at == timedelta(hours=1)


@pytest.mark.parametrize(
    "values", [{"state": "inactive"}, {"paused_reason": "administrator"}, {"tested_url_revision": 0}]
)
def test_a_link_that_rests_is_not_run(sqlite_stage: Stage, values: dict[str, Any]) -> None:
    automatic(sqlite_stage.database, on=True)
    sqlite_stage.change_link(**values)
    assert look(sqlite_stage) == 0


def test_two_hosts_that_look_at_once_ask_for_one_run(stage: Stage) -> None:
    automatic(stage.database, on=True)
    barrier = threading.Barrier(3)

    def host() -> None:
        source = DueLinks(stage.runtime)
        barrier.wait()
        source.work(threading.Event())

    threads = [threading.Thread(target=host) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.status for run in stage.runs()] == [RunStatus.QUEUED]


def test_a_run_that_was_cancelled_does_not_back_off(sqlite_stage: Stage) -> None:
    automatic(sqlite_stage.database, on=True)
    run_id = sqlite_stage.request()
    with sqlite_stage.database.writing() as session:
        session.execute(update(ErpLink).values(interval_seconds=60))
        cancel_run(session, run_id, IDA)
    sqlite_stage.work()
    run, due = sqlite_stage.run_row(run_id), sqlite_stage.link().next_run_at
    assert run.outcome == "aborted"
    assert due is not None
    assert run.started_at is not None
    assert due - run.started_at == timedelta(seconds=60)
