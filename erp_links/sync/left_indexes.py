"""The work source that makes indexes again which a run dropped and did not live to make again itself."""

import threading
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select

from erp_links.sync.models import Run, RunStatus
from host.crm.lifting import restore_index
from host.crm.models import LiftedIndex
from host.database import Database


class LeftIndexes:
    """Makes one index after the other: writers of the entity wait meanwhile."""

    name = "left indexes"
    pause_seconds = 0.0

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_due(self, _now: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Return whether the run that dropped any index has ended, or is gone."""
        return exists(select(LiftedIndex.name).where(_is_left()))

    def work(self, _stopping: threading.Event) -> bool:
        """Make one of them."""
        with self._database.reading() as session:
            name = session.scalar(select(LiftedIndex.name).where(_is_left()).order_by(LiftedIndex.name).limit(1))
        if name is None:
            return False
        with self._database.writing() as session:
            restore_index(session, name)
        return True


def _is_left() -> ColumnElement[bool]:
    unfinished = select(Run.id).where(Run.id == LiftedIndex.holder, Run.status != RunStatus.FINISHED.value)
    return ~unfinished.exists()
