"""The worker's part: answers of connectors are asked for again in the background."""

import threading
from datetime import datetime

from sqlalchemy import ColumnElement, true

from host.database import Database
from sync_connectors.connectors import Connectors
from sync_connectors.guarding import CallPool, HaltedError, given_up_after
from sync_connectors.registered.declaring import refresh_next

_LONGEST_SECONDS = 600.0


class OutdatedDeclarations:
    """Work of a worker: connectors that were upgraded, have never answered, or not for a while, are asked again."""

    name = "outdated declarations"
    pause_seconds = 30.0

    def __init__(self, database: Database, connectors: Connectors) -> None:
        self._database = database
        self._connectors = connectors
        self._threads = CallPool("outdated declarations")

    def is_due(self, _now: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Return that there may always be one: which plugins are installed the database does not know."""
        return true()

    def work(self, stopping: threading.Event) -> bool:
        """Ask one that is due; return whether there was one.

        It is asked on a thread that the end of the process does not wait for.
        """
        worker = self._threads.take()
        try:
            with given_up_after(stopping):
                asked = worker.call(lambda: refresh_next(self._database, self._connectors), _LONGEST_SECONDS)
        except HaltedError:
            return False
        finally:
            self._threads.give_back(worker)
        return asked is not None
