"""Reading pairings: all of a link, those that are gone in the ERP, and the tombstones."""

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.models import Pairing
from erp_links.sync.views.history import seen_links
from host.accounts.principal import Principal
from host.errors import NotFoundError


def pairings_query(
    principal: Principal,
    link_id: int | None = None,
    *,
    state: str = "",
    actor_type: str = "",
    erp_key: str = "",
    entity: tuple[str, int] | None = None,
) -> Select[Pairing]:
    """Return the query for the pairings that may be seen; what is empty does not narrow it."""
    query = select(Pairing).join(ErpLink, ErpLink.id == Pairing.link_id).where(seen_links(principal))
    conditions = {Pairing.link_id: link_id, Pairing.state: state, Pairing.actor_type: actor_type}
    query = query.where(*(column == value for column, value in conditions.items() if value))
    if erp_key:
        query = query.where(Pairing.erp_key.startswith(erp_key, autoescape=True))
    if entity is not None:
        query = query.where(Pairing.entity_type == entity[0], Pairing.entity_id == entity[1])
    return query


def find_pairing(session: Session, principal: Principal, pairing_id: int, link_id: int | None = None) -> Pairing:
    """Return a pairing that may be seen.

    Raises:
        NotFoundError: There is none; whether it exists at all is not told.
    """
    found = session.scalars(pairings_query(principal, link_id).where(Pairing.id == pairing_id)).one_or_none()
    if found is None:
        raise NotFoundError(_("this pairing does not exist"))
    return found


def count_by_state(session: Session, principal: Principal, link_id: int | None = None) -> dict[str, int]:
    """Return how many pairings may be seen, by state."""
    query = pairings_query(principal, link_id).with_only_columns(Pairing.state, func.count()).group_by(Pairing.state)
    return {row[0]: row[1] for row in session.execute(query)}
