"""Finding ERP links: for those who manage them, and for those who may see them."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from erp_links.links.models import ErpLink, LinkState
from erp_links.visibility import visible
from host.accounts.principal import Principal
from host.audit.models import AuditEntry
from host.errors import NotFoundError, StaleVersionError

OBJECT_TYPE = "erp_link"
"""How the audit log names a link."""

TESTED = "erp_link.test"
TRACE_STARTED, TRACE_STOPPED = "erp_link.trace_start", "erp_link.trace_stop"
TRACE_DOWNLOADED = "erp_link.trace_download"
NO_CHANGES = frozenset({TESTED, TRACE_STARTED, TRACE_STOPPED, TRACE_DOWNLOADED})
"""The audit actions that change nothing of a link itself."""

_NO_LINK = "there is no such ERP link"


def secret_owner(link_id: int) -> str:
    """Return the owner under which a link's secrets are stored."""
    return f"erp_link:{link_id}"


def state_owner(link_id: int) -> str:
    """Return the owner under which a connector's durable state of a link is stored."""
    return f"connector_state:{link_id}"


def managed_links(session: Session) -> list[ErpLink]:
    """Return all links that are not deleted, by name, with connector and access; for administrators."""
    statement = (
        select(ErpLink)
        .where(ErpLink.state != LinkState.DELETED.value)
        .order_by(ErpLink.name, ErpLink.id)
        .options(joinedload(ErpLink.connector), selectinload(ErpLink.access))
    )
    return list(session.scalars(statement))


def managed_link(session: Session, link_id: int) -> ErpLink:
    """Return a link with its connector, for administrators and for the system.

    Raises:
        NotFoundError: There is no such link, or it is deleted.
    """
    link = session.scalar(select(ErpLink).where(ErpLink.id == link_id).options(joinedload(ErpLink.connector)))
    if link is None or link.state == LinkState.DELETED:
        raise NotFoundError(_NO_LINK)
    return link


def link_to_change(session: Session, link_id: int, expected_version: int | None) -> ErpLink:
    """Return a link, locked until the end of the transaction.

    Args:
        session: A writing session.
        link_id: The link.
        expected_version: The version that the doer has seen; None where the doer has seen none, as a run has.

    Raises:
        NotFoundError: There is no such link, or it is deleted.
        StaleVersionError: Somebody else has changed it since.
    """
    link = session.scalar(select(ErpLink).where(ErpLink.id == link_id).with_for_update())
    if link is None or link.state == LinkState.DELETED:
        raise NotFoundError(_NO_LINK)
    require_version(session, link, expected_version)
    return link


def require_version(session: Session, link: ErpLink, expected_version: int | None) -> None:
    """Refuse a change that was made ready on an older version of the link; None expects none.

    Raises:
        StaleVersionError: It says who has changed the link meanwhile, and when.
    """
    if expected_version is None or link.version == expected_version:
        return
    last = session.scalar(
        select(AuditEntry)
        .where(
            AuditEntry.object_type == OBJECT_TYPE,
            AuditEntry.object_id == str(link.id),
            AuditEntry.action.not_in(NO_CHANGES),
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    raise StaleVersionError(last.actor_name, last.at) if last else StaleVersionError()


def visible_links(session: Session, principal: Principal) -> list[ErpLink]:
    """Return the links that the principal may see, by name."""
    statement = (
        select(ErpLink)
        .where(visible(principal))
        .order_by(ErpLink.name, ErpLink.id)
        .options(joinedload(ErpLink.connector), selectinload(ErpLink.access))
    )
    return list(session.scalars(statement))


def visible_link(session: Session, principal: Principal, link_id: int) -> ErpLink:
    """Return a link that the principal may see.

    Raises:
        NotFoundError: There is no such link, or the principal may not see it; the two cannot be told apart.
    """
    statement = select(ErpLink).where(ErpLink.id == link_id, visible(principal)).options(joinedload(ErpLink.connector))
    link = session.scalar(statement)
    if link is None:
        raise NotFoundError(_NO_LINK)
    return link
