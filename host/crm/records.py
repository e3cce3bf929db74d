"""Making, reading, changing and deleting one record of the hub."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.crm import bulk, outbox
from host.crm.checking import checked_values
from host.crm.fields import CrmType
from host.crm.models import ExternalId
from host.crm.origins import origin_words
from host.crm.record import FieldStamp, Record
from host.crm.registry import entity_type_of, entity_types, fields_of
from host.crm.tables import table_of
from host.crm.values import CrmValue
from host.errors import NotFoundError, StaleVersionError

__all__ = ["FieldStamp", "Record", "RecordsDeleted", "create", "delete", "get", "referring", "update"]

RecordsDeleted = Callable[[Session, str, Sequence[int]], None]
"""Told in the transaction of a deletion which records of which entity go."""


def get(session: Session, entity_type: str, record_id: int) -> Record:
    """Return a record with all its fields.

    Raises:
        NotFoundError: there is none with this id.
    """
    return _present(session, entity_type, record_id, lock=False)


def create(
    session: Session,
    entity_type: str,
    values: Mapping[str, CrmValue],
    *,
    origin: str,
    at: datetime,
    faults: Mapping[str, list[str]] | None = None,
) -> Record:
    """Make a record.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        values: Values by field key; absent means none.
        origin: Who makes it, such as `user:5`.
        at: When.
        faults: What was found wrong while reading the values; nothing is stored, and all faults are told at once.

    Raises:
        InvalidInputError: with every fault of every field.
    """
    fields = fields_of(session, entity_type)
    checked = checked_values(session, entity_type, fields, values, {}, faults)
    (record_id,) = bulk.insert_many(session, entity_type, [checked], origin, at)
    return get(session, entity_type, record_id)


def update(
    session: Session,
    entity_type: str,
    record_id: int,
    values: Mapping[str, CrmValue],
    *,
    expected_version: int,
    origin: str,
    at: datetime,
    faults: Mapping[str, list[str]] | None = None,
) -> Record:
    """Change fields of a record; the others stay.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        record_id: Id of the record.
        values: The new values by field key.
        expected_version: The version that the change was made for.
        origin: Who changes it, such as `user:5`.
        at: When.
        faults: What was found wrong while reading the values; nothing is stored, and all faults are told at once.

    Raises:
        NotFoundError: there is no such record.
        StaleVersionError: somebody changed it after that version; nothing is overwritten.
        InvalidInputError: with every fault of every field.
    """
    present = _present(session, entity_type, record_id, lock=True)
    _expect(session, present, expected_version)
    fields = fields_of(session, entity_type)
    changed = checked_values(session, entity_type, fields, values, present.values, faults)
    bulk.update_many(session, entity_type, [(record_id, changed)], origin, at)
    return get(session, entity_type, record_id)


def delete(
    session: Session,
    entity_type: str,
    record_id: int,
    *,
    expected_version: int,
    origin: str,
    at: datetime,
    watchers: Collection[RecordsDeleted] = (),
) -> None:
    """Delete a record. Records that refer to it stay and lose the reference.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        record_id: Id of the record.
        expected_version: The version that the one who deletes has seen.
        origin: Who deletes it; the records that lose their reference say so.
        at: When.
        watchers: Are told before the record goes.

    Raises:
        NotFoundError: there is no such record.
        StaleVersionError: somebody changed it after that version.
    """
    present = _present(session, entity_type, record_id, lock=True)
    _expect(session, present, expected_version)
    for watcher in watchers:
        watcher(session, entity_type, [record_id])
    for other_type, field_key, ids in referring(session, entity_type, record_id):
        bulk.update_many(session, other_type, [(other_id, {field_key: None}) for other_id in ids], origin, at)
    session.execute(
        delete_rows(ExternalId).where(ExternalId.entity_type == entity_type, ExternalId.entity_id == record_id)
    )
    outbox.forget_records(session, entity_type, [record_id])
    table = table_of(entity_type)
    session.execute(delete_rows(table).where(table.c.id == record_id))


def referring(session: Session, entity_type: str, record_id: int) -> list[tuple[str, str, list[int]]]:
    """Return which records refer to this one: entity, field and ids, for each reference that has any."""
    found = []
    for other in entity_types().values():
        for field in other.fields:
            if field.type is CrmType.REFERENCE and field.references == entity_type:
                table = table_of(other.key)
                ids = session.scalars(select(table.c.id).where(table.c[field.column] == record_id).order_by("id"))
                found.append((other.key, field.key, list(ids)))
    return [(other_type, key, ids) for other_type, key, ids in found if ids]


def _present(session: Session, entity_type: str, record_id: int, *, lock: bool) -> Record:
    record = bulk.read_many(session, entity_type, [record_id], lock=lock).get(record_id)
    if record is None:
        raise NotFoundError(f"there is no {entity_type_of(entity_type).key} {record_id}")
    return record


def _expect(session: Session, present: Record, expected_version: int) -> None:
    if present.version != expected_version:
        words = origin_words(session, [present.updated_by])
        raise StaleVersionError(words[present.updated_by], present.updated_at)
