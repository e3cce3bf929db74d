import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, select, true, update

from host.database import Database
from host.jobs import presence
from host.jobs.clock import read_clock
from host.jobs.models import WorkerProcess
from host.jobs.worker import Worker

CHECKOUT = Path(__file__).parents[3]


class Counting:
    pause_seconds = 0.0

    def __init__(self, name: str, do: Callable[[int], bool]) -> None:
        self.name = name
        self.calls = 0
        self._do = do

    def is_due(self, _now: ColumnElement[datetime]) -> ColumnElement[bool]:
        return true()

    def work(self, stopping: threading.Event) -> bool:
        self.calls += 1
        return self._do(self.calls)


def run_for(worker: Worker, seconds: float) -> None:
    threading.Timer(seconds, worker.stop).start()
    thread = threading.Thread(target=worker.run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


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
