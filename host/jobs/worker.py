"""The worker process: asks its sources for work until it is told to stop."""

import logging
import signal
import threading
import time
from collections.abc import Sequence
from types import FrameType
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from host.database import Database
from host.jobs import presence
from host.jobs.clock import clock_of
from host.jobs.sources import WorkSource

log = logging.getLogger(__name__)

_LONGEST_REST_SECONDS = 60.0
_LONGEST_ABSENCE_SECONDS = 10.0
"""How long a worker waits at most before it tries again to reach a database that was away."""


class Worker:
    """Runs work sources on a few threads, so that one slow ERP does not hold up the other links.

    Threads without work wait in line, and only the first looks: one statement per poll asks for all sources whether
    something is due. As soon as it is, that thread does it and the next one looks, so that much work is taken at once.

    `stop` lets the work in hand come to its next safe point. An error of a source is logged, and that source rests
    for a while that doubles with each further error; the others go on.
    """

    def __init__(
        self, database: Database, sources: Sequence[WorkSource], *, poll_seconds: float = 1.0, threads: int = 2
    ) -> None:
        self.id = uuid4().hex
        self._database = database
        self._sources = tuple(sources)
        self._poll_seconds = poll_seconds
        self._threads = threads
        self._stopping = threading.Event()
        self._first_in_line = threading.Lock()
        self._rests = {source.name: _Rest(_LONGEST_REST_SECONDS) for source in self._sources}
        self._absence = _Rest(_LONGEST_ABSENCE_SECONDS)

    def run(self) -> None:
        """Work until `stop` is called; blocks."""
        with self._database.writing() as session:
            presence.appear(session, self.id)
        lanes = [
            threading.Thread(target=self._lane, name=f"worker-{number}", daemon=True) for number in range(self._threads)
        ]
        for lane in lanes:
            lane.start()
        log.info("worker %s started", self.id)
        while not self._stopping.wait(presence.BEAT_SECONDS):
            self._beat()
        for lane in lanes:
            while lane.is_alive():
                lane.join(presence.BEAT_SECONDS)
                self._beat()
        self._disappear()
        log.info("worker %s stopped", self.id)

    def stop(self) -> None:
        """Take no new work and finish what is in hand; callable from any thread and from a signal handler."""
        self._stopping.set()

    def stop_on_signals(self) -> None:
        """Stop on SIGTERM and SIGINT. Main thread only."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _disappear(self) -> None:
        try:
            with self._database.writing() as session:
                presence.disappear(session, self.id)
        except SQLAlchemyError:
            # its silence says the same half a minute later
            log.warning("worker %s could not take itself off the list", self.id, exc_info=True)

    def _beat(self) -> None:
        try:
            with self._database.writing() as session:
                presence.beat(session, self.id)
        except SQLAlchemyError:
            log.warning("worker %s could not reach the database", self.id, exc_info=True)

    def _lane(self) -> None:
        while not self._stopping.is_set():
            with self._first_in_line:
                due: list[WorkSource] = []
                while not self._stopping.is_set() and not (due := self._due()):
                    self._stopping.wait(self._poll_seconds)
            for source in due:
                if not self._stopping.is_set():
                    self._ask(source)

    def _due(self) -> list[WorkSource]:
        """Return the sources that may have work and do not rest."""
        asked = [source for source in self._sources if self._rests[source.name].is_over]
        if not asked or not self._absence.is_over:
            return []
        try:
            with self._database.reading() as session:
                now = clock_of(session)
                told = session.execute(select(*(source.is_due(now) for source in asked))).one()
        except SQLAlchemyError:
            log.warning("cannot look for work, next try in %.0f s", self._absence.lengthen(), exc_info=True)
            return []
        self._absence.forget()
        return [source for source, is_due in zip(asked, told, strict=True) if is_due]

    def _ask(self, source: WorkSource) -> None:
        rest = self._rests[source.name]
        # for what is left alone between two looks one thread at a time is enough
        rest.last(source.pause_seconds)
        try:
            found = source.work(self._stopping)
        except Exception:
            log.exception("%s failed, next try in %.0f s", source.name, rest.lengthen())
            return
        rest.forget()
        if not found:
            # at least until the next poll, so that what stays due does not make all threads ask in turn
            rest.last(max(source.pause_seconds, self._poll_seconds))


class _Rest:
    """How long something that failed, or had nothing to do, is left alone. Threads share it."""

    def __init__(self, longest_seconds: float) -> None:
        self._longest_seconds = longest_seconds
        self._seconds = 0.0
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def lengthen(self) -> float:
        self._seconds = min(max(self._seconds * 2, 1.0), self._longest_seconds)
        self._until = time.monotonic() + self._seconds
        return self._seconds

    def last(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def forget(self) -> None:
        self._seconds = self._until = 0.0
