"""What records are called, for the fields that refer to them."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from host.crm.fields import CrmField, CrmType
from host.crm.record import Record
from host.crm.registry import entity_type_of
from host.crm.tables import table_of

Titles = dict[tuple[str, int], str]
"""What records are called, by entity and id."""


def titles_of(session: Session, entity_type: str, ids: Collection[int]) -> dict[int, str]:
    """Return what the records with these ids are called; those that do not exist are left out."""
    if not ids:
        return {}
    entity, table = entity_type_of(entity_type), table_of(entity_type)
    columns = [table.c[entity.by_key[key].column] for key in entity.title_fields]
    rows = session.execute(select(table.c.id, *columns).where(table.c.id.in_(ids)))
    return {row[0]: " ".join(part for part in row[1:] if part) or f"#{row[0]}" for row in rows}


def referenced_titles(session: Session, fields: Collection[CrmField], records: Collection[Record]) -> Titles:
    """Return what the records are called that these records refer to, with one statement for each entity."""
    wanted: dict[str, set[int]] = {}
    for field in fields:
        if field.type is CrmType.REFERENCE:
            ids = {value for record in records if isinstance(value := record.values.get(field.key), int)}
            wanted.setdefault(field.references, set()).update(ids)
    return {
        (entity_type, record_id): title
        for entity_type, ids in wanted.items()
        for record_id, title in titles_of(session, entity_type, ids).items()
    }
