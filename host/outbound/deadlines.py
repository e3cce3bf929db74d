"""The deadline of a call as a whole."""

import contextlib
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
        self._ends_at = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(max(seconds, 0.0), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        self._token: Token[CallDeadline | None] = _present.set(self)
        return self

    def __exit__(self, *_error: object) -> None:
        _present.reset(self._token)
        self._timer.cancel()

    @property
    def remaining(self) -> float:
        """Seconds left, 0 when the call is over."""
        return max(0.0, self._ends_at - time.monotonic())

    def check(self) -> None:
        """Do nothing in time.

        Raises:
            CallDeadlineError: The deadline is over.
        """
        if not self.remaining:
            raise CallDeadlineError(f"no complete answer within {self.seconds:g} s")

    def watch(self, used: socket.socket) -> None:
        """Shut this socket down at the deadline."""
        self._sockets.append(used)

    def _cut(self) -> None:
        for used in self._sockets:
            with contextlib.suppress(OSError):  # it may be closed already
                used.shutdown(socket.SHUT_RDWR)


_present: ContextVar[CallDeadline | None] = ContextVar("outbound_deadline", default=None)


def present_deadline() -> CallDeadline | None:
    """Return the deadline of the call that runs now."""
    return _present.get()
