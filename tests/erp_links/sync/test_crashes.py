"""A worker dies at each named point of a run; the next one ends where an undisturbed one would."""

import os
import random
import signal
import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from erp_links.sync.models import LogEntry, Pairing, RunStatus
from host.jobs.clock import read_clock
from host.jobs.models import Lease
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "CUSTNO": "number"}
PERSON = {"LASTNAME": "last_name"}

# point → how many pages of two records are in the hub when the worker dies there for the first time
POINTS = {
    "run begun": 0,
    "pass opened": 0,
    "page fetched": 0,
    "page about to be committed": 0,
    "page committed": 1,
    "pass completed": 3,
    "run about to finish": 3,
}


def fill(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    stage.map("Person", PERSON)
    stage.server.page_size = 2
    for number in range(5):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
        stage.server.put("Person", f"P{number}", {"LASTNAME": f"Berg {number}"}, parent=f"C{number}")


def work_and_die(stage: Stage, point: str) -> None:
    """Work in a child process that is gone without any farewell as soon as it reaches the point."""
    child = os.fork()
    if child == 0:
        try:
            stage.in_another_process().work(lambda reached: os._exit(7) if reached == point else None)
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7


def let_lease_expire(stage: Stage) -> None:
    with stage.database.writing() as session:
        session.execute(update(Lease).values(expires_at=read_clock(session) - timedelta(seconds=1)))


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_leaves_whole_pages_and_its_run_is_taken_over(stage: Stage, point: str) -> None:
    fill(stage)
    run_id = stage.request()

    work_and_die(stage, point)

    left = stage.run_row(run_id)
    assert (left.status, left.outcome) == (RunStatus.RUNNING, None)
    companies = min(POINTS[point] * 2, 5)
    assert len(stage.hub("company")) == companies
    assert len(stage.pairings("Customer")) == companies
    assert len([entry for entry in stage.log("created") if entry.entity_type == "company"]) == companies
    assert left.counts.get("created", 0) == len(stage.hub("company")) + len(stage.hub("person"))
    # as long as the lease lasts nobody else touches the link
    assert not stage.work()

    let_lease_expire(stage)
    assert stage.work()

    run = stage.run_row(run_id)
    assert (run.status, run.outcome, run.counts["created"]) == ("finished", "success", 10)
    assert sorted(row["number"] for row in stage.hub("company")) == [f"C{number}" for number in range(5)]
    assert {row["last_name"] for row in stage.hub("person")} == {f"Berg {number}" for number in range(5)}
    assert (stage.count(Pairing), stage.count(LogEntry)) == (10, 10)
    assert {each.finished_at is not None for each in stage.passes()} == {True}
    quiet = stage.run()
    assert (quiet.outcome, quiet.counts.keys()) == ("success", {"read", "equal"})


def test_a_worker_that_dies_between_pages_lets_the_next_one_go_on_from_the_cursor(stage: Stage) -> None:
    fill(stage)
    stage.request()
    work_and_die(stage, "page committed")
    let_lease_expire(stage)
    asked: list[str | None] = []
    original = stage.server.arrive

    def note(call: str, about: str = "") -> None:
        asked.append(call)
        original(call, about)

    stage.server.arrive = note  # type: ignore[method-assign]  # the server is the test's own
    stage.work()
    # two pages of customers were left, one of which needs no further call
    assert asked.count("next_page") == 1 + 2
    assert stage.runs()[0].counts == {"read": 10, "created": 10}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_workers_killed_at_random_moments_lose_and_double_nothing(stage: Stage, seed: int) -> None:
    stage.map("Customer", CUSTOMER)
    stage.map("Person", PERSON)
    stage.server.page_size = 10
    keys = [str(number) for number in range(300)]
    for key in keys:
        stage.server.put("Customer", f"C{key}", {"NAME": f"Alfa {key}"})
        stage.server.put("Person", f"P{key}", {"LASTNAME": f"Berg {key}"}, parent=f"C{key}")
    run_id = stage.request()
    moments = random.Random(seed)
    for _kill in range(20):
        child = os.fork()
        if child == 0:
            stage.in_another_process().work()
            os._exit(0)
        time.sleep(moments.uniform(0.0, 0.4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        let_lease_expire(stage)
    stage.work()
    run = stage.run_row(run_id)
    assert (run.status, run.outcome, run.counts["created"]) == ("finished", "success", 600)
    assert sorted(row["number"] for row in stage.hub("company")) == sorted(f"C{key}" for key in keys)
    assert sorted(row["last_name"] for row in stage.hub("person")) == sorted(f"Berg {key}" for key in keys)
    assert (stage.count(Pairing), stage.count(LogEntry)) == (600, 600)
