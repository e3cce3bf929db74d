"""Tells lower floors that links use their connectors and groups, so that those are not deleted under them."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkAccess, LinkState
from host.accounts.usage import register_group_usage
from sync_connectors.registered.usage import register_usage


def register_uses() -> None:
    """Have connectors and groups kept while a link needs them."""
    register_usage(links_of_connector)
    register_group_usage(links_of_group)


def links_of_connector(session: Session, connector_id: int) -> Sequence[str]:
    """Return the names of the links on a connector."""
    return session.scalars(
        select(ErpLink.name)
        .where(ErpLink.connector_id == connector_id, ErpLink.state != LinkState.DELETED.value)
        .order_by(ErpLink.name)
    ).all()


def links_of_group(session: Session, group_id: int) -> Sequence[str]:
    """Return the links that a group may see, in words."""
    names = session.scalars(
        select(ErpLink.name)
        .join(LinkAccess, LinkAccess.link_id == ErpLink.id)
        .where(LinkAccess.group_id == group_id, ErpLink.state != LinkState.DELETED.value)
        .order_by(ErpLink.name)
    )
    return [str(_("ERP link %(name)s", name=name)) for name in names]
