"""The rows of records, such as the lines of an order: each ROWS field has a table of its own.

Reading and writing take a number of statements that hangs on that of the fields with rows, never on that of records or
rows. Entities without such a field never come here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from host.crm.fields import CrmField
from host.crm.record import Record, row_stamp
from host.crm.tables import rows_table_of
from host.crm.values import CrmRows, CrmScalar, CrmValue

OWNERS_PER_STATEMENT = 10_000
"""Both databases limit the parameters of a statement; a page of the engine is far smaller."""


def read_rows(session: Session, entity_type: str, fields: Iterable[CrmField], records: Iterable[Record]) -> None:
    """Fill the ROWS fields of records that `RecordReading` has just made, whose rows are empty so far."""
    by_id = {record.id: record for record in records}
    for field in fields:
        for owner_id, key, row in _stored(session, entity_type, field, by_id):
            rows_in(by_id[owner_id].values, field)[key] = row


def insert_rows(
    session: Session,
    entity_type: str,
    fields: Iterable[CrmField],
    ids: Sequence[int],
    values: Mapping[str, Sequence[CrmValue]],
) -> None:
    """Store the rows of new records.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        fields: Its ROWS fields.
        ids: The records.
        values: By field key those of all records; columns that a row does not have stay empty.

    Raises:
        KeyError: a row has a column that the field does not.
    """
    for field in fields:
        if field.key not in values:
            continue
        added = [
            (record_id, position, key, row)
            for record_id, rows in zip(ids, values[field.key], strict=True)
            if isinstance(rows, dict)
            for position, (key, row) in enumerate(rows.items())
        ]
        _insert(session, entity_type, field, added)


def replace_rows(
    session: Session,
    entity_type: str,
    fields: Iterable[CrmField],
    changes: Sequence[tuple[Record, Mapping[str, CrmValue]]],
) -> None:
    """Make the stored rows of records those that are wanted; rows that stay as they are are not written.

    Args:
        session: A session that writes and has locked the records.
        entity_type: Key of the entity.
        fields: The ROWS fields that may differ.
        changes: The records as they are, each with the values that it shall have; rows have all columns.
    """
    for field in fields:
        _replace(session, entity_type, field, changes)


def complete(field: CrmField, wanted: Mapping[int, dict[str, CrmValue]], records: Mapping[int, Record]) -> None:
    """Give the wanted rows of records all columns, from their present rows where they have them, else empty.

    Raises:
        KeyError: a row has a column that the field does not.
    """
    for record_id, record in records.items():
        if field.key in wanted[record_id]:
            present = rows_in(record.values, field)
            wanted[record_id][field.key] = completed(field, rows_in(wanted[record_id], field), present)


def completed(field: CrmField, given: CrmRows, present: CrmRows) -> CrmRows:
    """Return given rows with all columns of the field.

    A column that a given row does not have stays as it is present, and is empty in a new row.

    Raises:
        KeyError: a row has a column that the field does not.
    """
    empty: dict[str, CrmScalar] = {each.key: None for each in field.row_fields}
    rows: CrmRows = {}
    for key, row in given.items():
        if unknown := row.keys() - empty.keys():
            raise KeyError(f"{field.key} has no column {min(unknown)!r}")
        rows[key] = {**empty, **present.get(key, {}), **row}
    return rows


def rows_in(values: Mapping[str, CrmValue], field: CrmField) -> CrmRows:
    """Return the rows of a field among the values of a record; none where it has none."""
    rows = values.get(field.key)
    return rows if isinstance(rows, dict) else {}


def without_rows(fields: Collection[CrmField], values: Mapping[str, CrmValue]) -> dict[str, CrmValue]:
    """Return values without those of ROWS fields, which have no column in the record's table."""
    keys = {field.key for field in fields}
    return {key: value for key, value in values.items() if key not in keys}


def _stored(
    session: Session, entity_type: str, field: CrmField, owners: Collection[int]
) -> Iterator[tuple[int, str, dict[str, CrmScalar]]]:
    table = rows_table_of(entity_type, field.key)
    keys = [each.key for each in field.row_fields]
    statement = (
        select(table.c.owner_id, table.c.row_key, *(table.c[each.column] for each in field.row_fields))
        .where(table.c.owner_id.in_(bindparam("owners", expanding=True)))
        .order_by(table.c.owner_id, table.c.position, table.c.id)
    )
    ordered = sorted(owners)
    for start in range(0, len(ordered), OWNERS_PER_STATEMENT):
        chunk = ordered[start : start + OWNERS_PER_STATEMENT]
        for row in session.connection().execute(statement, {"owners": chunk}):
            yield row[0], row[1], dict(zip(keys, row[2:], strict=True))


def _replace(
    session: Session, entity_type: str, field: CrmField, changes: Sequence[tuple[Record, Mapping[str, CrmValue]]]
) -> None:
    names = _column_names(field)
    gone: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    added: list[tuple[int, int, str, Mapping[str, CrmScalar]]] = []
    for record, values in changes:
        present, wanted = rows_in(record.values, field), rows_in(values, field)
        position_of = {key: position for position, key in enumerate(present)}
        gone += [{"of": record.id, "named": key} for key in present if key not in wanted]
        for position, (key, row) in enumerate(wanted.items()):
            if key not in present:
                added.append((record.id, position, key, row))
            elif present[key] != row or position_of[key] != position:
                columns = {names[each]: value for each, value in row.items()}
                changed.append({"of": record.id, "named": key, "position": position, **columns})
    table = rows_table_of(entity_type, field.key)
    is_this_row = (table.c.owner_id == bindparam("of"), table.c.row_key == bindparam("named"))
    connection = session.connection()
    if gone:
        connection.execute(delete(table).where(*is_this_row), gone)
    if changed:
        connection.execute(update(table).where(*is_this_row), changed)
    _insert(session, entity_type, field, added)


def _insert(
    session: Session,
    entity_type: str,
    field: CrmField,
    added: Sequence[tuple[int, int, str, Mapping[str, CrmScalar]]],
) -> None:
    if not added:
        return
    names = _column_names(field)
    empty = dict.fromkeys(names.values())
    parameters = []
    for owner_id, position, key, row in added:
        columns = {names[each]: value for each, value in row.items()}
        parameters.append({"owner_id": owner_id, "row_key": key, "position": position, **empty, **columns})
    session.connection().execute(insert(rows_table_of(entity_type, field.key)), parameters)


def _column_names(field: CrmField) -> dict[str, str]:
    return {each.key: each.column for each in field.row_fields}


def changed_rows(record: Record, changed: Mapping[str, CrmValue]) -> Iterator[str]:
    """Yield the stamps' keys of the rows that differ between a record and its new values."""
    for key, after in changed.items():
        if isinstance(after, dict):
            before = cast(CrmRows, record.values[key])
            for row_key in before.keys() | after.keys():
                if before.get(row_key) != after.get(row_key):
                    yield row_stamp(key, row_key)
