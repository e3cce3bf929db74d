"""What administrators do with sync connectors. None of these calls a connector; `declaring` does."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.audit.operations import changes_between, record, stale_version
from host.errors import ConflictError, InvalidInputError, NotFoundError
from sync_connectors.loading import ConnectorMissingError, Plugins
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.usage import links_using
from sync_connectors.urls import ConnectorUrl, parse_connector_url

OBJECT_TYPE = "sync_connector"
"""How the audit log names a sync connector."""

_AUDITED = ("name", "url")


def connectors(session: Session, *, with_deleted: bool = False) -> Sequence[SyncConnector]:
    """Return the sync connectors by name."""
    statement = select(SyncConnector).order_by(SyncConnector.name, SyncConnector.id)
    if not with_deleted:
        statement = statement.where(SyncConnector.deleted_at.is_(None))
    return session.scalars(statement).all()


def connector_by_id(session: Session, connector_id: int) -> SyncConnector:
    """Return a sync connector that is not deleted.

    Raises:
        NotFoundError: There is none.
    """
    found = session.get(SyncConnector, connector_id)
    if found is None or found.deleted_at is not None:
        raise NotFoundError(_("there is no such sync connector"))
    return found


def declaration_of(connector: SyncConnector) -> Declaration:
    """Return what a connector last declared; it is not asked.

    Raises:
        ConflictError: It has not declared anything yet.
    """
    if connector.declaration is None:
        raise ConflictError(
            _("the sync connector %(name)s has not said yet what it needs", name=connector.name),
            _("refresh it on its page, and mend what it complains of"),
        )
    return Declaration.from_json(connector.declaration)


def add_connector(session: Session, doer: Doer, plugins: Plugins, *, name: str, url: str) -> SyncConnector:
    """Register a connector; what it declares is asked for afterwards.

    Raises:
        InvalidInputError: The name is taken, or nothing answers behind the URL.
    """
    faults: dict[str, list[str]] = {}
    _check_url(plugins, url, faults)
    _check_name(session, name, None, faults)
    if faults:
        raise InvalidInputError(faults)
    added = SyncConnector(name=name, url=url.strip(), created_at=datetime.now(UTC))
    session.add(added)
    _flush(session)
    record(session, doer, "sync_connector.create", OBJECT_TYPE, added.id, name, changes_between({}, _audited(added)))
    return added


def change_connector(
    session: Session,
    doer: Doer,
    plugins: Plugins,
    connector_id: int,
    changes: Mapping[str, Any],
    expected_version: int,
) -> SyncConnector:
    """Give a connector another name, another URL, or both.

    Another URL makes the tests of its links worthless: nothing is sent there before each has been tested again with
    its secrets typed again. What the former URL declared stays until the new one has answered.

    Args:
        session: A writing session.
        doer: Who does it.
        plugins: Must serve the new URL.
        connector_id: The connector.
        changes: `name`, `url` or both.
        expected_version: The version that the doer has seen.

    Raises:
        NotFoundError: There is no such connector.
        StaleVersionError: Somebody else has changed it since.
        InvalidInputError: The name is taken, or nothing answers behind the URL.
    """
    connector = _to_change(session, connector_id, expected_version)
    before = _audited(connector)
    name, url = changes.get("name", connector.name), changes.get("url", connector.url).strip()
    faults: dict[str, list[str]] = {}
    if url != connector.url:
        _check_url(plugins, url, faults)
    _check_name(session, name, connector.id, faults)
    if faults:
        raise InvalidInputError(faults)
    if url != connector.url:
        connector.url = url
        connector.url_revision += 1
    connector.name = name
    audited = changes_between(before, _audited(connector))
    if audited:
        connector.version += 1
        record(session, doer, "sync_connector.change", OBJECT_TYPE, connector.id, name, audited)
    _flush(session)
    return connector


def delete_connector(session: Session, doer: Doer, connector_id: int, expected_version: int) -> None:
    """Delete a connector that no ERP link uses; its row stays for the record.

    Raises:
        NotFoundError: There is no such connector.
        StaleVersionError: Somebody else has changed it since.
        ConflictError: Links use it; the message names them.
    """
    connector = _to_change(session, connector_id, expected_version)
    using = links_using(session, connector.id)
    if using:
        raise ConflictError(
            ngettext(
                "the ERP link %(links)s uses it",
                "%(num)s ERP links use it: %(links)s",
                len(using),
                links=", ".join(using),
            ),
            _("delete them or give them another sync connector first"),
        )
    connector.deleted_at = datetime.now(UTC)
    connector.version += 1
    record(
        session,
        doer,
        "sync_connector.delete",
        OBJECT_TYPE,
        connector.id,
        connector.name,
        changes_between(_audited(connector), {}),
    )


def _to_change(session: Session, connector_id: int, expected_version: int) -> SyncConnector:
    connector = session.scalar(
        select(SyncConnector)
        .where(SyncConnector.id == connector_id, SyncConnector.deleted_at.is_(None))
        .with_for_update()
    )
    if connector is None:
        raise NotFoundError(_("there is no such sync connector"))
    if connector.version != expected_version:
        raise stale_version(session, OBJECT_TYPE, connector_id)
    return connector


def _check_url(plugins: Plugins, url: str, faults: dict[str, list[str]]) -> None:
    try:
        parsed: ConnectorUrl = parse_connector_url(url)
        parsed.require_available()
        plugins.connector(parsed.plugin)
    except InvalidInputError as error:
        faults.update(error.errors)
    except ConnectorMissingError as error:
        faults["url"] = [error.text]


def _check_name(session: Session, name: str, own_id: int | None, faults: dict[str, list[str]]) -> None:
    taken = select(SyncConnector.id).where(SyncConnector.name == name, SyncConnector.deleted_at.is_(None))
    if any(found != own_id for found in session.scalars(taken)):
        faults["name"] = [_taken()]


def _flush(session: Session) -> None:
    """Write now, so that the name of two administrators at once is a fault of the later and not of the database."""
    try:
        session.flush()
    except IntegrityError as error:
        raise InvalidInputError({"name": [_taken()]}) from error


def _taken() -> str:
    return str(_("is taken by another sync connector"))


def _audited(connector: SyncConnector) -> dict[str, str]:
    return {name: getattr(connector, name) for name in _AUDITED}
