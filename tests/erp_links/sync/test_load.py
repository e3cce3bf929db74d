import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from erp_links.sync.models import Run, RunStatus
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.work import RequestedRuns
from host.accounts.models import User
from host.crm.tables import table_of
from host.database import Database
from host.errors import ConflictError
from host.jobs import Worker
from sync_connectors import Actor, Page
from tests.erp_links.sync.stage import IDA, Stage

PATIENCE_SECONDS = 60

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "VATNO": "vat_number", "POSTALCITY": "postal.city"}


def pages_of(total: int, size: int, name: str = "Alfa") -> list[Page]:
    actors = [
        Actor(
            "Customer",
            f"C{number}",
            {"NAME": f"{name} {number}", "CUSTNO": f"C{number}", "VATNO": f"DK{number}", "POSTALCITY": "Aarhus"},
            timestamp="1",
        )
        for number in range(total)
    ]
    starts = range(0, total, size)
    return [
        Page(
            tuple(actors[start : start + size]),
            resume=str(start + size) if start + size < total else None,
            watermark="1",
            total=total,
        )
        for start in starts
    ]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def statements_of_a_run(stage: Stage, records: int, name: str) -> int:
    pages = pages_of(records, 500, name)
    stage.server.answer["changes"] = lambda *_asked: iter(pages)
    with counted(stage.database) as statements:
        run = stage.run()
    assert run.outcome == "success"
    assert run.counts["read"] == records
    # which traces are on is looked up every few seconds, whatever is done meanwhile
    return len([statement for statement in statements if "link_trace" not in statement])


@pytest.mark.parametrize("match", [(), ("vat_number",)])
def test_a_page_takes_the_same_number_of_statements_whatever_its_size(stage: Stage, match: tuple[str, ...]) -> None:
    stage.map("Customer", CUSTOMER, match=match)
    stage.change_link(brake_percent=100, brake_least=1000)
    # the first run of a link also finds out from where on deletions count
    statements_of_a_run(stage, 1, "Alfa")
    small = statements_of_a_run(stage, 20, "Alfa")
    large = statements_of_a_run(stage, 500, "Alfa")
    # SQLite takes a hundred rows of a table in one; equal records beside new ones need no further statement
    more = 500 // 100 - 1 if stage.database.is_sqlite else 0
    assert abs(large - small) <= 2 + 3 * more
    assert large < 100
    changed_few = statements_of_a_run(stage, 20, "Beta")
    changed_many = statements_of_a_run(stage, 500, "Gamma")
    assert changed_many == changed_few + more


def test_a_quiet_run_of_equal_records_writes_no_record(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    statements_of_a_run(sqlite_stage, 500, "Alfa")
    pages = pages_of(500, 500)
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter(pages)
    with counted(sqlite_stage.database) as statements:
        run = sqlite_stage.run()
    assert run.counts == {"read": 500, "equal": 500}
    written = {tuple(statement.split()[:3]) for statement in statements if not statement.startswith("SELECT")}
    named = {word for words in written for word in words}
    assert named.isdisjoint({"company", "pairing", "sync_log", "failed_record"})
    assert "sync_pass" in named


def test_two_workers_never_run_the_same_link_at_once(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    under_way, overlaps = threading.Semaphore(1), []

    def changes(*_asked: object) -> Iterator[Page]:
        if not under_way.acquire(blocking=False):
            overlaps.append("overlap")
        time.sleep(0.05)
        yield from pages_of(10, 5)
        under_way.release()

    stage.server.answer["changes"] = changes
    workers = [Worker(stage.database, [RequestedRuns(stage.runtime)], poll_seconds=0.01) for _number in range(2)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    for _number in range(4):
        run_id = stage.request()
        while stage.run_row(run_id).status != RunStatus.FINISHED:
            time.sleep(0.01)
    for worker in workers:
        worker.stop()
    for thread in threads:
        thread.join()
    assert overlaps == []
    assert [run.outcome for run in stage.runs()] == ["success"] * 4
    assert len(stage.hub()) == 10


def test_of_many_who_ask_for_a_run_at_once_one_gets_it(stage: Stage) -> None:
    barrier, got, refused = threading.Barrier(5), [], []

    def ask() -> None:
        barrier.wait()
        try:
            with stage.database.writing() as session:
                got.append(request_run(session, stage.link_id, Cause.PERSON, IDA).id)
        except ConflictError as error:
            refused.append(error.text)

    threads = [threading.Thread(target=ask) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert all("already running since" in text for text in refused)
    assert len(refused) == 4


def test_a_run_and_twenty_page_requests_a_second_never_find_the_database_locked(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", CUSTOMER)
    stopping, enough, errors, reads, writes = threading.Event(), threading.Event(), [], [], []

    def changes(*_asked: object) -> Iterator[Page]:
        *pages, last = pages_of(6000, 500)
        yield from pages
        enough.wait(PATIENCE_SECONDS)
        yield last

    stage.server.answer["changes"] = changes
    stage.request()

    def request_pages() -> None:
        # what a page does: a list, a count, and now and then a short write such as an edit or a sign-in
        table, number = table_of("company"), 0
        while not stopping.is_set():
            try:
                with stage.database.reading() as session:
                    session.execute(select(table).order_by(table.c.name_folded, table.c.id).limit(50)).all()
                    session.scalar(select(func.count()).select_from(Run))
                reads.append(number)
                number += 1
                if number % 5 == 0:
                    with stage.database.writing() as session:
                        session.execute(User.__table__.update().values(name="Ida"))
                    writes.append(number)
            except OperationalError as error:
                errors.append(error)
            if len(reads) > 5 and writes:
                enough.set()
            stopping.wait(0.1)

    threads = [threading.Thread(target=request_pages) for _number in range(2)]
    for thread in threads:
        thread.start()
    assert stage.work()
    stopping.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert stage.runs()[0].counts == {"read": 6000, "created": 6000}
    assert enough.is_set()
