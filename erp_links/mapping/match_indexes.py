"""Indexes for the fields by which links recognise records."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from host.crm.indexing import ensure_found_by
from host.crm.registry import entity_types


def index_match_fields(session: Session, link_id: int | None = None) -> None:
    """Have indexes made for the match fields of a link, or of all links.

    A mapping is changed only while its link is not active, so this is called when a link is activated; and when a
    database was filled from a backup, which holds no indexes.
    """
    query = select(LinkActorType.entity_type, LinkActorType.match_fields).where(LinkActorType.active)
    if link_id is not None:
        query = query.where(LinkActorType.link_id == link_id)
    for entity_type, match_fields in session.execute(query).all():
        if entity_type in entity_types():
            ensure_found_by(session, entity_type, match_fields)
