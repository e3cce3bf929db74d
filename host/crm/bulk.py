"""Reading and writing many records at once: the number of statements per call does not hang on that of the records.

The sync engine, the import and the API's bulk calls stand on this module. It checks nothing: values are those that
`host.crm.values` has accepted, and all calls run inside the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from host.crm import outbox
from host.crm.fields import CUSTOM_PREFIX, CrmField
from host.crm.matching import find_by
from host.crm.record import Record, RecordReading, RowWriting
from host.crm.registry import entity_type_of, fields_of
from host.crm.rows import changed_rows, complete, insert_rows, read_rows, replace_rows, without_rows
from host.crm.tables import table_of
from host.crm.values import CrmValue
from host.database import Same, Values, among, insert_columns, update_rows

__all__ = ["find_by", "insert_by_column", "insert_many", "read_many", "update_many"]


def read_many(
    session: Session,
    entity_type: str,
    ids: Collection[int],
    fields: Collection[str] | None = None,
    lock: bool = False,
) -> dict[int, Record]:
    """Return the records with these ids that exist, by id, in id order.

    Args:
        session: A session; with `lock` one that writes.
        entity_type: Key of the entity.
        ids: Ids of the records.
        fields: Keys of the fields to read; None reads all.
        lock: Keep others from changing the records until the transaction ends. Rows are locked in id order, so that
            two callers never wait for each other.
    """
    reading = RecordReading(entity_type, _fields(session, entity_type, fields))
    table = table_of(entity_type)
    statement = select(*reading.columns).where(among(session, table.c.id, set(ids))).order_by(table.c.id)
    if lock:
        statement = statement.with_for_update()
    found: dict[int, Record] = {row[0]: reading.record(row) for row in session.connection().execute(statement)}
    if reading.rows_fields:
        read_rows(session, entity_type, reading.rows_fields, found.values())
    return found


def insert_many(
    session: Session,
    entity_type: str,
    rows: Sequence[Mapping[str, CrmValue]],
    origin: str,
    at: datetime,
) -> list[int]:
    """Create records and return their ids in the order of `rows`.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        rows: Per record its values by field key; absent means no value, or no rows.
        origin: Who makes them, such as `link:3`.
        at: When.

    Raises:
        KeyError: a key is no field of the entity.
    """
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = {key: [row.get(key) for row in rows] for key in keys}
    return insert_by_column(session, entity_type, len(rows), columns, origin, at)


def insert_by_column(
    session: Session,
    entity_type: str,
    count: int,
    values: Mapping[str, Sequence[CrmValue]],
    origin: str,
    at: datetime,
    folded: Mapping[str, Sequence[str | None]] | None = None,
) -> list[int]:
    """Create records whose values are given field by field, and return their ids in order.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        count: How many.
        values: By field key those of all records; None means no value, or no rows.
        origin: Who makes them, such as `link:3`.
        at: When.
        folded: By field key the folded forms of texts, where they were made already.

    Raises:
        KeyError: a key is no field of the entity.
    """
    if not count:
        return []
    table = table_of(entity_type)
    ids = _new_ids(session, table, count)
    columns: dict[str, Values] = {
        "id": ids,
        **RowWriting(entity_type).columns(values, folded or {}),
        "version": Same(1),
        "created_at": Same(at),
        "created_by": Same(origin),
        "updated_at": Same(at),
        "updated_by": Same(origin),
    }
    insert_columns(session.connection(), table, count, columns)
    rows_fields = entity_type_of(entity_type).rows_fields
    if rows_fields:
        insert_rows(session, entity_type, rows_fields, ids, values)
    outbox.note_created(session, entity_type, ids, values, origin, at)
    return ids


def update_many(
    session: Session,
    entity_type: str,
    updates: Sequence[tuple[int, Mapping[str, CrmValue]]],
    origin: str,
    at: datetime,
    locked: Mapping[int, Record] | None = None,
) -> None:
    """Change records: the version rises, and each field that takes another value gets a stamp.

    A field whose value is the present one is left alone, and so is a record without any other. Records that do not
    exist are passed over: somebody deleted them meanwhile. Rows are given as a whole: those that are absent go; a
    column that is absent from a row stays.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        updates: Pairs of id and the new values by field key; other fields stay.
        origin: Who changes them, such as `link:3`.
        at: When.
        locked: Records that this transaction has locked and read already, with the fields that are updated; others do
            not exist. None reads them.

    Raises:
        KeyError: a key is no field of the entity.
    """
    wanted: dict[int, dict[str, CrmValue]] = {}
    for record_id, given in updates:
        wanted.setdefault(record_id, {}).update(given)
    keys = {key for given in wanted.values() for key in given}
    if not keys:
        return
    stamp_time = at.astimezone(UTC).isoformat()
    if locked is None:
        present = read_many(session, entity_type, wanted, keys, lock=True)
    else:
        present = {record_id: locked[record_id] for record_id in wanted if record_id in locked}
    rows_fields = [field for field in entity_type_of(entity_type).rows_fields if field.key in keys]
    for field in rows_fields:
        complete(field, wanted, present)
    changes, noted = [], []
    for record_id, record in present.items():
        changed = {key: value for key, value in wanted[record_id].items() if record.values[key] != value}
        if changed:
            stamps = dict.fromkeys([*changed, *changed_rows(record, changed)], (record.version + 1, stamp_time, origin))
            values = {key: changed.get(key, record.values[key]) for key in keys}
            changes.append((record, values, {**record.field_meta, **stamps}))
            noted.append((record_id, record.version + 1, changed.keys()))
    if not changes:
        return
    if rows_fields:
        replace_rows(session, entity_type, rows_fields, [(record, values) for record, values, _ in changes])
        changes = [(record, without_rows(rows_fields, values), stamps) for record, values, stamps in changes]
    _write_changes(session, entity_type, changes, {"updated_at": at, "updated_by": origin})
    outbox.note_changed(session, entity_type, noted, origin, at)


def _write_changes(
    session: Session,
    entity_type: str,
    changes: Sequence[tuple[Record, Mapping[str, CrmValue], Mapping[str, Any]]],
    stamps: Mapping[str, Any],
) -> None:
    table = table_of(entity_type)
    writing = RowWriting(entity_type)
    has_custom = any(key.startswith(CUSTOM_PREFIX) for key in changes[0][1])
    custom_of = _custom_of(session, table, [record.id for record, _, _ in changes]) if has_custom else {}
    rows: list[dict[str, Any]] = []
    for record, values, field_meta in changes:
        columns, custom = writing.split(values)
        rows.append({"id": record.id, **columns, **stamps, "version": record.version + 1, "field_meta": field_meta})
        if has_custom:
            # fields that were deleted or not asked for stay as they are
            rows[-1]["custom"] = _without_empty({**custom_of[record.id], **custom})
    update_rows(session, table, rows)


def _custom_of(session: Session, table: Table, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    statement = select(table.c.id, table.c.custom).where(among(session, table.c.id, ids))
    return {row[0]: row[1] for row in session.connection().execute(statement)}


def _fields(session: Session, entity_type: str, keys: Collection[str] | None) -> list[CrmField]:
    standard = entity_type_of(entity_type).by_key
    if keys is not None and all(key in standard for key in keys):
        return [standard[key] for key in keys]
    fields = fields_of(session, entity_type)
    return list(fields.values()) if keys is None else [fields[key] for key in keys]


def _new_ids(session: Session, table: Table, count: int) -> list[int]:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # the sequence is looked up once, and not for each id
        allocate = text(
            "SELECT nextval((SELECT pg_get_serial_sequence(:table, 'id')::regclass)) FROM generate_series(1, :count)"
        )
        return sorted(connection.execute(allocate, {"table": table.name, "count": count}).scalars())
    # the write lock is held, so nobody allocates between this look and the insert
    highest = connection.execute(
        text("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = :table), 0)"), {"table": table.name}
    ).scalar_one()
    return list(range(highest + 1, highest + count + 1))


def _without_empty(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in custom.items() if value is not None}
