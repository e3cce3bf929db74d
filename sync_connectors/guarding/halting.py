"""Giving up on what is only read when the process stops, so that a connector that hangs does not hold it up."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

GRACE_SECONDS = 5.0
"""How long an answer is still waited for once the process stops: what is in hand is finished where the ERP lives."""


class HaltedError(Exception):
    """The process stops before an answer was there; no fault of the connector, and so none of its errors."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"Tieline stops and waits no longer for {owner}")


class Halt:
    """Tells when to give up.

    Args:
        stopping: Set when the process begins to stop.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._ends_at: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the process stops, and the time for what was in hand is over."""
        if not self._stopping.is_set():
            return False
        if self._ends_at is None:
            self._ends_at = time.monotonic() + GRACE_SECONDS
        return time.monotonic() >= self._ends_at


@contextmanager
def given_up_after(stopping: threading.Event) -> Iterator[None]:
    """Give up on the calls inside the block that only read, some seconds after `stopping` is set.

    A write is waited for: whether it was done would otherwise be for the next run to find out.
    """
    token = _present.set(Halt(stopping))
    try:
        yield
    finally:
        _present.reset(token)


def present_halt() -> Halt | None:
    """Return what ends the calls that are made now, if anything does."""
    return _present.get()


_present: ContextVar[Halt | None] = ContextVar("connector_halt", default=None)
