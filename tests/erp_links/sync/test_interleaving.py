import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_links.sync.permit import LeaseLostError, ShutDownError
from erp_links.sync.push.covering import Covering
from erp_links.sync.push.interleaving import Ask, Interleaved, Steps, StoppedError, Store
from erp_links.sync.push.lines import Lines
from host.jobs.keeping import LeaseKeeper
from sync_connectors import LinkSession, UnavailableError

PATIENCE_SECONDS = 60


NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Keeper:
    """Keeps a lease as long as it is told to, and counts how often it was asked."""

    def __init__(self) -> None:
        self.is_lost = False
        self.asked = 0

    def cover(self, _seconds: float) -> bool:
        self.asked += 1
        return not self.is_lost


class Scene:
    """Sessions that only count how many calls are under way, and a store that keeps what it is given."""

    def __init__(self, most: int = 1) -> None:
        self.keeper = Keeper()
        self.opened = 0
        self.under_way = 0
        self.highest = 0
        self.stored: list[list[Store]] = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        covering = Covering(cast(LeaseKeeper, self.keeper), 1.0)
        self.lines = Lines(cast(LinkSession, "first"), self._open, most, covering)

    def call(self, _session: LinkSession, seconds: float = 0.0, error: Exception | None = None) -> str:
        with self.lock:
            self.under_way += 1
            self.highest = max(self.highest, self.under_way)
        time.sleep(seconds)
        with self.lock:
            self.under_way -= 1
        if error is not None:
            raise error
        return "answer"

    def store(self, stores: Sequence[Store]) -> list[Exception | None]:
        self.stored.append(list(stores))
        for store in stores:
            store.write(cast(Any, None), NOW)
        return [None] * len(stores)

    def run(self, batches: Iterator[Steps]) -> None:
        with self.lines:
            Interleaved(self.lines, self.store, self.stopping).run(batches)

    def _open(self) -> AbstractContextManager[LinkSession]:
        self.opened += 1
        return nullcontext(cast(LinkSession, "another"))


@settings(max_examples=30)
@given(
    counts=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12),
    most=st.integers(min_value=1, max_value=4),
)
def test_every_batch_comes_to_its_end_whatever_it_asks_and_stores(counts: list[tuple[int, int]], most: int) -> None:
    scene, done = Scene(most), []

    def batch(number: int, asked: int, stored: int) -> Steps:
        for _each in range(asked):
            answers = yield Ask([scene.call, scene.call])
            assert answers == ["answer", "answer"]
        for _each in range(stored):
            yield Store(lambda _session, _at: None)
        done.append(number)

    scene.run(batch(number, *of) for number, of in enumerate(counts))
    assert sorted(done) == list(range(len(counts)))
    assert scene.highest <= most


def test_there_are_never_more_calls_than_allowed_and_all_lines_are_used() -> None:
    scene, begun = Scene(3), itertools.count(1)
    all_lines = threading.Barrier(3, timeout=PATIENCE_SECONDS)

    def call(session: LinkSession) -> str:
        # of the last calls some may be left alone: a batch makes its second one behind its first
        if next(begun) <= 12:
            all_lines.wait()
        return scene.call(session, 0.005)

    def batch() -> Steps:
        yield Ask([call])
        yield Store(lambda _session, _at: None)
        yield Ask([call])

    scene.run(batch() for _number in range(12))
    assert (scene.highest, scene.opened, next(begun)) == (3, 2, 25)


def test_the_run_s_own_session_is_enough_where_one_call_is_allowed() -> None:
    scene = Scene(1)
    sessions: list[object] = []

    def batch() -> Steps:
        yield Ask([sessions.append, sessions.append])

    scene.run(batch() for _number in range(3))
    assert (scene.opened, sessions) == (0, ["first"] * 6)


def test_calls_are_made_while_the_database_writes() -> None:
    scene = Scene(1)
    asked = threading.Event()

    def writing() -> Steps:
        # ends only when the other batch has been asked for meanwhile
        yield Store(lambda _session, _at: _wait_for(asked))

    def calling() -> Steps:
        yield Ask([lambda _session: asked.set()])

    scene.run(batch() for batch in (writing, calling))
    assert [len(stores) for stores in scene.stored] == [1]


def _wait_for(event: threading.Event) -> None:
    assert event.wait(PATIENCE_SECONDS)


def test_what_several_batches_have_to_write_is_written_together() -> None:
    scene = Scene(1)

    def batch() -> Steps:
        yield Store(lambda _session, _at: None)

    scene.run(batch() for _number in range(2))
    assert [len(stores) for stores in scene.stored] == [2]


def test_a_batch_is_sent_before_the_next_one_is_read() -> None:
    scene, asked = Scene(2), threading.Event()

    def batch() -> Steps:
        yield Ask([lambda _session: asked.set()])

    def batches() -> Iterator[Steps]:
        yield batch()
        assert asked.wait(PATIENCE_SECONDS)
        yield batch()

    scene.run(batches())


def test_what_leads_to_a_call_is_stored_before_more_is_read_and_the_rest_behind_it() -> None:
    scene, order, is_announced = Scene(1), [], threading.Event()

    def announcing() -> Steps:
        yield Store(lambda _session, _at: is_announced.set(), wanted=True)

    def settling(number: int) -> Steps:
        yield Store(lambda _session, _at: order.append(f"store {number}"))

    def batches() -> Iterator[Steps]:
        yield announcing()
        assert is_announced.wait(PATIENCE_SECONDS)
        for number in (1, 2):
            order.append(f"read {number}")
            yield settling(number)

    scene.run(batches())
    assert order == ["read 1", "read 2", "store 1", "store 2"]


def test_an_error_lets_what_is_under_way_be_stored_and_asks_nothing_more() -> None:
    scene, ends, all_asked = Scene(1), [], threading.Event()

    def fail(_session: LinkSession) -> None:
        assert all_asked.wait(PATIENCE_SECONDS)
        raise UnavailableError("closed")

    def failing() -> Steps:
        (error,) = yield Ask([fail])
        raise error

    def between() -> Steps:
        yield Ask([scene.call])

    def other() -> Steps:
        all_asked.set()
        yield Ask([scene.call])
        yield Store(lambda _session, _at: ends.append("stored"))
        try:
            yield Ask([scene.call])
        except StoppedError:
            ends.append("stopped")
            raise

    def never() -> Steps:
        ends.append("begun")
        yield Store(lambda _session, _at: None)

    with pytest.raises(UnavailableError):
        scene.run(iter([failing(), between(), other(), never()]))
    assert ends == ["stored", "stopped"]


def test_a_worker_that_stops_begins_nothing_new() -> None:
    scene, begun = Scene(1), []

    def batch(number: int) -> Steps:
        begun.append(number)
        scene.stopping.set()
        yield Store(lambda _session, _at: None)

    with pytest.raises(ShutDownError):
        scene.run(batch(number) for number in range(9))
    assert begun == [0]


def test_a_call_that_changes_something_is_made_under_the_lease_only() -> None:
    scene, made = Scene(1), []

    def batch() -> Steps:
        (first,) = yield Ask([lambda _session: made.append("first")], writes=True)
        (second,) = yield Ask([lambda _session: made.append("second")], writes=True)
        assert (first, second) == (None, None)
        assert scene.keeper.asked == 1
        scene.keeper.is_lost = True
        (error,) = yield Ask([lambda _session: made.append("third")], writes=True)
        raise error

    with pytest.raises(LeaseLostError):
        scene.run(iter([batch()]))
    # the lease is made sure of for a while, and asked for again when it may be lost
    assert made == ["first", "second"]


def test_fewer_lines_are_enough_where_no_more_can_be_opened() -> None:
    scene = Scene(3)

    @contextmanager
    def refuse() -> Iterator[LinkSession]:
        raise UnavailableError("too many sessions")
        yield

    scene.lines._open_session = refuse  # the ERP's limit is lower than declared
    done = []

    def batch(number: int) -> Steps:
        yield Ask([scene.call, scene.call])
        done.append(number)

    scene.run(batch(number) for number in range(4))
    assert (sorted(done), scene.highest) == ([0, 1, 2, 3], 1)
