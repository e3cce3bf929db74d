"""Activating and deactivating links."""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.connecting import open_link
from erp_links.links.errors import NotActivatedError
from erp_links.links.finding import OBJECT_TYPE, link_to_change, managed_link, require_version
from erp_links.links.models import ErpLink, LinkState
from erp_links.links.pausing import changed, lift
from erp_links.links.standing import standing_of
from erp_links.links.states import move
from erp_links.mapping.full_read import FullReadReason, mark_full_push, mark_full_read
from erp_links.mapping.match_indexes import index_match_fields
from erp_links.mapping.models import LinkActorType
from erp_links.mapping.reasons import activation_reasons
from erp_links.mapping.subscribing import subscribe_link
from erp_links.runtime import LinkRuntime
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError
from sync_connectors import ConnectorError


def reasons_against(session: Session, runtime: LinkRuntime, link: ErpLink) -> list[str]:
    """Return all that stands between a link and its activation, as far as it shows without calling the ERP (C-09)."""
    reasons = []
    standing = standing_of(session, runtime, link)
    if standing.paused is not None:
        reasons.append(standing.detail)
    if link.declared_at is None:
        reasons.append(_("what its ERP offers has not been read yet, refresh it"))
    return [*reasons, *activation_reasons(session, link)]


def activate(runtime: LinkRuntime, doer: Doer, link_id: int, expected_version: int | None = None) -> None:
    """Activate a link, once nothing stands against it and a test of it passes.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        ConflictError: It is active already.
        NotActivatedError: With all reasons at once; that the ERP does not answer is one of them.
    """
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        require_version(session, link, expected_version)
        if link.state == LinkState.ACTIVE:
            raise ConflictError(_("the ERP link is active already"))
        version = link.version
        reasons = reasons_against(session, runtime, link)
        may_ask = standing_of(session, runtime, link).paused is None
    if may_ask:
        reasons += _reasons_of_the_erp(runtime, link_id)
    if reasons:
        raise NotActivatedError(reasons)
    with runtime.database.writing() as session:
        link = link_to_change(session, link_id, version)
        reasons = reasons_against(session, runtime, link)
        if reasons:
            raise NotActivatedError(reasons)
        before = link.state
        if link.state == LinkState.DRAFT:
            move(link, LinkState.INACTIVE)
        move(link, LinkState.ACTIVE)
        link.next_run_at = None
        _mark_as_unknown(session, link)
        subscribe_link(session, link)
        index_match_fields(session, link.id)
        changed(link)
        record(
            session, doer, "erp_link.activate", OBJECT_TYPE, link.id, link.name, {"state": _change(before, link.state)}
        )


def deactivate(session: Session, doer: Doer, link_id: int, expected_version: int | None = None) -> ErpLink:
    """Deactivate a link; always possible, whatever its connector does.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        ConflictError: It is not active.
    """
    link = link_to_change(session, link_id, expected_version)
    if link.state != LinkState.ACTIVE:
        raise ConflictError(_("the ERP link is not active"))
    move(link, LinkState.INACTIVE)
    lift(link)
    subscribe_link(session, link)
    changed(link)
    change = {"state": _change(LinkState.ACTIVE, LinkState.INACTIVE)}
    record(session, doer, "erp_link.deactivate", OBJECT_TYPE, link.id, link.name, change)
    return link


def _reasons_of_the_erp(runtime: LinkRuntime, link_id: int) -> list[str]:
    try:
        with open_link(runtime, link_id, runtime.settings.connector_test_seconds) as session:
            session.test()
    except ConnectorError as error:
        return [_("its test does not pass: %(text)s", text=error.text)]
    return []


def _mark_as_unknown(session: Session, link: ErpLink) -> None:
    """What changed on our side while the link was inactive was not noted for it."""
    rows = session.scalars(select(LinkActorType).where(LinkActorType.link_id == link.id, LinkActorType.active))
    for row in rows:
        mark_full_read(row, FullReadReason.ACTIVATION)
        mark_full_push(row, FullReadReason.ACTIVATION)


def _change(before: str, after: str) -> dict[str, str]:
    return {"before": before, "after": after}
