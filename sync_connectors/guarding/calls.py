"""Calls with a deadline, on threads that never hold up the end of the process.

Python cannot stop a thread. A call that is late is therefore left alone: its thread is given up, ends when the call
does, and counts meanwhile against the connector's share of threads. The threads are daemons, which the pools of the
standard library are not: those wait for their threads when the interpreter ends.
"""

import contextvars
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from sync_connectors.contract.errors import UnavailableError
from sync_connectors.guarding.halting import HaltedError, present_halt

_Result = TypeVar("_Result")
_STOP = object()
_LOOK_SECONDS = 0.25
"""How often a call that is waited for looks whether the process stops."""


class _Call:
    """One call on its way: whoever is first, its end or its deadline, decides what becomes of it."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._given_up = False
        self.ended = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> bool:
        """Run it; return whether somebody still waits for the result."""
        try:
            self.result = self._context.run(self._function)
        except BaseException as error:  # noqa: BLE001 - whatever a plugin raises goes to the waiting thread
            self.error = error
        with self._lock:
            self.ended.set()
            return not self._given_up

    def give_up(self) -> bool:
        """Stop waiting; return False when it has ended in the meantime."""
        with self._lock:
            self._given_up = not self.ended.is_set()
            return self._given_up


class CallWorker:
    """One thread that runs calls one after the other.

    Attributes:
        lost: A call was late; the worker takes no more.
        when_late: Called on the worker's thread when a late call has ended after all.
    """

    def __init__(self, owner: str, released: Callable[[], None]) -> None:
        self.lost = False
        self.when_late: Callable[[], None] | None = None
        self._owner = owner
        self._released = released
        self._calls: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=self._work, name=f"connector {owner}", daemon=True).start()

    def call(self, function: Callable[[], _Result], seconds: float, *, writes: bool = False) -> _Result:
        """Run a function within its deadline, in a copy of the caller's context.

        Args:
            function: What is to be run.
            seconds: The deadline.
            writes: Whether it is waited for also while the process stops.

        Raises:
            UnavailableError: It did not end in time, or an earlier call did not.
            HaltedError: The process stops, and it only reads.
            BaseException: Whatever the function raised.
        """
        if self.lost:
            raise UnavailableError(f"an earlier call of {self._owner} has not ended yet, begin anew")
        call = _Call(function)
        self._calls.put(call)
        in_time = _waited_for(call.ended, seconds, halts=not writes)
        if in_time is not True and call.give_up():
            self.lost = True
            if in_time is None:
                raise HaltedError(self._owner)
            raise UnavailableError(
                f"{self._owner} did not answer within {seconds:g} seconds",
                instruction="try again later; if it happens again, ask whoever runs the ERP",
            )
        if call.error is not None:
            raise call.error
        result: _Result = call.result
        return result

    def stop(self) -> None:
        """End the thread when its present call has ended."""
        self._calls.put(_STOP)

    def _work(self) -> None:
        try:
            while (call := self._calls.get()) is not _STOP:
                if not call.run():
                    if self.when_late is not None:
                        self.when_late()
                    return
                del call  # an idle thread must not keep the last answer alive
        finally:
            self._released()


def _waited_for(ended: threading.Event, seconds: float, *, halts: bool) -> bool | None:
    """Return whether something ended within its seconds; None when the process stops before."""
    halt = present_halt() if halts else None
    if halt is None:
        return ended.wait(max(0.0, seconds))
    ends_at = time.monotonic() + seconds
    while not ended.wait(min(_LOOK_SECONDS, max(0.0, ends_at - time.monotonic()))):
        if halt.is_over:
            return None
        if time.monotonic() >= ends_at:
            return False
    return True


class CallPool:
    """The threads of one connector, so that one that hangs takes none from the others.

    Args:
        owner: How messages name the connector.
        maximum: Most threads at one time, those of calls that hang included.
    """

    def __init__(self, owner: str, maximum: int = 32) -> None:
        self.owner = owner
        self._maximum = maximum
        self._alive = 0
        self._idle: list[CallWorker] = []
        self._closed = False
        self._lock = threading.Lock()

    def take(self) -> CallWorker:
        """Return a worker for the caller alone; give it back with `give_back`.

        Raises:
            UnavailableError: All threads are in use.
        """
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._alive >= self._maximum:
                raise UnavailableError(
                    f"{self._maximum} calls of {self.owner} are under way and none ends",
                    instruction="try again later; if it stays so, restart Tieline and mend the connector",
                )
            self._alive += 1
        return CallWorker(self.owner, self._release)

    def give_back(self, worker: CallWorker) -> None:
        """Take a worker back; one that is lost goes on its own when its call ends."""
        if worker.lost:
            return
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.stop()

    def close(self) -> None:
        """End the threads that are idle, and each other one when it is given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.stop()

    def _release(self) -> None:
        with self._lock:
            self._alive -= 1
