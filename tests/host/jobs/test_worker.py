import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, event, literal, select, update
from sqlalchemy.exc import OperationalError

from host.database import Database
from host.jobs import presence
from host.jobs.clock import read_clock
from host.jobs.models import WorkerProcess
from host.jobs.worker import Worker
from tests.host.crm.test_bulk import statements_of

CHECKOUT = Path(__file__).parents[3]


class Counting:
    def __init__(self, name: str, do: Callable[[int], bool], *, due: bool = True, pause_seconds: float = 0.0) -> None:
        self.name = name
        self.pause_seconds = pause_seconds
        self.calls = 0
        self._do = do
        self._due = due

    def is_due(self, _now: ColumnElement[datetime]) -> ColumnElement[bool]:
        return literal(self._due)

    def work(self, stopping: threading.Event) -> bool:
        self.calls += 1
        return self._do(self.calls)


def run_for(worker: Worker, seconds: float) -> None:
    threading.Timer(seconds, worker.stop).start()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(worker.run).result(10)


def test_a_source_that_has_work_is_asked_again_at_once(sqlite_database: Database) -> None:
    source = Counting("busy", lambda calls: calls < 50)
    run_for(Worker(sqlite_database, [source], poll_seconds=30, threads=1), 0.5)
    assert source.calls == 50


def test_an_error_of_one_source_neither_ends_the_worker_nor_stops_the_others(sqlite_database: Database) -> None:
    def fail(_calls: int) -> bool:
        raise RuntimeError("broken")

    broken, sound = Counting("broken", fail), Counting("sound", lambda _calls: False)
    run_for(Worker(sqlite_database, [broken, sound], poll_seconds=0.02, threads=1), 0.6)
    assert broken.calls == 1
    assert sound.calls > 5


def test_idle_threads_together_ask_one_statement_per_poll(database: Database) -> None:
    sources = [Counting(f"source {number}", lambda _calls: False, due=False) for number in range(3)]
    with statements_of(database) as seen:
        run_for(Worker(database, sources, poll_seconds=0.05, threads=4), 0.6)
    # one more where the worker reads the clock to enter itself
    assert 3 <= sum(statement.startswith("SELECT") for statement in seen) <= 14
    assert [source.calls for source in sources] == [0, 0, 0]


def test_a_source_that_had_nothing_to_do_is_left_alone_for_its_pause(sqlite_database: Database) -> None:
    patient = Counting("patient", lambda _calls: False, pause_seconds=30)
    eager = Counting("eager", lambda _calls: False)
    run_for(Worker(sqlite_database, [patient, eager], poll_seconds=0.02, threads=3), 0.4)
    assert patient.calls == 1
    assert 3 <= eager.calls <= 21


def test_all_threads_take_work_at_once_when_there_is_much(sqlite_database: Database) -> None:
    together = threading.Barrier(4)

    def meet(_calls: int) -> bool:
        together.wait(5)
        return False

    begun = time.monotonic()
    run_for(Worker(sqlite_database, [Counting("much", meet)], poll_seconds=2, threads=4), 0.3)
    assert time.monotonic() - begun < 2
    assert not together.broken


def test_a_database_that_is_away_is_looked_for_again(sqlite_database: Database) -> None:
    source = Counting("patient", lambda _calls: False)
    worker = Worker(sqlite_database, [source], poll_seconds=0.05, threads=2)
    away = threading.Event()

    def refuse(_connection: object) -> None:
        if away.is_set():
            raise OperationalError("BEGIN", None, Exception("the server closed the connection"))

    event.listen(sqlite_database.engine, "begin", refuse)
    threading.Timer(0.2, away.set).start()
    threading.Timer(0.5, away.clear).start()
    calls: list[int] = []
    threading.Timer(0.6, lambda: calls.append(source.calls)).start()
    run_for(worker, 1.5)
    assert source.calls > calls[0] > 0
    # it ends in order even if the database is away when it is told to
    away.clear()
    worker = Worker(sqlite_database, [source], poll_seconds=0.05, threads=1)
    threading.Timer(0.2, away.set).start()
    run_for(worker, 0.3)
    event.remove(sqlite_database.engine, "begin", refuse)


def test_a_working_worker_is_listed_and_a_stopped_one_is_not(sqlite_database: Database) -> None:
    seen: list[bool] = []

    def look(_calls: int) -> bool:
        with sqlite_database.reading() as session:
            seen.append(presence.is_working(session))
        return False

    run_for(Worker(sqlite_database, [Counting("look", look)], poll_seconds=0.05, threads=1), 0.2)
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
    assert process.wait(10) == 0
    assert rest[-2:] == ["page done", "left"]
