"""Writers side by side: no change is missed, and none that was overtaken is taken for the newest."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text, true

from host.crm import records
from host.crm.bulk import insert_many, read_many, update_many
from host.crm.outbox import enqueue_where, read_entries, settle, subscribe
from host.crm.tables import table_of
from host.database import Database
from tests.host.crm.conftest import LATER, THEN

LINK = "link:1"
WRITERS, TRANSACTIONS, BATCH = 3, 20, 4


class Copy:
    """A subscriber that keeps a copy of each record: the name that it saw when it last took note of it."""

    def __init__(self, database: Database) -> None:
        self.names: dict[int, str | None] = {}
        self._database = database

    def take_note(self) -> int:
        """Go through the outbox once in small batches, as the engine does, and return how many entries there were."""
        after = seen = 0
        while True:
            with self._database.reading() as session:
                entries = read_entries(session, LINK, "company", after, BATCH)
            if not entries:
                return seen
            read = {entry.entity_id: entry.version for entry in entries}
            # between these looks everybody goes on: what is seen may be newer than the entry, never older
            with self._database.reading() as session:
                present = read_many(session, "company", read, ["name"])
            for entity_id, version in read.items():
                record = present.get(entity_id)
                assert record is None or record.version >= version
                self.names[entity_id] = str(record.values["name"]) if record else None
            with self._database.writing() as session:
                settle(session, LINK, "company", read)
            after, seen = max(read), seen + len(read)


def write(database: Database, number: int, shared: list[int]) -> None:
    """Create, change and delete companies in many small transactions."""
    chance, own = random.Random(number), list[int]()
    for step in range(TRANSACTIONS):
        name = f"{number}/{step}"
        with database.writing() as session:
            match chance.randrange(4):
                case 0:
                    own += insert_many(session, "company", [{"name": name}] * 2, f"user:{number}", THEN)
                case 1 if own:
                    gone = own.pop()
                    version = records.get(session, "company", gone).version
                    records.delete(session, "company", gone, expected_version=version, origin="user:1", at=LATER)
                case _:
                    changed = chance.sample(shared, 3) + own[:1]
                    update_many(session, "company", [(one, {"name": name}) for one in changed], "user:1", LATER)


@contextmanager
def in_thread(call: Callable[[], None]) -> Iterator[Future[None]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(call)


def test_whatever_writers_do_meanwhile_the_copy_of_a_subscriber_becomes_right(database: Database) -> None:
    with database.writing() as session:
        subscribe(session, LINK, "company", ["name"])
        shared = insert_many(session, "company", [{"name": f"Company {i}"} for i in range(8)], "user:1", THEN)
    copy, done = Copy(database), threading.Event()

    def deliver() -> None:
        while not done.is_set():
            copy.take_note()

    with in_thread(deliver) as delivering, ThreadPoolExecutor(WRITERS) as pool:
        for writing in [pool.submit(write, database, number, shared) for number in range(WRITERS)]:
            writing.result()
        done.set()
        delivering.result()

    table = table_of("company")
    with database.reading() as session:
        present = {row.id: row for row in session.execute(select(table.c.id, table.c.name, table.c.version))}
        left = {entry.entity_id: entry.version for entry in read_entries(session, LINK, "company", 0, 1000)}
    missed = {key for key, row in present.items() if key not in left and copy.names.get(key) != row.name}
    assert missed == set()
    assert {key: present[key].version for key in left if key in present} == {
        key: version for key, version in left.items() if key in present
    }
    copy.take_note()
    # that a record was deleted is told otherwise
    assert {key: copy.names.get(key) for key in present} == {key: row.name for key, row in present.items()}
    assert copy.take_note() == 0


def test_a_change_under_way_is_not_settled_with_the_version_before_it(database: Database) -> None:
    with database.writing() as session:
        subscribe(session, LINK, "company", None)
        (company,) = insert_many(session, "company", [{"name": "One"}], "user:1", THEN)

    def settle_first_version() -> None:
        with database.writing() as session:
            settle(session, LINK, "company", {company: 1})

    with in_thread(settle_first_version) as settling:
        with database.writing() as session:
            update_many(session, "company", [(company, {"name": "Two"})], "user:1", LATER)
            threading.Event().wait(0.2)
        settling.result()
    with database.reading() as session:
        assert [entry.version for entry in read_entries(session, LINK, "company", 0, 10)] == [2]


def test_who_subscribes_and_asks_for_everything_misses_no_record_of_a_writer_under_way(database: Database) -> None:
    written, subscribed = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with database.writing() as session:
            insert_many(session, "company", [{"name": "Under way"}], "user:1", THEN)
            written.set()
            # on SQLite nobody else can write before this ends
            subscribed.wait(0.3)
            threading.Event().wait(0.2)

    with in_thread(write_slowly) as writing:
        assert written.wait(60)
        with database.writing() as session:
            subscribe(session, LINK, "company", None)
        subscribed.set()
        with database.writing() as session:
            enqueue_where(session, LINK, "company", true(), LATER)
        writing.result()
    with database.reading() as session:
        assert len(read_entries(session, LINK, "company", 0, 10)) == 1


@pytest.mark.postgresql
def test_waiting_for_the_writers_under_way_locks_out_none_that_comes_later(postgres_database: Database) -> None:
    database = postgres_database
    with database.writing() as session:
        insert_many(session, "company", [{"name": "One"}], "user:1", THEN)
        subscribe(session, LINK, "company", None)
    with database.writing() as session:
        enqueue_where(session, LINK, "company", true(), LATER)
        with database.writing() as other:
            other.execute(text("SET LOCAL lock_timeout = '30s'"))
            insert_many(other, "company", [{"name": "Two"}], "user:1", LATER)
    with database.reading() as session:
        assert len(read_entries(session, LINK, "company", 0, 10)) == 2
