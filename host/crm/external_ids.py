"""What other systems call records: (source, external id), unique within an entity."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from host.crm.models import ExternalId

SOURCE_LENGTH = 64
EXTERNAL_ID_LENGTH = 254


def external_ids_of(session: Session, entity_type: str, ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """Return the pairs of source and external id of records, by the records' ids."""
    statement = (
        select(ExternalId.entity_id, ExternalId.source, ExternalId.external_id)
        .where(ExternalId.entity_type == entity_type, ExternalId.entity_id.in_(ids))
        .order_by(ExternalId.source, ExternalId.external_id)
    )
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for record_id, source, external_id in session.execute(statement):
        found[record_id].append((source, external_id))
    return dict(found)


def known_records(session: Session, entity_type: str, source: str, external_ids: Collection[str]) -> dict[str, int]:
    """Return the ids of the records that a source knows under these external ids; unknown ones are left out."""
    statement = select(ExternalId.external_id, ExternalId.entity_id).where(
        ExternalId.entity_type == entity_type, ExternalId.source == source, ExternalId.external_id.in_(external_ids)
    )
    return {row.external_id: row.entity_id for row in session.execute(statement)}


def add_external_ids(session: Session, entity_type: str, source: str, records: Mapping[str, int]) -> None:
    """Remember what a source calls records.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        source: Name of the other system.
        records: Ids of the records by external id, none of which the source has used yet.
    """
    if records:
        session.execute(
            insert(ExternalId),
            [
                {"entity_type": entity_type, "source": source, "external_id": external_id, "entity_id": record_id}
                for external_id, record_id in records.items()
            ],
        )
