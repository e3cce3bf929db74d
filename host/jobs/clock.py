"""One clock for all processes that share a database."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from host.database import UtcDateTime


def read_clock(session: Session) -> datetime:
    """Return the present time in UTC, by the clock that all holders of leases agree on.

    Machines that share a PostgreSQL may disagree about the time, so its server's clock counts. A SQLite file is on
    one machine.
    """
    if session.get_bind().dialect.name == "postgresql":
        # now() would be the start of the transaction, which may have waited for a lock since
        told: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return told.astimezone(UTC)
    return datetime.now(UTC)


def clock_of(session: Session) -> ColumnElement[datetime]:
    """Return the same time for use in a statement, which saves one of its own."""
    if session.get_bind().dialect.name == "postgresql":
        return func.clock_timestamp()
    return literal(datetime.now(UTC), UtcDateTime)
