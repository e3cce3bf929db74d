"""Telling a connector of a link, and asking what the link's ERP declares (spec 2.5)."""

import logging

from erp_links.links.connecting import open_link
from erp_links.links.finding import OBJECT_TYPE, link_to_change, managed_link
from erp_links.mapping.declared import DeclaredLink, read_declaration
from erp_links.mapping.taking_over import take_over_declaration
from erp_links.runtime import LinkRuntime
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import UpstreamError
from sync_connectors import ConnectorError

_logger = logging.getLogger(__name__)


def declare(runtime: LinkRuntime, link_id: int) -> str:
    """Tell the connector of a link that has just been saved, test it there, and cache what its ERP declares.

    The link stays saved when this fails: it is a draft or inactive, and a refresh does the same again.

    Returns:
        What went wrong, in words; empty if nothing did.
    """
    try:
        _store(runtime, link_id, _read(runtime, link_id))
    except ConnectorError as error:
        _logger.warning("the ERP of link %s did not say what it declares: %s", link_id, error.text)
        return error.text
    return ""


def refresh_link(runtime: LinkRuntime, doer: Doer, link_id: int) -> None:
    """Read again what a link's ERP declares.

    Raises:
        NotFoundError: There is no such link.
        LinkPausedError: Nothing may be sent to its connector now.
        UpstreamError: The ERP did not answer; what was cached stays.
    """
    try:
        declared = _read(runtime, link_id)
    except ConnectorError as error:
        raise UpstreamError(error.text, error.instruction) from error
    _store(runtime, link_id, declared)
    with runtime.database.writing() as session:
        link = managed_link(session, link_id)
        record(session, doer, "erp_link.refresh", OBJECT_TYPE, link.id, link.name)


def _read(runtime: LinkRuntime, link_id: int) -> DeclaredLink:
    with runtime.database.reading() as session:
        managed_link(session, link_id)
    # a link whose `declared_at` is empty is saved at the connector when it is opened
    with open_link(runtime, link_id, runtime.settings.connector_call_seconds) as session_on_link:
        session_on_link.test()
        return read_declaration(session_on_link)


def _store(runtime: LinkRuntime, link_id: int, declared: DeclaredLink) -> None:
    with runtime.database.writing() as session:
        link = link_to_change(session, link_id, None)
        take_over_declaration(session, link, declared)
