"""Asking connectors what they declare, and keeping the answer, so that no page ever waits for one."""

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.audit.operations import record
from host.database import Database
from host.logs.redaction import redacted
from sync_connectors.contract.errors import ConnectorError
from sync_connectors.loading import ConnectorMissingError, Plugins
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import OBJECT_TYPE, connector_by_id, connectors
from sync_connectors.urls import connector_name, resolve

_logger = logging.getLogger(__name__)
_LEFT_ALONE = timedelta(minutes=10)
_SYSTEM = Doer(user_id=None, name="Tieline", channel="job")


def refresh_declaration(database: Database, plugins: Plugins, doer: Doer, connector_id: int) -> SyncConnector:
    """Ask a connector what it declares, and keep the answer; when it fails, keep the former one and the reason.

    No transaction is open while the connector is asked. An answer that comes after the URL was changed is dropped.

    Returns:
        The connector as it is now; its `failure` is empty when the answer was taken over.

    Raises:
        NotFoundError: There is no such connector.
    """
    with database.reading() as session:
        asked = connector_by_id(session, connector_id)
        url, revision = asked.url, asked.url_revision
    declaration, failure = None, ""
    try:
        declaration = Declaration.ask(resolve(plugins, url))
    except ConnectorError as error:
        failure = redacted(". ".join(filter(None, (error.text, error.instruction))))
    with database.writing() as session:
        _keep(session, doer, connector_id, revision, declaration, failure)
        session.flush()
        return connector_by_id(session, connector_id)


def refresh_outdated(database: Database, plugins: Plugins) -> list[int]:
    """Ask the connectors again whose plugin has another version than the one whose answer is kept.

    Run in the background; each answer has a deadline, and one that fails stops no other and is left alone for a
    while.

    Returns:
        Ids of the connectors that were asked.
    """
    with database.reading() as session:
        outdated = [one.id for one in connectors(session) if _is_outdated(one, plugins)]
    for connector_id in outdated:
        refreshed = refresh_declaration(database, plugins, _SYSTEM, connector_id)
        _logger.info("asked sync connector %s again: %s", refreshed.name, refreshed.failure or "it has answered")
    return outdated


def _is_outdated(connector: SyncConnector, plugins: Plugins) -> bool:
    try:
        present = plugins.connector(connector_name(connector.url))
    except ConnectorMissingError:
        return False
    if connector.failed_at is not None and datetime.now(UTC) - connector.failed_at < _LEFT_ALONE:
        return False
    kept = connector.declaration
    return kept is None or (kept["name"], kept["version"]) != (present.name, present.version)


def _keep(
    session: Session, doer: Doer, connector_id: int, revision: int, declaration: Declaration | None, failure: str
) -> None:
    connector = connector_by_id(session, connector_id)
    if connector.url_revision != revision:
        return
    now = datetime.now(UTC)
    kept = declaration.to_json() if declaration else connector.declaration
    before = connector.declaration or {}
    session.execute(
        update(SyncConnector)
        .where(SyncConnector.id == connector_id, SyncConnector.url_revision == revision)
        .values(
            declaration=kept,
            declared_at=now if declaration else connector.declared_at,
            failure=failure,
            failed_at=now if failure else None,
            version=SyncConnector.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )
    if declaration is not None and kept != before:
        changes = {"declared": {"before": before.get("version"), "after": declaration.version}}
        record(session, doer, "sync_connector.refresh", OBJECT_TYPE, connector_id, connector.name, changes)
