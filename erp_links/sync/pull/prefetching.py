"""Fetching the next page, and getting it ready, while this one is written."""

import contextvars
import queue
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

_Item = TypeVar("_Item")

MOST_AHEAD = 3
"""Most items that were fetched before the present one and may still be in hand: one in use, one in the queue, and one
that waits for its place there."""


class _End:
    """Closes the queue; carries what the connector raised, if anything."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Prefetched(Generic[_Item]):
    """Iterates over what a thread of its own fetches, one ahead.

    Two threads that compute hinder each other, because Python lets one of them work at a time. So the next item is
    fetched when `go_on` says that the present one is about to be waited for, or when there is none to work on.

    The items' source is used on that thread only between the start and the end of the `with` block; leaving the block
    waits for the call that is under way, which ends by its own deadline.
    """

    def __init__(self, items: Iterator[_Item]) -> None:
        self._items = items
        self._queue: queue.Queue[_Item | _End] = queue.Queue(maxsize=1)
        self._leaving = threading.Event()
        self._go = threading.Event()
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
        self._go.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.05)

    def __iter__(self) -> Iterator[_Item]:
        while True:
            if self._queue.empty():
                self._go.set()
            got = self._queue.get()
            if isinstance(got, _End):
                if got.error is not None:
                    raise got.error
                return
            yield got

    def go_on(self) -> None:
        """Have the next item fetched now, while the caller waits for the database."""
        self._go.set()

    def _fetch(self) -> None:
        try:
            while self._may_fetch() and (item := next(self._items, None)) is not None:
                self._queue.put(item)
        except Exception as error:  # noqa: BLE001 -- raised again on the thread that reads the items
            self._queue.put(_End(error))
        else:
            self._queue.put(_End())

    def _may_fetch(self) -> bool:
        self._go.wait()
        self._go.clear()
        return not self._leaving.is_set()

    def _drain(self) -> None:
        try:
            while True:
                self._queue.get_nowait()
        except queue.Empty:
            return
