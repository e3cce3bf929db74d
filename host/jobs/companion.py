"""A process beside this one, which does one piece of work after another and shares the memory of what was loaded.

Python lets one thread of a process compute at a time; a second process uses the second core. It is forked at the start,
because a process that has threads by then cannot be forked safely. Linux only; libraries of other systems do not bear
a fork.
"""

import logging
import os
import pickle
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from enum import Enum
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn

log = logging.getLogger(__name__)

Work = Callable[[Any], Generator[Any]]
"""Takes an order and yields the answers to it, one by one; both are pickled on their way."""

_AHEAD = 1
"""So many answers are sent before they are wanted; another one is made meanwhile."""
_LOOK_SECONDS = 0.1


class CompanionError(Exception):
    """The other process does not do the work, or does not go on with it; the text says why."""


class _Told(Enum):
    """What the two processes tell each other beside orders and answers."""

    MORE = "more"
    STOP = "stop"
    END = "end"
    FAILED = "failed"


class Companion:
    """A process that was forked from this one; it ends when this one does, however that goes."""

    def __init__(self, work: Work, begin: Callable[[], None] = lambda: None) -> None:
        """Fork it; in it, `begin` is called first, and `work` for each order."""
        self._connection, theirs = Pipe()
        self._in_use = threading.Lock()
        self._is_owing = False
        self.process_id = os.fork()
        if self.process_id == 0:
            self._connection.close()
            _live(theirs, work, begin)
        theirs.close()

    def ask(self, order: object, seconds: float, look: Callable[[], None] = lambda: None) -> Iterator[Any]:
        """Yield the answers to an order; whoever leaves before the last one ends the work.

        Args:
            order: What is to be done.
            seconds: How long an answer may take.
            look: Called again and again while one is waited for; what it raises ends the work.

        Raises:
            CompanionError: It works for somebody else, is gone, failed, or did not answer in time.
        """
        if not self._in_use.acquire(blocking=False):
            raise CompanionError("it works for somebody else")
        try:
            self._begin(order)
            while (answer := self._received(seconds, look)) is not _Told.END:
                if answer is _Told.FAILED:
                    raise CompanionError("it failed; its log says why")
                self._connection.send(_Told.MORE)
                yield answer
        except (OSError, EOFError) as error:
            raise CompanionError(f"it is gone: {error!r}") from error
        finally:
            self._leave()
            self._in_use.release()

    def close(self) -> None:
        """End it."""
        self._connection.close()

    def _begin(self, order: object) -> None:
        while self._is_owing and self._connection.poll():
            self._receive()
        if self._is_owing:
            raise CompanionError("it has not ended the work that was given up before")
        self._connection.send((order,))
        self._is_owing = True

    def _received(self, seconds: float, look: Callable[[], None]) -> Any:
        ends_at = time.monotonic() + seconds
        while not self._connection.poll(_LOOK_SECONDS):
            look()
            if time.monotonic() >= ends_at:
                raise CompanionError(f"it did not answer within {seconds:g} seconds")
        return self._receive()

    def _receive(self) -> Any:
        answer = pickle.loads(self._connection.recv_bytes())  # noqa: S301 -- our own process
        self._is_owing = answer is not _Told.END and answer is not _Told.FAILED
        return answer

    def _leave(self) -> None:
        if not self._is_owing:
            return
        try:
            self._connection.send(_Told.STOP)
        except OSError:
            log.debug("the companion is gone")


def companion(work: Work, begin: Callable[[], None] = lambda: None) -> Companion | None:
    """Return a companion of this process, or None where it cannot be forked safely."""
    if sys.platform != "linux":
        return None
    if threading.active_count() > 1:
        names = ", ".join(thread.name for thread in threading.enumerate())
        log.warning("all work is done in one process, because there are threads at its start already: %s", names)
        return None
    return Companion(work, begin)


def _live(connection: Connection, work: Work, begin: Callable[[], None]) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the one that was forked
        threading.Thread(target=_end_with, args=(connection.fileno(),), name="connection", daemon=True).start()
        begin()
        while True:
            told = connection.recv()
            if isinstance(told, tuple):  # what else comes here was told before the last answer arrived
                _answer(connection, work, *told)
    except EOFError:
        os._exit(0)
    except BaseException:
        log.exception("the companion failed")
        os._exit(1)


def _end_with(handle: int) -> None:
    """End this process when the other one is gone or has closed the connection, whatever is under way."""
    waiting = select.poll()
    waiting.register(handle, select.POLLRDHUP)
    waiting.poll()
    os._exit(0)


def _answer(connection: Connection, work: Work, order: object) -> None:
    wanted, ended = _AHEAD, _Told.END
    try:
        with closing(work(order)) as answers:
            for answer in answers:
                while wanted == 0 or connection.poll():
                    if connection.recv() is _Told.STOP:
                        return
                    wanted += 1
                _send(connection, answer)
                wanted -= 1
    except Exception:
        log.exception("a piece of work failed")
        ended = _Told.FAILED
    finally:
        _send(connection, ended)


def _send(connection: Connection, answer: object) -> None:
    pickled = pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
    try:
        connection.send_bytes(pickled)
    except OSError:
        os._exit(0)  # nobody is there any more
