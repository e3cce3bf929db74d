"""What each value of a batch goes back to, or why it stays: decided in memory from what was read under lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from erp_links.sync.models import LogEntry
from erp_links.sync.reasons import WinReason
from host.crm import bulk
from host.crm.fields import CrmField, CrmType
from host.crm.lists import Items, items_for
from host.crm.record import Record
from host.crm.registry import entity_types, fields_of
from host.crm.rows import completed
from host.crm.values import CrmValue, from_json, to_json


@dataclass(slots=True)
class GoingBack:
    """What becomes of the entries of one batch.

    Attributes:
        values: What the records take, by id and field key.
        reverted: The entries that are taken back.
        kept: The others, each with the reason and the JSON form of what the hub has instead.
    """

    values: dict[int, dict[str, CrmValue]] = field(default_factory=dict)
    reverted: list[LogEntry] = field(default_factory=list)
    kept: list[tuple[LogEntry, WinReason, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    records: Mapping[int, Record]
    fields: Mapping[str, CrmField]
    items: Mapping[str, Items]
    referred: Mapping[str, Mapping[int, Record]]

    def holds(self, field: CrmField, value: CrmValue) -> bool:
        """Whether a value still stands for something: its list has the item, or the record is there."""
        if value is None:
            return True
        if field.type is CrmType.LIST:
            return value in self.items[field.list_key]
        return field.type is not CrmType.REFERENCE or value in self.referred[field.references]


def decide(session: Session, entries: Sequence[LogEntry]) -> GoingBack:
    """Lock the records of these entries, and say of each entry whether its value goes back.

    Args:
        session: A session that writes.
        entries: Entries of one entity type about changed fields of the hub, the newest first.
    """
    known = _read(session, entries)
    decided = GoingBack()
    for entry in entries:
        record, crm_field = known.records.get(entry.entity_id or 0), known.fields.get(entry.crm_field)
        before = _value(crm_field, entry.old)
        if record is None or crm_field is None or before is _NONE or not known.holds(crm_field, before):
            decided.kept.append((entry, WinReason.NO_LONGER_POSSIBLE, None))
            continue
        taken = decided.values.get(record.id, {})
        present = taken.get(crm_field.key, record.values[crm_field.key])
        if present != _value(crm_field, entry.new):
            decided.kept.append((entry, WinReason.CHANGED_SINCE, to_json(present)))
            continue
        decided.values.setdefault(record.id, {})[crm_field.key] = before
        decided.reverted.append(entry)
    return decided


_NONE: Any = object()
"""Stands for a stored value that the field cannot hold any more; None is a blank."""


def _read(session: Session, entries: Sequence[LogEntry]) -> _Known:
    entity_type = entries[0].entity_type
    if entity_type not in entity_types():
        return _Known({}, {}, {}, {})
    keys = {entry.crm_field for entry in entries}
    fields = {key: each for key, each in fields_of(session, entity_type).items() if key in keys}
    ids = {entry.entity_id for entry in entries if entry.entity_id is not None}
    referred = {key: bulk.read_many(session, key, wanted, ()) for key, wanted in _references(entries, fields).items()}
    records = bulk.read_many(session, entity_type, ids, fields, lock=True)
    return _Known(records, fields, items_for(session, list(fields.values())), referred)


def _references(entries: Sequence[LogEntry], fields: Mapping[str, CrmField]) -> dict[str, set[int]]:
    wanted: dict[str, set[int]] = {each.references: set() for each in fields.values() if each.references}
    for entry in entries:
        crm_field = fields.get(entry.crm_field)
        if crm_field is not None and crm_field.references and isinstance(entry.old, int):
            wanted[crm_field.references].add(entry.old)
    return wanted


def _value(crm_field: CrmField | None, stored: Any) -> CrmValue:
    """Return the hub's value of what the log holds; rows with all columns, as the hub returns them."""
    if crm_field is None:
        return _NONE  # type: ignore[no-any-return]  # a mark that equals no value
    try:
        value = from_json(crm_field.type, stored, crm_field.row_fields)
    except (TypeError, ValueError):
        return _NONE  # type: ignore[no-any-return]  # likewise
    return completed(crm_field, value, {}) if isinstance(value, dict) else value
