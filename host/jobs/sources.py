"""What a worker asks for work."""

import threading
from typing import Protocol


class WorkSource(Protocol):
    """Finds work in the database and does it. One object serves all threads of a worker.

    The database is the truth about what has to be done, so a source remembers nothing: a second worker, or the same
    one after a crash, finds the same work.
    """

    @property
    def name(self) -> str:
        """Name for the log."""

    def work(self, stopping: threading.Event) -> bool:
        """Do one piece of work, if any waits that nobody else does.

        Args:
            stopping: Set when the worker shuts down; long work then ends at its next safe point.

        Returns:
            Whether there was something to do; the worker then asks again at once.
        """
