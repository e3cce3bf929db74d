import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, event, literal, select, update
from sqlalchemy.exc import OperationalError

from host.database import Database
from host.jobs import presence
from host.jobs.clock import read_clock
from host.jobs.models import WorkerProcess
from host.jobs.worker import Worker
from tests.host.crm.test_bulk import statements_of

CHECKOUT = Path(__file__).parents[3]


PATIENCE = 60.0
"""Seconds that a test waits for what must happen; a loaded machine may take its time."""


class Counting:
    def __init__(self, name: str, do: Callable[[int], bool], *, due: bool = True, pause_seconds: float = 0.0) -> None:
        self.name = name
        self.pause_seconds = pause_seconds
        self.looks = 0
        self.calls = 0
        self._do = do
        self._due = due
        self._counted = threading.Condition()

    def is_due(self, _now: ColumnElement[datetime]) -> ColumnElement[bool]:
        with self._counted:
            self.looks += 1
            self._counted.notify_all()
        return literal(self._due)

    def work(self, stopping: threading.Event) -> bool:
        with self._counted:
            self.calls += 1
            calls = self.calls
            self._counted.notify_all()
        return self._do(calls)

    def wait_for(self, *, looks: int = 0, calls: int = 0) -> None:
        with self._counted:
            counted = self._counted.wait_for(lambda: self.looks >= looks and self.calls >= calls, PATIENCE)
        assert counted, f"{self.name}: {self.looks} looks, {self.calls} calls"


class Clock:
    """Stands in for the module `time` in the worker, and stands still unless it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    """Run a worker beside the block, stop it at the block's end, and wait until it has stopped."""
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(worker.run)
        try:
            yield
        finally:
            worker.stop()
            ended.result(PATIENCE)


def test_a_source_that_has_work_is_asked_again_at_once(sqlite_database: Database) -> None:
    source = Counting("busy", lambda calls: calls < 50)
    with running(Worker(sqlite_database, [source], poll_seconds=PATIENCE, threads=1)):
        source.wait_for(calls=50)
    assert source.calls == 50


def test_an_error_of_one_source_neither_ends_the_worker_nor_stops_the_others(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("host.jobs.worker.time", clock)

    def fail(_calls: int) -> bool:
        raise RuntimeError("broken")

    broken, sound = Counting("broken", fail), Counting("sound", lambda _calls: True)
    with running(Worker(sqlite_database, [broken, sound], poll_seconds=0.02, threads=1)):
        for calls, rest in enumerate([1.0, 2.0, 4.0], start=1):
            broken.wait_for(calls=calls)
            # the one thread has gone on, so the rest has begun
            sound.wait_for(calls=sound.calls + 1)
            clock.seconds += rest - 0.5
            sound.wait_for(calls=sound.calls + 5)
            assert broken.calls == calls
            clock.seconds += 0.5


def test_idle_threads_together_ask_one_statement_per_poll(database: Database) -> None:
    sources = [Counting(f"source {number}", lambda _calls: False, due=False) for number in range(3)]
    begun = time.monotonic()
    with statements_of(database) as seen:
        with running(Worker(database, sources, poll_seconds=0.05, threads=4)):
            sources[-1].wait_for(looks=8)
        lasted = time.monotonic() - begun
    asked = sum(statement.startswith("SELECT") for statement in seen)
    # one more where the worker asks the database for the time to enter itself
    assert asked == sources[0].looks + (not database.is_sqlite)
    assert lasted > 0.05 * (sources[0].looks - 2)
    assert [source.calls for source in sources] == [0, 0, 0]


def test_a_source_that_had_nothing_to_do_is_left_alone_for_its_pause(sqlite_database: Database) -> None:
    patient = Counting("patient", lambda _calls: False, pause_seconds=PATIENCE)
    eager = Counting("eager", lambda _calls: False)
    begun = time.monotonic()
    with running(Worker(sqlite_database, [patient, eager], poll_seconds=0.02, threads=3)):
        eager.wait_for(calls=8)
    assert time.monotonic() - begun > 0.02 * (eager.calls - 2)
    assert patient.calls == 1


def test_all_threads_take_work_at_once_when_there_is_much(sqlite_database: Database) -> None:
    together = threading.Barrier(4)

    def meet(_calls: int) -> bool:
        together.wait(PATIENCE / 2)
        return False

    much = Counting("much", meet)
    with running(Worker(sqlite_database, [much], poll_seconds=PATIENCE, threads=4)):
        much.wait_for(calls=4)
    assert not together.broken


def test_a_database_that_is_away_is_looked_for_again(sqlite_database: Database) -> None:
    source = Counting("patient", lambda _calls: False)
    away, refused = threading.Event(), threading.Event()

    def refuse(_connection: object) -> None:
        if away.is_set():
            refused.set()
            raise OperationalError("BEGIN", None, Exception("the server closed the connection"))

    event.listen(sqlite_database.engine, "begin", refuse)
    with running(Worker(sqlite_database, [source], poll_seconds=0.05, threads=2)):
        source.wait_for(calls=1)
        away.set()
        assert refused.wait(PATIENCE)
        away.clear()
        # two, as one may have begun before the database went away
        source.wait_for(calls=source.calls + 2)
        # it ends in order even if the database is away when it is told to
        away.set()
    event.remove(sqlite_database.engine, "begin", refuse)


def test_a_working_worker_is_listed_and_a_stopped_one_is_not(sqlite_database: Database) -> None:
    seen: list[bool] = []

    def look(_calls: int) -> bool:
        with sqlite_database.reading() as session:
            seen.append(presence.is_working(session))
        return False

    source = Counting("look", look)
    with running(Worker(sqlite_database, [source], poll_seconds=0.05, threads=1)):
        source.wait_for(calls=1)
    assert seen[0] is True
    with sqlite_database.reading() as session:
        assert not presence.is_working(session)
        assert session.scalars(select(WorkerProcess)).all() == []


def test_a_worker_that_was_killed_stops_counting_as_alive(database: Database) -> None:
    with database.writing() as session:
        presence.appear(session, "killed")
    with database.writing() as session:
        assert presence.is_working(session)
        session.execute(update(WorkerProcess).values(heartbeat_at=read_clock(session) - timedelta(minutes=1)))
        assert not presence.is_working(session)


WORKING_PROCESS = """
import sys, threading
from sqlalchemy import true
from host.database import Database
from host.jobs import Worker

class Pages:
    name = "pages"
    pause_seconds = 0
    def is_due(self, now):
        return true()
    def work(self, stopping):
        print("page begun", flush=True)
        threading.Event().wait(0.5)
        print("page done", flush=True)
        return True

worker = Worker(Database(sys.argv[1]), [Pages()], threads=1)
worker.stop_on_signals()
worker.run()
print("left", flush=True)
"""


def test_sigterm_lets_the_work_in_hand_end_before_the_process_does(sqlite_database: Database) -> None:
    url = sqlite_database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", WORKING_PROCESS, url],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "page begun\n"
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read().splitlines()
    assert process.wait(PATIENCE) == 0
    assert rest[-2:] == ["page done", "left"]
