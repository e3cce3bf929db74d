"""The work source that removes traces which are kept no longer."""

import threading
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, select

from erp_links.tracing.models import LinkTrace
from host.database import Database
from host.jobs.clock import clock_of


class OldTraces:
    """Removes one trace after the other, with its calls: a large one is a transaction of some size."""

    name = "old traces"
    pause_seconds = 60.0

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_due(self, now: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Return whether any trace has been kept as long as it should be."""
        return exists(select(LinkTrace.id).where(LinkTrace.kept_until <= now))

    def work(self, _stopping: threading.Event) -> bool:
        """Remove the oldest of them."""
        with self._database.writing() as session:
            oldest = select(LinkTrace.id).where(LinkTrace.kept_until <= clock_of(session))
            trace_id = session.scalar(oldest.order_by(LinkTrace.kept_until).limit(1))
            if trace_id is None:
                return False
            # the calls go with it by the database's own rule
            session.execute(delete(LinkTrace).where(LinkTrace.id == trace_id))
        return True
