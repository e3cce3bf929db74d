"""The statements that write outbox entries: one each, however many entries they write, on both databases."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, case, cast, func, literal, or_, select, text, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from host.crm.models import OutboxEntry
from host.crm.tables import table_of
from host.database import JsonValue, UtcDateTime

_COLUMNS = ("subscriber", "entity_type", "entity_id", "version", "fields", "queued_at")
_WHOLE = "{}"
"""The `fields` of an entry that means the whole record, as both databases show it as text."""


def queue_rows(
    session: Session, entity_type: str, rows: Sequence[tuple[str, int, int, Mapping[str, bool]]], at: datetime
) -> None:
    """Write entries, given as subscriber, entity id, version and fields in the order of the entity ids."""
    given = _JsonRows(session, rows)
    entries = select(
        given.text(0),
        literal(entity_type),
        given.integer(1),
        given.integer(2),
        given.json(3),
        literal(at, UtcDateTime),
    )
    # without a WHERE, SQLite takes the ON of ON CONFLICT for that of a join
    _upsert(session, entries.select_from(given.source).where(true()))


def queue_where(
    session: Session, subscriber: str, entity_type: str, condition: ColumnElement[bool], at: datetime
) -> None:
    """Write entries that mean the whole record, for the records that meet a condition."""
    table = table_of(entity_type)
    entries = select(
        literal(subscriber),
        literal(entity_type),
        table.c.id,
        table.c.version,
        literal({}, JsonValue),
        literal(at, UtcDateTime),
    )
    _upsert(session, entries.where(condition).order_by(table.c.id))


def wait_for_writers(session: Session, entity_type: str) -> None:
    """Return when every transaction that had written records of the entity has ended; SQLite has no second writer."""
    if not _is_postgres(session):
        return
    # the lock conflicts with that of a writer; given back at once, it holds up nobody who comes later
    with session.begin_nested() as savepoint:
        session.execute(text(f'LOCK TABLE "{table_of(entity_type).name}" IN SHARE MODE'))
        savepoint.rollback()


def _upsert(session: Session, entries: Select[Any]) -> None:
    """Write entries; one that is there keeps the newer version, the older time, and gets the union of the fields."""
    is_postgres = _is_postgres(session)
    statement = (postgresql if is_postgres else sqlite).insert(OutboxEntry).from_select(_COLUMNS, entries)
    new = statement.excluded
    newer = func.greatest if is_postgres else func.max
    union = OutboxEntry.fields.op("||")(new.fields) if is_postgres else func.json_patch(OutboxEntry.fields, new.fields)
    is_whole = or_(cast(OutboxEntry.fields, String) == _WHOLE, cast(new.fields, String) == _WHOLE)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["subscriber", "entity_type", "entity_id"],
            set_={
                "version": newer(OutboxEntry.version, new.version),
                "fields": case((is_whole, literal({}, JsonValue)), else_=union),
            },
        )
    )


class _JsonRows:
    """Rows that reach a statement as one JSON parameter, so that its text does not hang on their number.

    Attributes:
        source: What to select from.
    """

    def __init__(self, session: Session, rows: Iterable[Sequence[Any]]) -> None:
        self._is_postgres = _is_postgres(session)
        parameter = literal(json.dumps(list(rows)), String)
        expanded = (
            func.jsonb_array_elements(cast(parameter, postgresql.JSONB))
            if self._is_postgres
            else func.json_each(parameter)
        )
        self.source = expanded.table_valued("value")

    def text(self, position: int) -> ColumnElement[str]:
        """Return the element of a row that is a text."""
        if self._is_postgres:
            return self.source.c.value.op("->>")(position)
        return func.json_extract(self.source.c.value, f"$[{position}]")

    def integer(self, position: int) -> ColumnElement[int]:
        """Return the element of a row that is a number."""
        return cast(self.text(position), Integer)

    def json(self, position: int) -> ColumnElement[Any]:
        """Return the element of a row that is an object."""
        return self.source.c.value.op("->")(position) if self._is_postgres else self.text(position)


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
