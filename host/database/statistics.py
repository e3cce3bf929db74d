"""What the database knows of its tables when it plans a statement."""

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from host.database.membership import is_on_postgresql


def refresh_sizes(session: Session, *tables: Table) -> None:
    """Have PostgreSQL look at how many rows tables have that were just filled, which takes a part of a second.

    It would else believe for a minute that the index of the ids is empty, and read all of it for each page.
    """
    if is_on_postgresql(session):
        for table in tables:
            session.connection().execute(text(f'ANALYZE "{table.name}" (id)'))


def refresh_statistics(session: Session, *tables: Table) -> None:
    """Have PostgreSQL look at tables that may have grown a lot in the last minute; SQLite plans without statistics.

    A statement that joins whole tables right after an import would else be planned for empty ones, and take time in
    proportion to the square of the records.
    """
    if is_on_postgresql(session):
        for table in tables:
            session.connection().execute(text(f'ANALYZE "{table.name}"'))
