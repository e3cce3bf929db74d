"""Saying anew when and by whom fields took the value that they have, where the value itself does not change."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from host.crm.bulk import read_many
from host.crm.tables import table_of
from host.database import update_rows

Stamps = Mapping[int, Mapping[str, tuple[datetime, str]]]
"""Time and origin by record id and field key."""


def restamp(session: Session, entity_type: str, stamps: Stamps) -> None:
    """Store other times and origins of fields. No version rises and nobody is told, because no value changes.

    Records that do not exist are passed over.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        stamps: When, and who, such as `link:3`.
    """
    wanted = {record_id: fields for record_id, fields in stamps.items() if fields}
    if not wanted:
        return
    table = table_of(entity_type)
    present = read_many(session, entity_type, wanted, (), lock=True)
    rows = [
        {
            "id": record_id,
            "field_meta": {
                **record.field_meta,
                **{
                    key: [record.stamp(key).version, at.astimezone(UTC).isoformat(), origin]
                    for key, (at, origin) in wanted[record_id].items()
                },
            },
        }
        for record_id, record in present.items()
    ]
    update_rows(session, table, rows)
