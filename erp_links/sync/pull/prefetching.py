"""Fetching the next page while this one is written."""

import contextvars
import queue
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from sync_connectors import Page


class _End:
    """Closes the queue; carries what the connector raised, if anything."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Prefetched:
    """Iterates over pages that a thread of its own fetches, one ahead.

    The session is used on that thread only between the start and the end of the `with` block; leaving the block
    waits for the call that is under way, which ends by its own deadline.
    """

    def __init__(self, pages: Iterator[Page]) -> None:
        self._pages = pages
        self._queue: queue.Queue[Page | _End] = queue.Queue(maxsize=1)
        self._leaving = threading.Event()
        # log and redaction contexts of the run hold on this thread too
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._fetch,), name="prefetch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leaving.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.05)

    def __iter__(self) -> Iterator[Page]:
        while True:
            got = self._queue.get()
            if isinstance(got, _End):
                if got.error is not None:
                    raise got.error
                return
            yield got

    def _fetch(self) -> None:
        try:
            for page in self._pages:
                if self._leaving.is_set():
                    break
                self._queue.put(page)
        except Exception as error:  # noqa: BLE001 -- raised again on the thread that reads the pages
            self._queue.put(_End(error))
        else:
            self._queue.put(_End())

    def _drain(self) -> None:
        try:
            while True:
                self._queue.get_nowait()
        except queue.Empty:
            return
