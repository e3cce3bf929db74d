"""Asking connectors what they speak and declare, and keeping the answers, so that no page ever waits for one."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.audit.operations import record
from host.database import Database
from host.logs import redact
from host.logs.redaction import redacted
from sync_connectors.connectors import Connectors
from sync_connectors.contract.errors import ConnectorError
from sync_connectors.loading import ConnectorMissingError
from sync_connectors.probing import Probe, probe, summary
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import OBJECT_TYPE, connector_by_id, registered_connectors
from sync_connectors.registered.token import read_token
from sync_connectors.urls import stored_url

_logger = logging.getLogger(__name__)
_LEFT_ALONE = timedelta(minutes=10)
_ASKED_AGAIN = timedelta(hours=1)
"""How old the answer of a server may be: whether it was upgraded only it can tell."""
_SYSTEM = Doer(user_id=None, name="Tieline", channel="job")


def refresh_declaration(
    database: Database, connectors: Connectors, doer: Doer, connector_id: int, probed: Probe | None = None
) -> SyncConnector:
    """Ask a connector what it declares, and keep the answer; when it fails, keep the former one and the reason.

    A server is asked first what it speaks. No transaction is open while a connector is asked. An answer that comes
    after the URL was changed is dropped.

    Args:
        database: Opens its own transactions.
        connectors: Lead to the connector.
        doer: Who asks.
        connector_id: The connector.
        probed: What the server has just answered to the question what it speaks, if it was asked that already.

    Returns:
        The connector as it is now; its `failure` is empty when the answer was taken over.

    Raises:
        NotFoundError: There is no such connector.
    """
    with database.reading() as session:
        asked = connector_by_id(session, connector_id)
        url, revision = stored_url(asked.url), asked.url_revision
        token = read_token(session, connectors.secret_box, connector_id)
    with redact([token]):
        if probed is None and url is not None and url.is_asked:
            probed = probe(connectors.settings, url, token)
        if probed is not None:
            with database.writing() as session:
                _keep_probe(session, connector_id, revision, probed)
        declaration, failure = _declared(database, connectors, connector_id, probed)
    with database.writing() as session:
        _keep(session, doer, connector_id, revision, declaration, failure)
        session.flush()
        return connector_by_id(session, connector_id)


def refresh_next(database: Database, connectors: Connectors) -> int | None:
    """Ask one connector again whose answer is out of date: a plugin of another version, a server after a while.

    Run in the background. A connector that fails is left alone for a while, so that it holds up no other.

    Returns:
        Id of the connector that was asked, or None where none is due.
    """
    with database.reading() as session:
        due = next((one.id for one in registered_connectors(session) if _is_outdated(one, connectors)), None)
    if due is not None:
        refreshed = refresh_declaration(database, connectors, _SYSTEM, due)
        _logger.info("asked sync connector %s again: %s", refreshed.name, refreshed.failure or "it has answered")
    return due


def _declared(
    database: Database, connectors: Connectors, connector_id: int, probed: Probe | None
) -> tuple[Declaration | None, str]:
    """Return what a connector declares now, or None and why it does not."""
    if probed is not None and not probed.is_usable:
        return None, summary(probed)
    try:
        with database.reading() as session:
            connector = connectors.behind(session, connector_by_id(session, connector_id))
        return Declaration.ask(connector), ""
    except ConnectorError as error:
        return None, redacted(". ".join(filter(None, (error.text, error.instruction))))


def _is_outdated(connector: SyncConnector, connectors: Connectors) -> bool:
    now = datetime.now(UTC)
    if connector.failed_at is not None and now - connector.failed_at < _LEFT_ALONE:
        return False
    url, kept = stored_url(connector.url), connector.declaration
    if url is None or url.unavailable:
        return False
    if url.is_asked:
        return kept is None or connector.declared_at is None or now - connector.declared_at > _ASKED_AGAIN
    return _is_of_another_version(kept, url.plugin, connectors)


def _is_of_another_version(kept: dict[str, Any] | None, plugin: str, connectors: Connectors) -> bool:
    try:
        present = connectors.plugins.connector(plugin)
    except ConnectorMissingError:
        return False
    return kept is None or (kept["name"], kept["version"]) != (present.name, present.version)


def _keep_probe(session: Session, connector_id: int, revision: int, probed: Probe) -> None:
    session.execute(
        update(SyncConnector)
        .where(SyncConnector.id == connector_id, SyncConnector.url_revision == revision)
        .values(speaks=probed.speaks or SyncConnector.speaks, probe=probed.to_json())
        .execution_options(synchronize_session="fetch")
    )


def _keep(
    session: Session, doer: Doer, connector_id: int, revision: int, declaration: Declaration | None, failure: str
) -> None:
    connector = connector_by_id(session, connector_id)
    if connector.url_revision != revision:
        return
    now = datetime.now(UTC)
    kept = declaration.to_json() if declaration else connector.declaration
    before = connector.declaration or {}
    is_news = kept != connector.declaration or failure != connector.failure
    session.execute(
        update(SyncConnector)
        .where(SyncConnector.id == connector_id, SyncConnector.url_revision == revision)
        .values(
            declaration=kept,
            declared_at=now if declaration else connector.declared_at,
            failure=failure,
            failed_at=now if failure else None,
            # who has the form open is not told of a change where a server only said the same again
            version=SyncConnector.version + (1 if is_news else 0),
        )
        .execution_options(synchronize_session="fetch")
    )
    if declaration is not None and kept != before:
        changes = {"declared": {"before": before.get("version"), "after": declaration.version}}
        record(session, doer, "sync_connector.refresh", OBJECT_TYPE, connector_id, connector.name, changes)
