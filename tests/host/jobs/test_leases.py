import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from host.database import Database
from host.jobs import leases
from host.jobs.clock import read_clock
from host.jobs.keeping import LeaseKeeper
from host.jobs.leases import HeldLease
from host.jobs.models import Lease
from tests.patience import until


def take(database: Database, holder: str, seconds: float = 30) -> HeldLease | None:
    with database.writing() as session:
        return leases.acquire(session, "link:1", holder, seconds)


def is_held(session: Session, lease: HeldLease) -> bool:
    statement = leases.where_held(select(Lease.__table__.c.fence))
    return session.execute(statement, leases.parameters_of(lease)).one_or_none() is not None


def let_expire(database: Database) -> None:
    with database.writing() as session:
        session.execute(update(Lease).values(expires_at=read_clock(session) - timedelta(seconds=1)))


class ShortBreaks(threading.Event):
    """Ends every wait after a moment, and notes how long it was to be."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[float | None] = set()

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.add(timeout)
        return super().wait(0.02)


@contextmanager
def kept(database: Database, held: HeldLease) -> Iterator[LeaseKeeper]:
    """Keep a lease of 30 seconds, without the waits between two renewals."""
    keeper = LeaseKeeper(database, held, seconds=30)
    breaks = keeper._done = ShortBreaks()
    with keeper:
        yield keeper
    assert breaks.asked == {10}


def is_running_out_in_the_future(database: Database) -> bool:
    with database.reading() as session:
        return session.scalars(select(Lease.expires_at)).one() > read_clock(session)


def test_a_held_lease_is_refused_to_others_and_free_again_once_released(database: Database) -> None:
    first = take(database, "one")
    assert first is not None
    assert take(database, "two") is None
    with database.writing() as session:
        leases.release(session, first)
    second = take(database, "two")
    assert second is not None
    assert second.fence > first.fence


def test_of_many_who_ask_at_once_one_gets_the_lease(database: Database) -> None:
    got: list[HeldLease | None] = []
    barrier = threading.Barrier(6)

    def ask(holder: str) -> None:
        barrier.wait()
        got.append(take(database, holder))

    threads = [threading.Thread(target=ask, args=(f"holder {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lease is not None for lease in got) == 1


def test_a_stale_lease_is_taken_over_and_its_old_holder_can_do_nothing_any_more(database: Database) -> None:
    old = take(database, "one")
    assert old is not None
    let_expire(database)
    new = take(database, "two")
    assert new is not None
    with database.writing() as session:
        assert leases.renew(session, old, 30) is None
        assert not is_held(session, old)
        leases.release(session, old)
        assert is_held(session, new)


def test_a_stale_lease_waits_for_the_deadline_of_the_call_that_its_holder_had_begun(database: Database) -> None:
    old = take(database, "one")
    assert old is not None
    with database.writing() as session:
        assert leases.renew(session, old, 30, call_seconds=300) is not None
    let_expire(database)
    assert take(database, "two") is None
    with database.writing() as session:
        session.execute(update(Lease).values(call_until=read_clock(session) - timedelta(seconds=1)))
    assert take(database, "two") is not None


def test_a_call_longer_than_the_lease_prolongs_it(database: Database) -> None:
    held = take(database, "one", seconds=5)
    assert held is not None
    with database.writing() as session:
        longer = leases.renew(session, held, 5, call_seconds=100)
    assert longer is not None
    assert longer.expires_at - held.expires_at > timedelta(seconds=90)


def test_a_keeper_outlives_the_seconds_of_its_lease_and_gives_it_back(database: Database) -> None:
    held = take(database, "one")
    assert held is not None
    with kept(database, held) as keeper:
        let_expire(database)
        until(lambda: is_running_out_in_the_future(database))
        assert take(database, "two") is None
        assert not keeper.is_lost
    assert take(database, "two") is not None


def test_a_keeper_notices_that_somebody_else_took_its_lease(database: Database) -> None:
    held = take(database, "one")
    assert held is not None
    with kept(database, held) as keeper:
        with database.writing() as session:
            session.execute(update(Lease).values(holder="two", fence=Lease.fence + 1))
        until(lambda: keeper.is_lost)
        assert not keeper.cover(10)
    with database.reading() as session:
        assert session.scalars(select(Lease.holder)).one() == "two"
