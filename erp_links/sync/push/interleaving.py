"""Working on several batches side by side: while one waits for the ERP, another one is worked on.

A batch is a generator. It yields `Ask` to have calls made and gets their answers, or `Store` to have something written
and gets nothing. The work of all batches is done on one thread, so that they share what they know without locks. All
writing is done on another one, which mostly waits for the database; what comes together meanwhile is its next
transaction.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from erp_links.sync.permit import LeaseLostError, RunEndedError, ShutDownError
from erp_links.sync.push.lines import Call, Lines

_MOST_AHEAD = 4
"""So many batches at most are worked on, or wait for a line, beside those whose calls are under way."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Calls of the connector; the answer is a list with, for each, its result or the exception that it raised."""

    calls: Sequence[Call]
    writes: bool = False


Write = Callable[[Session, datetime], None]


@dataclass(frozen=True, slots=True)
class Store:
    """Something to write, in a transaction that it shares with others. `write` may be called again after a rollback.

    It gets the time of the transaction too.

    Attributes:
        wanted: Whether it may only be written while the run is wanted; what an ERP has answered is stored always.
    """

    write: Write
    wanted: bool = False


Steps = Generator[Ask | Store, Any, Any]
"""One batch on its way."""

StoreAll = Callable[[Sequence[Store]], Sequence[Exception | None]]
"""Writes all; returns, for each, what hindered it."""


class StoppedError(RunEndedError):
    """Nothing more is asked of the ERP, because the worker stops or something else went wrong."""


@dataclass(slots=True)
class _Ready:
    steps: Steps
    answer: Any = None
    error: BaseException | None = None


class Interleaved:
    """Runs batches to their end."""

    def __init__(self, lines: Lines, store: StoreAll, stopping: Event) -> None:
        """Take the lines to the ERP, and who writes, one call at a time."""
        self._lines = lines
        self._store = store
        self._stopping = stopping
        # enough that all lines are busy while some batches are being worked on
        self._side_by_side = lines.most + min(2 * lines.most, _MOST_AHEAD)
        self._open = 0
        self._is_exhausted = False
        self._ready: deque[_Ready] = deque()
        self._asked: list[tuple[Steps, list[Future[Any]]]] = []
        self._stores: list[tuple[Steps, Store]] = []
        self._writing: list[Steps] = []
        self._written: Future[Sequence[Exception | None]] | None = None
        self._error: BaseException | None = None

    def run(self, batches: Iterator[Steps]) -> None:
        """Run all batches, each begun when one before it is done.

        After an error no further call is made; what was asked already is waited for, and its answers are stored.

        Raises:
            ShutDownError: The worker stops.
            Exception: What a batch raised, the first one.
        """
        with ThreadPoolExecutor(1, "store") as writer:
            while self._go_on(batches, writer):
                pass
        if self._error is not None:
            raise self._error
        if self._stopping.is_set():
            raise ShutDownError("the worker stops")

    def _go_on(self, batches: Iterator[Steps], writer: ThreadPoolExecutor) -> bool:
        """Do what leads to a call first, so that no line waits for what can be written meanwhile; False at the end."""
        self._collect()
        may_write = self._stores and self._written is None
        if self._ready:
            self._advance(self._ready.popleft())
        elif may_write and any(store.wanted for _steps, store in self._stores):
            self._write(writer)
        elif self._may_begin:
            self._begin(batches)
        elif may_write:
            self._write(writer)
        elif self._asked or self._written is not None:
            self._await()
        else:
            return False
        return True

    @property
    def _is_stopped(self) -> bool:
        return self._error is not None or self._stopping.is_set()

    @property
    def _may_begin(self) -> bool:
        return self._open < self._side_by_side and not (self._is_exhausted or self._is_stopped)

    def _begin(self, batches: Iterator[Steps]) -> None:
        try:
            steps = next(batches, None)
        except (SQLAlchemyError, RunEndedError) as error:
            self._error = error
            return
        if steps is None:
            self._is_exhausted = True
            return
        self._open += 1
        self._ready.append(_Ready(steps))

    def _advance(self, ready: _Ready) -> None:
        steps = ready.steps
        try:
            step = steps.throw(ready.error) if ready.error is not None else steps.send(ready.answer)
            if isinstance(step, Store):
                self._stores.append((steps, step))
            elif self._is_stopped:
                self._ready.append(_Ready(steps, error=StoppedError("nothing more is asked of the ERP")))
            else:
                self._asked.append((steps, [self._lines.submit(call, writes=step.writes) for call in step.calls]))
        except StopIteration:
            self._open -= 1
        except Exception as error:  # noqa: BLE001 -- raised at the end, when nothing is under way any more
            self._open -= 1
            self._note(error)

    def _note(self, error: Exception) -> None:
        if isinstance(error, StoppedError):
            return
        if self._error is None or isinstance(error, LeaseLostError):
            self._error = error

    def _write(self, writer: ThreadPoolExecutor) -> None:
        self._writing = [steps for steps, _store in self._stores]
        # log and language of the run hold on that thread too
        self._written = writer.submit(copy_context().run, self._store, [store for _steps, store in self._stores])
        self._stores = []

    def _collect(self) -> None:
        """Have those batches go on whose calls are answered, or who have been written."""
        if self._written is not None and self._written.done():
            hindered, self._written = self._written.result(), None
            self._ready.extend(_Ready(steps, error=error) for steps, error in zip(self._writing, hindered, strict=True))
        still = []
        for steps, futures in self._asked:
            if _all_done(futures):
                self._ready.append(_Ready(steps, [_answer(future) for future in futures]))
            else:
                still.append((steps, futures))
        self._asked = still

    def _await(self) -> None:
        """Return when there may be something to collect."""
        awaited: list[Sequence[Future[Any]]] = [futures for _steps, futures in self._asked]
        if self._written is not None:
            awaited.append([self._written])
        if not any(map(_all_done, awaited)):
            wait([each for futures in awaited for each in futures if not each.done()], return_when=FIRST_COMPLETED)


def _all_done(futures: Sequence[Future[Any]]) -> bool:
    return all(future.done() for future in futures)


def _answer(future: Future[Any]) -> Any:
    error = future.exception()
    return future.result() if error is None else error
