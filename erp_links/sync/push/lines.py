"""The lines to an ERP: as many calls at one time as its connector allows, each on a session of its own."""

import contextvars
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from erp_links.sync.push.covering import Covering
from host.errors import TielineError
from sync_connectors import ConnectorError, LinkSession

log = logging.getLogger(__name__)

Call = Callable[[LinkSession], Any]


class Lines:
    """Makes calls of a connector on other threads.

    A session takes one call at a time. The first line is the session that the run has anyway; the others are opened
    when they are needed, and closed at the end of the `with` block.
    """

    def __init__(
        self,
        first: LinkSession,
        open_session: Callable[[], AbstractContextManager[LinkSession]],
        most: int,
        covering: Covering,
    ) -> None:
        """Take the run's session, how to open another one, and how many calls there may be at one time."""
        self._open_session = open_session
        self.most = max(most, 1)
        self._covering = covering
        self._free: SimpleQueue[LinkSession] = SimpleQueue()
        self._free.put(first)
        self._opened = 1
        self._under_way = 0
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._pool = ThreadPoolExecutor(max_workers=self.most, thread_name_prefix="erp")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # each call ends by its own deadline
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._stack.close()

    def submit(self, call: Call, *, writes: bool) -> Future[Any]:
        """Make a call as soon as a line is free; one that changes something in the ERP only while the lease lasts."""
        with self._lock:
            self._under_way += 1
            wanted = self._under_way
        if wanted > self._opened and self._opened < self.most:
            self._open_another()
        # log and redaction contexts of the run hold on the other thread too
        future = self._pool.submit(contextvars.copy_context().run, self._make, call, writes)
        future.add_done_callback(self._done)
        return future

    def _open_another(self) -> None:
        try:
            self._free.put(self._stack.enter_context(self._open_session()))
        except (ConnectorError, TielineError) as error:
            log.info("there are no more than %d lines to the ERP: %s", self._opened, error)
            self.most = self._opened
        else:
            self._opened += 1

    def _make(self, call: Call, writes: bool) -> Any:
        session = self._free.get()
        try:
            if writes:
                self._covering.ensure()
            return call(session)
        finally:
            self._free.put(session)

    def _done(self, _future: Future[Any]) -> None:
        with self._lock:
            self._under_way -= 1
