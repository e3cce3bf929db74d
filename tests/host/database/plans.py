"""What a database does for a statement, and which indexes it has for that."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from host.database import Database, is_on_postgresql


def plans_of(session: Session, action: Callable[[], object]) -> str:
    """Return the plans of the statements that an action executes; on PostgreSQL those of their execution."""
    told: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        told.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        action()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    word = "EXPLAIN (ANALYZE)" if is_on_postgresql(session) else "EXPLAIN QUERY PLAN"
    connection = session.connection()
    plans = [connection.exec_driver_sql(f"{word} {statement}", parameters) for statement, parameters in told]
    return "\n".join(str(row[-1]) for plan in plans for row in plan)


def index_names(database: Database) -> set[str]:
    """Return the names of the indexes of companies; on SQLite those of all tables."""
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'index'"
        if database.is_sqlite
        else "SELECT indexname FROM pg_indexes WHERE tablename = 'company'"
    )
    with database.reading() as session:
        return set(session.scalars(text(names)))


def index_definitions(database: Database, table: str) -> dict[str, str]:
    """Return the statements that make the indexes of a table, by name; those of its constraints are left out."""
    statement = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = :table"
        if database.is_sqlite
        else "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table AND indexname LIKE 'ix_%'"
    )
    with database.reading() as session:
        return {row[0]: row[1] for row in session.execute(text(statement), {"table": table})}
