"""The worker's part: answers of connectors are asked for again in the background."""

import threading
from datetime import datetime

from sqlalchemy import ColumnElement, true

from host.database import Database
from sync_connectors.loading import Plugins
from sync_connectors.registered.declaring import refresh_outdated


class OutdatedDeclarations:
    """Work of a worker: connectors whose plugin was upgraded, or that have never answered, are asked again."""

    name = "outdated declarations"
    pause_seconds = 30.0

    def __init__(self, database: Database, plugins: Plugins) -> None:
        self._database = database
        self._plugins = plugins

    def is_due(self, _now: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Return that there may always be one: which plugins are installed the database does not know."""
        return true()

    def work(self, stopping: threading.Event) -> bool:
        """Ask those that are due; return whether there was one."""
        return bool(refresh_outdated(self._database, self._plugins))
