"""What a worker asks for work."""

import threading
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement


class WorkSource(Protocol):
    """Finds work in the database and does it. One object serves all threads of a worker.

    The database is the truth about what has to be done, so a source remembers nothing: a second worker, or the same
    one after a crash, finds the same work.
    """

    @property
    def name(self) -> str:
        """Name for the log."""

    @property
    def pause_seconds(self) -> float:
        """How long the source is left alone after it was asked in vain, for what `is_due` cannot see beforehand."""

    def is_due(self, now: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Return a condition that holds whenever there may be work.

        A worker that has nothing to do asks the conditions of all its sources in one statement per poll.

        Args:
            now: The present time by the clock that all workers share.
        """

    def work(self, stopping: threading.Event) -> bool:
        """Do one piece of work, if any waits that nobody else does.

        Args:
            stopping: Set when the worker shuts down; long work then ends at its next safe point.

        Returns:
            Whether there was something to do; the worker then asks again at once.
        """
