"""A database that is full, read-only, cut off, or has twenty editors: nothing is lost or doubled."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, ExceptionContext, create_engine, event, select, text
from sqlalchemy.exc import DBAPIError

from erp_links.sync.executor import RunExecutor
from erp_links.sync.models import LogEntry, Pairing
from erp_links.sync.work import RequestedRuns
from host.crm import records
from host.crm.tables import table_of
from host.database import Database
from host.errors import StaleVersionError
from host.jobs import Worker
from tests.databases import POSTGRES_URL
from tests.erp_links.sync.stage import Stage
from tests.erp_links.sync.test_crashes import let_lease_expire
from tests.erp_links.sync.test_load import CUSTOMER, pages_of

TOTAL, SIZE = 600, 50
EDITORS = 20
PATIENCE_SECONDS = 120


def feed(stage: Stage, name: str = "Alfa") -> None:
    """Let the ERP answer with pages that begin where a cursor says."""
    pages = pages_of(TOTAL, SIZE, name)

    def changes(_type: str, _watermark: str | None, resume: str | None, *_rest: object) -> Iterator[Any]:
        return iter(pages[int(resume or 0) // SIZE :])

    stage.map("Customer", CUSTOMER)
    stage.server.answer["changes"] = changes


def assert_nothing_lost_or_doubled(stage: Stage) -> None:
    (run,) = stage.runs()
    assert (run.status, run.outcome, run.message) == ("finished", "success", "")
    assert run.counts == {"read": TOTAL, "created": TOTAL}
    assert {row["number"] for row in stage.hub()} == {f"C{number}" for number in range(TOTAL)}
    assert (len(stage.hub()), stage.count(Pairing), stage.count(LogEntry)) == (TOTAL, TOTAL, TOTAL)


@contextmanager
def said_to_each_connection(stage: Stage, statement: str) -> Iterator[None]:
    """Say something to SQLite on each connection that is opened meanwhile."""

    def say(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.execute(statement)

    stage.database.close()
    event.listen(stage.database.engine, "connect", say)
    try:
        yield
    finally:
        event.remove(stage.database.engine, "connect", say)
        stage.database.close()


@contextmanager
def worker_of(stage: Stage, reached: Callable[[str], None] = lambda _point: None) -> Iterator[None]:
    source = RequestedRuns(stage.runtime, executor=RunExecutor(stage.runtime, reached))
    worker = Worker(stage.database, [source], poll_seconds=0.05, threads=2)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


def wait_for_end(stage: Stage, every_second: Callable[[], None] = lambda: None) -> None:
    begun = told = time.monotonic()
    while time.monotonic() - begun < PATIENCE_SECONDS:
        with suppress(DBAPIError):  # the connections of the test are cut as well
            if stage.runs()[0].finished_at is not None:
                return
            if time.monotonic() - told > 1:
                told = time.monotonic()
                every_second()
        time.sleep(0.05)
    raise AssertionError(stage.runs()[0].counts)


def test_a_full_disk_breaks_the_run_off_between_pages_and_it_goes_on_when_there_is_room(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    feed(stage)
    stage.request()
    with stage.database.reading() as session:
        pages = session.scalar(text("PRAGMA page_count"))
    assert pages is not None
    with said_to_each_connection(stage, f"PRAGMA max_page_count = {pages + 70}"):
        with pytest.raises(DBAPIError, match="disk is full"):
            stage.work()
        before = len(stage.hub())
        assert 0 < before < TOTAL
        assert before % SIZE == 0
        assert stage.runs()[0].status == "running"
        # still full: nothing changes, and a person can still look at everything
        with pytest.raises(DBAPIError, match="disk is full"):
            stage.work()
        assert len(stage.hub()) == stage.count(Pairing) == before
    assert stage.work()
    assert_nothing_lost_or_doubled(stage)


def test_a_database_that_becomes_read_only_is_left_alone_until_it_can_be_written_again(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    feed(stage)
    stage.request()
    left = [4]

    def lock_up(point: str) -> None:
        left[0] -= point == "page committed"
        if not left[0]:
            left[0] = -1
            context.__enter__()

    context = said_to_each_connection(stage, "PRAGMA query_only = 1")
    with pytest.raises(DBAPIError, match="readonly"):
        stage.work(lock_up)
    assert 0 < len(stage.hub()) < TOTAL
    # the lease could not be given back either, so nobody begins in vain before it is over
    assert not stage.work()
    context.__exit__(None, None, None)
    let_lease_expire(stage)
    assert stage.work()
    assert_nothing_lost_or_doubled(stage)


POSTGRES_ONLY = pytest.mark.parametrize(
    "databases", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def server() -> Iterator[Connection]:
    """The PostgreSQL server, from outside the database of the test."""
    engine = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def cut_connections(server: Connection, database: Database) -> None:
    server.execute(
        text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
        {"name": database.engine.url.database},
    )


@POSTGRES_ONLY
@pytest.mark.parametrize("point", ["page about to be committed", "page fetched"])
def test_a_run_goes_on_after_all_connections_were_cut_twice(stage: Stage, server: Connection, point: str) -> None:
    feed(stage)
    passed = [0]

    def cut(reached: str) -> None:
        passed[0] += reached == point
        if reached == point and passed[0] in {3, 8}:
            cut_connections(server, stage.database)

    stage.request()
    with worker_of(stage, cut):
        wait_for_end(stage)
    assert passed[0] >= 8
    assert_nothing_lost_or_doubled(stage)


class ReadOnly:
    """A server that takes no changes of a database until it has refused one."""

    def __init__(self, server: Connection, database: Database) -> None:
        self._server = server
        self._database = database
        self.refused: list[object] = []
        self.is_over = False
        event.listen(database.engine, "handle_error", self._refuse)

    def begin(self) -> None:
        self._say("on")

    def end(self) -> None:
        if not self.is_over:
            self._say("off")
            self.is_over = True

    def _say(self, read_only: str) -> None:
        name = self._database.engine.url.database
        self._server.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {read_only}')
        cut_connections(self._server, self._database)

    def _refuse(self, context: ExceptionContext) -> None:
        if "read-only transaction" in str(context.original_exception):
            self.refused.append(context.statement)


@POSTGRES_ONLY
def test_a_run_goes_on_after_the_server_took_no_changes_for_a_while(stage: Stage, server: Connection) -> None:
    feed(stage)
    read_only, left, let_go_of = ReadOnly(server, stage.database), [4], list[str]()

    def lock_up(point: str) -> None:
        left[0] -= point == "page fetched"
        if not left[0]:
            left[0] = -1
            read_only.begin()
        if point == "run about to finish":
            read_only.end()  # a run that takes this for its own failure could store that now

    def go_on() -> None:
        if read_only.refused:
            read_only.end()
        # the lease could not be given back
        if read_only.is_over and not let_go_of:
            let_lease_expire(stage)
            let_go_of.append("lease")

    stage.request()
    with worker_of(stage, lock_up):
        wait_for_end(stage, go_on)
    assert left[0] < -1
    assert read_only.refused
    assert_nothing_lost_or_doubled(stage)


def test_twenty_editors_work_on_while_an_import_runs(stage: Stage) -> None:
    feed(stage)
    own = [stage.add("company", name=f"Own {number}") for number in range(EDITORS)]
    table = table_of("company")
    imported = select(table.c.id).where(table.c.number.is_not(None)).order_by(table.c.id).limit(EDITORS)
    stage.request()
    done = threading.Event()

    def edit(number: int) -> list[tuple[int, str]]:
        """Write a telephone number onto one record after the other; return what was saved."""
        saved: list[tuple[int, str]] = []
        while not done.wait(0.05) or len(saved) < 3:
            with stage.database.reading() as session:
                others = session.scalars(imported).all()
            target = others[number] if len(saved) % 2 and others else own[(number + len(saved)) % EDITORS]
            phone = f"{number}/{len(saved)}"
            with suppress(StaleVersionError), stage.database.writing() as session:
                version = records.get(session, "company", target).version
                values = {"phone": phone}
                origin, now = f"user:{number}", datetime.now(UTC)
                records.update(session, "company", target, values, expected_version=version, origin=origin, at=now)
                saved.append((target, phone))
        return saved

    with ThreadPoolExecutor(EDITORS) as pool:
        editing = [pool.submit(edit, number) for number in range(EDITORS)]
        assert stage.work()
        done.set()
        saved = [each.result() for each in editing]
    (run,) = stage.runs()
    assert (run.outcome, run.counts) == ("success", {"read": TOTAL, "created": TOTAL})
    rows = {row["id"]: row for row in stage.hub()}
    assert len(rows) == TOTAL + EDITORS
    assert {row["number"] for row in rows.values()} == {None} | {f"C{number}" for number in range(TOTAL)}
    edits = [edit for each in saved for edit in each]
    assert Counter(record_id for record_id, _phone in edits) == Counter(
        {record_id: row["version"] - 1 for record_id, row in rows.items() if row["version"] > 1}
    )
    assert {(record_id, row["phone"]) for record_id, row in rows.items() if row["phone"]} <= set(edits)
