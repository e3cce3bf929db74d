"""Values of both sides, out of the JSON form in which log, conflicts and intents keep them, as a page shows them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.sync.models import LogEntry
from erp_links.tab.values import TabValue
from erp_links.tab.words import shown
from host.crm.fields import CrmField, CrmType
from host.crm.values import CrmValue, from_json
from sync_connectors import Field
from sync_connectors.codec import field_from_json, value_from_json

MOST_ROWS = 20
"""Rows of a list that are told apart; further ones are only counted."""

ErpFields = Mapping[tuple[int, str, str], Field]
"""What the ERPs declare of their fields, by link, actor type and key."""


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value of the hub with its field, or one of the ERP, or of a field that is gone, as a text.

    Attributes:
        field: The hub's field, or None where `text` is the value.
    """

    field: CrmField | None
    value: CrmValue
    text: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is no value."""
        return self.value is None and not self.text


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One value in one row that differs, such as the quantity of an order line; a new row has no old values."""

    row_key: str
    column: CrmField
    old: CrmValue
    new: CrmValue


def of_hub(field: CrmField | None, stored: Any) -> ShownValue:
    """Return a value of the hub."""
    if field is None:
        return ShownValue(None, None, "" if stored is None else str(stored))
    try:
        return ShownValue(field, from_json(field.type, stored, field.row_fields))
    except (TypeError, ValueError):
        # the field was deleted and made anew with another type
        return ShownValue(None, None, str(stored))


def of_erp(field: Field | None, stored: Any) -> ShownValue:
    """Return a value of the ERP."""
    if stored is None:
        return ShownValue(None, None)
    if field is None:
        return ShownValue(None, None, str(stored))
    try:
        return ShownValue(None, None, shown(TabValue(field, value_from_json(field.type, stored))))
    except (TypeError, ValueError):
        # the ERP declares another type by now
        return ShownValue(None, None, str(stored))


def both_values(entry: LogEntry, field: CrmField | None, declared: ErpFields) -> tuple[ShownValue, ShownValue]:
    """Return the old and the new value of a changed field; what was written in the ERP is in the ERP's form."""
    if entry.target == "erp":
        erp_field = declared.get((entry.link_id, entry.actor_type, entry.erp_field))
        return of_erp(erp_field, entry.old), of_erp(erp_field, entry.new)
    return of_hub(field, entry.old), of_hub(field, entry.new)


def row_differences(old: ShownValue, new: ShownValue) -> list[RowDifference]:
    """Return what differs between the rows of two values, the first `MOST_ROWS` of it; empty for other values."""
    field = new.field or old.field
    if field is None or field.type is not CrmType.ROWS:
        return []
    found = []
    for difference in _differences(field, _rows(old.value), _rows(new.value)):
        found.append(difference)
        if len(found) == MOST_ROWS:
            break
    return found


def erp_fields(session: Session, link_ids: Collection[int], keys: Collection[str]) -> ErpFields:
    """Return what the ERPs of these links declare of the fields with these keys, with one statement."""
    rows = session.execute(
        select(LinkActorType.link_id, LinkActorType.name, LinkField.key, LinkField.declaration)
        .join(LinkField, LinkField.actor_type_id == LinkActorType.id)
        .where(LinkActorType.link_id.in_(link_ids), LinkField.key.in_(keys))
    )
    return {(link_id, name, key): field_from_json(declaration) for link_id, name, key, declaration in rows}


def _differences(field: CrmField, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[RowDifference]:
    for row_key in [*new, *(key for key in old if key not in new)]:
        before, after = old.get(row_key, {}), new.get(row_key, {})
        for column in field.row_fields:
            if before.get(column.key) != after.get(column.key):
                yield RowDifference(row_key, column, before.get(column.key), after.get(column.key))


def _rows(value: CrmValue) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
