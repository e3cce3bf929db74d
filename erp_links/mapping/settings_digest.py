"""Telling whether an actor type is mapped as it was, by what is stored alone and without asking the ERP."""

from hashlib import blake2b

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType, LinkField, ListMapping, ListMappingItem


def settings_digest(session: Session, row: LinkActorType) -> bytes:
    """Return 16 bytes that change with everything in a mapping that decides what a run does with a record."""
    fields = session.execute(
        select(
            LinkField.key,
            LinkField.crm_field,
            LinkField.to_crm,
            LinkField.to_erp,
            LinkField.update_rule,
            LinkField.policy,
            LinkField.row_columns,
            LinkField.transforms,
        )
        .where(LinkField.actor_type_id == row.id, LinkField.crm_field.is_not(None), LinkField.missing_since.is_(None))
        .order_by(LinkField.key)
    ).all()
    items = session.execute(
        select(ListMapping.erp_list, ListMapping.crm_list, ListMappingItem.erp_key, ListMappingItem.crm_key)
        .join(ListMappingItem, ListMappingItem.table_id == ListMapping.id)
        .where(ListMapping.link_id == row.link_id)
        .order_by(ListMapping.id, ListMappingItem.erp_key)
    ).all()
    told = (
        row.entity_type,
        row.unpaired_pull,
        row.unpaired_push,
        row.match_fields,
        [(*each[:6], sorted(each[6].items()), sorted(each[7].items())) for each in fields],
        [tuple(each) for each in items],
    )
    return blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=16).digest()
