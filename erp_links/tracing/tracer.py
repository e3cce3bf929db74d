"""What a process does for the traces of all links: it knows which are on, and writes calls beside the work."""

import atexit
import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from erp_links.tracing.bounds import MOST_BYTES_WAITING, MOST_WAITING
from erp_links.tracing.models import LinkTrace
from erp_links.tracing.storing import CallLine, store
from host.database import Database, is_trouble

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How long a process may not know that a trace was switched on or off elsewhere."""

WRITE_SECONDS = 1.0
"""How long a call waits to be written together with others; as much is lost when a process dies."""

WRITTEN_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class PresentTrace:
    """A trace that was on at the last look."""

    id: int
    until: datetime


class Tracer:
    """The traces of one process. Its methods may be called from any thread and raise nothing.

    Which traces are on is looked up when a call ends and the last look was some seconds ago: one small statement for
    all links together. Calls are written by a thread of their own, which lives only while there are some: a database
    that is locked or full holds up no call, and loses calls of the trace at most.
    """

    def __init__(self, database: Database) -> None:
        """Take the database; nothing is asked before the first call."""
        self._database = database
        self._on: Mapping[int, PresentTrace] = {}
        self._knows_nothing = True
        self._look_again_at = 0.0
        self._looking = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: list[CallLine] = []
        self._bytes_waiting = 0
        self._lost: Counter[int] = Counter()
        self._writer: threading.Thread | None = None
        self._is_enough = threading.Event()
        self._writing = threading.Lock()
        self._writes_at_exit = False

    def present(self, link_id: int) -> PresentTrace | None:
        """Return the trace of a link if it is on."""
        # who comes while another thread looks goes by what is known, once something is
        if time.monotonic() >= self._look_again_at and self._looking.acquire(blocking=self._knows_nothing):
            try:
                if time.monotonic() >= self._look_again_at:
                    self._look()
            finally:
                self._looking.release()
        trace = self._on.get(link_id)
        return trace if trace is not None and trace.until > datetime.now(UTC) else None

    def look(self) -> None:
        """Look which traces are on, because one was switched on or off here."""
        with self._looking:
            self._look()

    def keep(self, call: CallLine) -> None:
        """Have a call written soon; while the database takes nothing, only so many wait."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING or self._bytes_waiting + call.size > MOST_BYTES_WAITING:
                self._lost[call.trace_id] += 1
                return
            self._waiting.append(call)
            self._bytes_waiting += call.size
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_while_any, name="trace", daemon=True)
                self._writer.start()
            if not self._writes_at_exit:
                atexit.register(self.write)
                self._writes_at_exit = True
        if len(self._waiting) >= WRITTEN_AT_ONCE:
            self._is_enough.set()

    def write(self) -> None:
        """Write the calls that wait; returns when they, and those that are being written, are stored or lost."""
        with self._writing:
            with self._lock:
                calls, self._waiting, self._bytes_waiting = self._waiting, [], 0
                lost, self._lost = self._lost, Counter()
            of_traces: dict[int, list[CallLine]] = defaultdict(list)
            for call in calls:
                of_traces[call.trace_id].append(call)
            for trace_id in of_traces.keys() | lost.keys():
                self._store(trace_id, of_traces[trace_id], lost[trace_id])

    def _write_while_any(self) -> None:
        while True:
            self._is_enough.wait(WRITE_SECONDS)
            self._is_enough.clear()
            self.write()
            with self._lock:
                if not self._waiting:
                    self._writer = None
                    return

    def _store(self, trace_id: int, calls: list[CallLine], lost: int) -> None:
        try:
            with self._database.writing() as session:
                store(session, trace_id, calls, lost)
        except Exception as error:  # noqa: BLE001 - whatever it is, the work that is traced goes on
            # the whole error would show the rows
            reason = error.orig if isinstance(error, DBAPIError) and is_trouble(error) else type(error).__name__
            log.warning("%d calls of trace %d could not be written: %s", len(calls), trace_id, reason)
            with self._lock:
                self._lost[trace_id] += len(calls) + lost

    def _look(self) -> None:
        # set before, so that a look that fails is not made anew with each call
        self._look_again_at = time.monotonic() + LOOK_SECONDS
        statement = select(LinkTrace.link_id, LinkTrace.id, LinkTrace.until).where(
            LinkTrace.ended_at.is_(None), LinkTrace.until > datetime.now(UTC)
        )
        try:
            with self._database.reading() as session:
                rows = session.execute(statement).all()
        except SQLAlchemyError:
            log.warning("cannot look which traces are on", exc_info=True)
            return
        finally:
            self._knows_nothing = False
        self._on = {link_id: PresentTrace(trace_id, until) for link_id, trace_id, until in rows}
