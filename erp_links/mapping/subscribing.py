"""Which changes of the hub a link is told of: the fields that its mapping brings to the ERP."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from erp_links.links.models import ErpLink, LinkState
from erp_links.mapping.compiled import parent_field_of
from erp_links.mapping.models import LinkActorType, Unpaired
from erp_links.sync.merge.ranking import origin_of
from host.crm import outbox
from host.crm.registry import entity_types


def subscribe_link(session: Session, link: ErpLink) -> None:
    """Have the link told of what it has to bring to its ERP, in place of what it was told before.

    A link that is not active is told nothing, and what waited for it is forgotten: when it is activated, everything is
    looked at again. A field that is gone from the ERP counts too, since it may come back while the link is active; and
    since a mapping is changed only while its link is not active, this is called where the state changes.
    """
    subscriber = origin_of(link.id)
    if link.state != LinkState.ACTIVE:
        outbox.unsubscribe(session, subscriber)
        return
    wanted = wanted_fields(_rows(session, link))
    for entity_type in entity_types():
        if entity_type in wanted:
            outbox.subscribe(session, subscriber, entity_type, sorted(wanted[entity_type]))
        else:
            outbox.unsubscribe(session, subscriber, entity_type)


def unsubscribe_link(session: Session, link_id: int) -> None:
    """Tell a link that is deleted nothing more."""
    outbox.unsubscribe(session, origin_of(link_id))


def wanted_fields(rows: Iterable[LinkActorType]) -> dict[str, set[str]]:
    """Return the keys of the hub's fields that actor types bring to the ERP, by entity type.

    Where unpaired records are looked for, the fields by which they are recognised count too: one that was filled later
    makes a record findable. So does the field that refers to the parent, below which the ERP is to move the record.
    """
    wanted: dict[str, set[str]] = {}
    of_link = list(rows)
    entities = {row.name: row.entity_type for row in of_link}
    for row in of_link:
        fields = {each.crm_field for each in row.fields if each.to_erp and each.crm_field}
        if not row.active or not fields or row.entity_type not in entity_types():
            continue
        matched = set() if row.unpaired_push == Unpaired.IGNORE.value else set(row.match_fields)
        below = parent_field_of(
            row.entity_type, [entities.get(name, "") for name in row.declaration.get("parents", ())]
        )
        wanted.setdefault(row.entity_type, set()).update(fields | matched | ({below} - {""}))
    return wanted


def _rows(session: Session, link: ErpLink) -> Iterable[LinkActorType]:
    return session.scalars(
        select(LinkActorType).where(LinkActorType.link_id == link.id).options(selectinload(LinkActorType.fields))
    )
