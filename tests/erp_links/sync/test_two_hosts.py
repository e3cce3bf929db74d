"""Two hosts on one PostgreSQL, each a real worker process."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from erp_links.links.models import ErpLink
from erp_links.sync.models import Run
from tests.emulators.ledger.faults import Fault
from tests.erp_links.sync.conftest import Stager
from tests.erp_links.sync.ledger_stage import LedgerStage
from tests.serving import PATIENCE_SECONDS, Tieline

PAGES = 12
StartWorker = Callable[[], Tieline]


@pytest.fixture
def stage(ledgers: Stager) -> LedgerStage:
    """A link whose ERP has some pages of customers and takes its time for each."""
    stage = ledgers({"PageSize": "5"})
    stage.map(0, "Customer", {"NAME": ("name", "to_crm"), "CUSTNO": ("number", "to_crm")})
    for number in range(PAGES * 5):
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.ledgers[0].faults.on("slow", calls=["changes"], seconds=0.05)
    with stage.database.writing() as session:
        session.execute(update(ErpLink).values(brake_percent=100, brake_least=PAGES * 5))
    return stage


@pytest.fixture
def start(stage: LedgerStage, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts worker processes on the database and the data folder of the stage."""
    started: list[Tieline] = []

    def start_worker() -> Tieline:
        worker = Tieline(
            stage.runtime.settings.data_folder,
            *("serve", "--only", "worker"),
            output=tmp_path / f"worker{len(started)}",
            TIELINE_DATABASE_URL=stage.database.engine.url.render_as_string(hide_password=False),
            TIELINE_OUTBOUND_ALLOW="127.0.0.0/8",
            PYTHONPATH=os.pathsep.join(filter(None, sys.path)),
        )
        started.append(worker)
        worker.wait_for(lambda: " started" in worker.output, "does not start")
        return worker

    yield start_worker
    for worker in started:
        worker.stop(signal.SIGKILL)


def until(stage: LedgerStage, run_id: int, holds: Callable[[Run], bool]) -> Run:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with stage.database.reading() as session:
            run = session.get_one(Run, run_id)
        if holds(run):
            assert run.outcome in {None, "success"}, (run.message, run.technical)
            return run
        time.sleep(0.02)
    raise AssertionError(f"run {run_id} is {run.status} with {run.counts}")


def ended(run: Run) -> bool:
    return run.status == "finished"


def under_way(run: Run) -> bool:
    return run.status == "running" and run.counts.get("read", 0) > 5


@pytest.mark.parametrize("databases", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_two_hosts_never_run_a_link_at_once_and_each_goes_on_with_what_the_other_leaves(
    stage: LedgerStage, start: StartWorker
) -> None:
    first, second = start(), start()
    for _number in range(3):
        until(stage, stage.request(), ended)
    assert stage.ledgers[0].desk.most_at_once == 1
    assert len(stage.hub()) == PAGES * 5

    # killed in the middle: the run is taken over once the lease is over
    assert second.stop() == 0
    touch_all(stage, "Beta")
    held = hold(stage, 5)
    run_id = stage.request()
    until(stage, run_id, under_way)
    first.stop(signal.SIGKILL)
    held.let_go()
    third = start()
    stage.let_leases_expire()
    run = until(stage, run_id, ended)
    assert (run.counts["read"], run.counts["changed"]) == (PAGES * 5, PAGES * 5)

    # told to stop in the middle: the page in hand is finished, and the rest waits for the next worker
    touch_all(stage, "Gamma")
    held, later = hold(stage, 5), hold(stage, 8)
    run_id = stage.request()
    until(stage, run_id, under_way)
    third.process.send_signal(signal.SIGTERM)
    held.let_go()
    assert third.process.wait(PATIENCE_SECONDS) == 0
    later.let_go()
    with stage.database.reading() as session:
        left = session.get_one(Run, run_id)
    renamed = [record for record in stage.hub().values() if str(record.values["name"]).startswith("Gamma")]
    assert left.status == "queued"
    assert 0 < len(renamed) == left.counts["changed"] < PAGES * 5
    assert stage.work()
    assert until(stage, run_id, ended).counts["changed"] == PAGES * 5
    stage.assert_equal_everywhere()


def hold(stage: LedgerStage, pages: int) -> Fault:
    """Let the ERP keep back the page that comes behind so many others."""
    return stage.ledgers[0].faults.on("slow_after", calls=["changes"], skip=pages, times=1)


def touch_all(stage: LedgerStage, name: str) -> None:
    for number in range(PAGES * 5):
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"{name} {number}"})
