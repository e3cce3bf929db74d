"""The deadline of a call as a whole."""

import contextlib
import heapq
import itertools
import socket
import threading
import time
from contextvars import ContextVar, Token
from typing import Self

from host.outbound.errors import CallDeadlineError


class CallDeadline:
    """Ends a call after some seconds, however slowly the other side drips.

    The time-outs of sockets count from byte to byte, so a server that sends one byte now and then would keep a call
    for ever; at the deadline the sockets in use are shut down under whoever reads from them.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ends_at = time.monotonic() + seconds
        self.is_over = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        _watch.add(self)
        self._token: Token[CallDeadline | None] = _present.set(self)
        return self

    def __exit__(self, *_error: object) -> None:
        _present.reset(self._token)
        # from here on the sockets are those of another call
        with self._lock:
            self.is_over = True
            self._sockets.clear()

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """What is watched; a later deadline watches the same where an answer is read on."""
        with self._lock:
            return tuple(self._sockets)

    @property
    def remaining(self) -> float:
        """Seconds left, 0 when the call is over."""
        return max(0.0, self.ends_at - time.monotonic())

    def check(self) -> None:
        """Do nothing in time.

        Raises:
            CallDeadlineError: The deadline is over.
        """
        if not self.remaining:
            raise CallDeadlineError(f"no complete answer within {self.seconds:.3g} s")

    def watch(self, used: socket.socket) -> None:
        """Shut this socket down at the deadline."""
        self._sockets.append(used)

    def cut(self) -> None:
        """Shut down the sockets of a call that has not ended."""
        with self._lock:
            for used in self._sockets:
                with contextlib.suppress(OSError):  # it may be closed already
                    used.shutdown(socket.SHUT_RDWR)


class _Watch:
    """Cuts calls at their deadlines, on one thread for all: to start one for each was a sixth of the work of a call."""

    def __init__(self) -> None:
        self._ends: list[tuple[float, int, CallDeadline]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, deadline: CallDeadline) -> None:
        """Cut a call at its deadline unless it is over by then."""
        with self._changed:
            while self._ends and self._ends[0][2].is_over:
                heapq.heappop(self._ends)
            heapq.heappush(self._ends, (deadline.ends_at, next(self._number), deadline))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._cut_all, name="deadlines", daemon=True)
                self._thread.start()
            elif self._ends[0][2] is deadline:
                self._changed.notify()

    def _cut_all(self) -> None:
        while True:
            with self._changed:
                while not self._ends:
                    self._changed.wait()
                ends_at, _number, deadline = self._ends[0]
                left = ends_at - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                heapq.heappop(self._ends)
            deadline.cut()


_watch = _Watch()

_present: ContextVar[CallDeadline | None] = ContextVar("outbound_deadline", default=None)


def present_deadline() -> CallDeadline | None:
    """Return the deadline of the call that runs now."""
    return _present.get()
