"""Connections that are cut on the way to the ERP, and twenty editors beside it: nothing is lost or doubled."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from erp_links.sync.executor import RunExecutor
from erp_links.sync.models import Run
from erp_links.sync.work import RequestedRuns
from host.crm import records
from host.errors import StaleVersionError
from host.jobs import Worker
from tests.erp_links.sync.conftest import Stager
from tests.erp_links.sync.ledger_stage import LedgerStage
from tests.erp_links.sync.test_troubled_database import (
    EDITORS,
    PATIENCE_SECONDS,
    POSTGRES_ONLY,
    cut_connections,
    server,
)

__all__ = ["server"]

CUSTOMER = {"NAME": ("name", "both"), "PHONE": ("phone", "both")}
RECORDS = 24


@pytest.fixture
def stage(ledgers: Stager) -> LedgerStage:
    """Companies of which the ERP has half; those it has are changed, the others are to be made there."""
    stage = ledgers({"Reference": "true", "Batch": "4"})
    stage.map(0, "Customer", CUSTOMER, unpaired_push="create")
    for number in range(RECORDS // 2):
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.run_until_quiet()
    return stage


def work_until_done(stage: LedgerStage, reached: Callable[[str], None]) -> Run:
    """Let a worker execute a run, however often it has to begin, and return it."""
    run_id = stage.request()
    source = RequestedRuns(stage.runtime, executor=RunExecutor(stage.runtime, reached))
    worker = Worker(stage.database, [source], poll_seconds=0.05, threads=2)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(worker.run)
        try:
            while time.monotonic() < deadline:
                with suppress(DBAPIError), stage.database.reading() as session:  # cut as well
                    run = session.get_one(Run, run_id)
                    if run.finished_at is not None:
                        return run
                time.sleep(0.05)
        finally:
            worker.stop()
            working.result()
    raise AssertionError(f"the run is {run.status} with {run.counts}")


@POSTGRES_ONLY
@pytest.mark.parametrize("point", ["intents stored", "sent", "batch about to be committed"])
def test_a_run_to_the_erp_goes_on_after_all_connections_were_cut_twice(
    stage: LedgerStage, server: Connection, point: str
) -> None:
    for number, company in enumerate(stage.hub()):
        stage.edit("company", company, name=f"Beta {number}")
    for number in range(RECORDS // 2):
        stage.add("company", name=f"Gamma {number}")
    passed = [0]

    def cut(reached: str) -> None:
        passed[0] += reached == point
        if reached == point and passed[0] in {2, 4}:
            cut_connections(server, stage.database)

    run = work_until_done(stage, cut)
    assert passed[0] >= 4
    assert (run.outcome, run.message) == ("success", "")
    wanted = Counter(f"{name} {number}" for name in ("Beta", "Gamma") for number in range(RECORDS // 2))
    stage.run_until_quiet()
    assert Counter(stage.ledgers[0].names()) == wanted
    assert (stage.intents(), stage.failed(), len(stage.pairings())) == ([], [], RECORDS)
    stage.assert_equal_everywhere()


def test_what_twenty_editors_save_while_runs_bring_it_to_the_erp_all_arrives(stage: LedgerStage) -> None:
    companies = list(stage.hub())
    done = threading.Event()

    def edit(number: int) -> int:
        """Rename companies and make some; return how many were made."""
        chance, made = random.Random(number), 0
        for step in range(6):
            with suppress(StaleVersionError), stage.database.writing() as session:
                now, origin, name = datetime.now(UTC), f"user:{number}", f"{number}/{step}"
                if step == 3:
                    records.create(session, "company", {"name": name}, origin=origin, at=now)
                    made += 1
                    continue
                company = chance.choice(companies)
                values = {"name": name, "phone": str(step)}
                version = records.get(session, "company", company).version
                records.update(session, "company", company, values, expected_version=version, origin=origin, at=now)
            done.wait(0.05)
        return made

    with ThreadPoolExecutor(EDITORS) as pool:
        editing = [pool.submit(edit, number) for number in range(EDITORS)]
        while not all(each.done() for each in editing):
            assert stage.run().outcome == "success"
        made = sum(each.result() for each in editing)
    stage.run_until_quiet()
    names = [str(record.values["name"]) for record in stage.hub().values()]
    assert len(names) == RECORDS // 2 + made
    assert stage.ledgers[0].names() == sorted(names)
    assert (stage.intents(), stage.failed()) == ([], [])
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()
