"""A worker dies in the middle of a pull, or at any moment; the next one ends where an undisturbed one would."""

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
from tests.erp_links.sync.conftest import Stager
from tests.erp_links.sync.evidence import Held, assert_log_tells, held, last_log_id, run_until_quiet
from tests.erp_links.sync.ledger_stage import LedgerStage
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "CUSTNO": "number"}
PERSON = {"LASTNAME": "last_name"}

# point of a pull → how many pages of two records are in the hub when the worker dies there for the first time
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
def test_a_worker_that_dies_leaves_whole_pages_and_its_run_is_taken_over(sqlite_stage: Stage, point: str) -> None:
    stage = sqlite_stage
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
    assert (quiet.outcome, set(quiet.counts)) == ("success", {"read", "equal"})


def test_a_worker_that_dies_between_pages_lets_the_next_one_go_on_from_the_cursor(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
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


SIZE = 4
"""Records that people make on each side before each kill; of those that are there they edit twice as many."""


class Traffic:
    """People at work on both sides of a link, of whose records no two are called the same."""

    def __init__(self, stage: LedgerStage, seed: int) -> None:
        self.stage = stage
        self.draw = random.Random(seed)
        self.kills = self.rounds = 0
        both = {"unpaired_pull": "create", "unpaired_push": "create"}
        stage.map(0, "Customer", {"NAME": ("name", "both"), "VATNO": ("vat_number", "both")}, **both)
        stage.map(0, "Person", {"LASTNAME": ("last_name", "both"), "EMAIL": ("email", "both")}, **both)

    def work(self) -> None:
        """Let people on both sides make and edit records, never the same one on both sides."""
        self.rounds += 1
        books = self.stage.ledgers[0].books
        companies, customers = self.stage.hub("company"), list(books.tables["Customer"])
        chosen = self.draw.sample(sorted(companies), min(SIZE, len(companies)))
        taken = {str(companies[each].values["name"]) for each in chosen}
        for each in chosen:
            self.stage.edit("company", each, name=f"hub {self.rounds} edits {each}")
        for key in self.draw.sample(customers, min(SIZE, len(customers))):
            if books.value("Customer", key, "NAME") not in taken:
                books.put("Customer", key, {"NAME": f"ERP {self.rounds} edits {key}"})
        for number in range(SIZE):
            name = f"{self.rounds}-{number}"
            company = self.stage.add("company", name=f"hub {name}", vat_number=f"hub {name}")
            self.stage.add("person", last_name=f"hub {name}", email=f"hub-{name}@alfa.example", company=company)
            books.put("Customer", f"E{name}", {"NAME": f"ERP {name}", "VATNO": f"ERP {name}"})
            books.put("Person", f"F{name}", {"LASTNAME": f"ERP {name}", "EMAIL": f"{name}@alfa.example"}, f"E{name}")

    def kill(self, longest: float) -> None:
        """Begin a run, or go on with the one whose worker died, in a child that is killed at some moment."""
        self.kills += 1
        child = os.fork()
        if child == 0:
            self.stage.in_another_process().work()
            os._exit(0)
        time.sleep(self.draw.uniform(0.0, longest))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        self.stage.let_leases_expire()

    def assert_settled(self, start: Held, mark: int) -> None:
        """Finish, and fail unless everything is there once on both sides and the log tells how it came there."""
        self.stage.work()
        run_until_quiet(self.stage, [(0,)])
        self.stage.assert_equal_everywhere()
        self.stage.assert_none_lost_or_doubled()
        assert (self.stage.intents(), self.stage.failed()) == ([], [])
        made = 2 * SIZE * self.rounds
        ledger = self.stage.ledgers[0]
        for table, kind, column in (("Customer", "company", "VATNO"), ("Person", "person", "EMAIL")):
            assert len(set(ledger.names(table, column))) == len(ledger.names(table, column)) == made
            assert len(self.stage.hub(kind)) == len(self.stage.pairings(0, table)) == made
        assert_log_tells(self.stage, start, mark)


def check_kills(stage: LedgerStage, seed: int, kills: int) -> None:
    """Kill workers at random moments, some of them one after the other, and look at what the next one makes of it."""
    traffic = Traffic(stage, seed)
    longest = 0.3
    while traffic.kills < kills:
        traffic.work()
        start, mark = held(stage), last_log_id(stage)
        stage.request()
        for _again in range(traffic.draw.choice((1, 1, 2))):
            traffic.kill(longest)
        before = time.monotonic()
        traffic.assert_settled(start, mark)
        # a kill may strike at any moment of a run; the settling took three
        longest = min(2.0, (time.monotonic() - before) / 2)


def test_workers_killed_at_random_moments_lose_and_double_nothing(ledgers: Stager) -> None:
    # on both databases, which makes ten
    check_kills(ledgers({"Batch": "3", "PageSize": "4"}), seed=1, kills=5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_workers_killed_at_random_moments_lose_and_double_nothing(ledgers: Stager, seed: int) -> None:
    able = {"Batch": "3", "PageSize": "4", "Parallel": str(1 + seed % 3), "ConditionalSave": str(seed % 2 == 1).lower()}
    check_kills(ledgers(able), seed, kills=10)
