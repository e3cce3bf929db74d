"""The worker process: asks its sources for work until it is told to stop."""

import logging
import signal
import threading
import time
from collections.abc import Sequence
from types import FrameType
from uuid import uuid4

from sqlalchemy.exc import SQLAlchemyError

from host.database import Database
from host.jobs import presence
from host.jobs.sources import WorkSource

log = logging.getLogger(__name__)

_LONGEST_REST_SECONDS = 60.0


class Worker:
    """Runs work sources on a few threads, so that one slow ERP does not hold up the other links.

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
        self._resting = threading.Lock()

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
        with self._database.writing() as session:
            presence.disappear(session, self.id)
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

    def _beat(self) -> None:
        try:
            with self._database.writing() as session:
                presence.beat(session, self.id)
        except SQLAlchemyError:
            log.warning("worker %s could not reach the database", self.id, exc_info=True)

    def _lane(self) -> None:
        resting = {source.name: _Rest() for source in self._sources}
        while not self._stopping.is_set():
            busy = False
            for source in self._sources:
                if self._stopping.is_set():
                    return
                rest = resting[source.name]
                if not rest.is_over:
                    continue
                try:
                    busy = source.work(self._stopping) or busy
                except Exception:
                    log.exception("%s failed, next try in %.0f s", source.name, rest.lengthen())
                else:
                    rest.forget()
            if not busy:
                # idle threads rest one after the other, so that together they look once per interval, not each
                with self._resting:
                    self._stopping.wait(self._poll_seconds)


class _Rest:
    """How long a source that failed is left alone."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def lengthen(self) -> float:
        self._seconds = min(max(self._seconds * 2, 1.0), _LONGEST_REST_SECONDS)
        self._until = time.monotonic() + self._seconds
        return self._seconds

    def forget(self) -> None:
        self._seconds = 0.0
