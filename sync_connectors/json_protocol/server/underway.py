"""The calls that are under way, and the word that no more may begin."""

from collections.abc import Iterable
from threading import Condition
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class StoppingError(Exception):
    """The server is being stopped and takes no more calls."""


class CallsUnderWay:
    """Counts the calls of an application from their start to the last byte of their answer.

    Attributes:
        stopping: New calls are refused, and streams end after the page that they are at.
    """

    def __init__(self) -> None:
        self.stopping = False
        self._count = 0
        self._changed = Condition()

    def around(self, wsgi: "WSGIApplication") -> "WSGIApplication":
        """Return the application with its calls counted."""

        def counted(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            self._change(1)
            try:
                answer = wsgi(environ, start_response)
            except BaseException:
                self._change(-1)
                raise
            return ClosingIterator(answer, [lambda: self._change(-1)])

        return counted

    def end(self, seconds: float) -> bool:
        """Let no more calls begin, wait until those under way have ended, and return whether they did in time."""
        self.stopping = True
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)

    def _change(self, difference: int) -> None:
        with self._changed:
            self._count += difference
            self._changed.notify_all()
