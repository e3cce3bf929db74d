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
from host.audit.operations import CHANGED, changes_between, record, stale_version
from host.errors import ConflictError, InvalidInputError, NotFoundError
from sync_connectors.connectors import Connectors
from sync_connectors.loading import ConnectorMissingError
from sync_connectors.probing import Probe
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.token import read_token, write_token
from sync_connectors.registered.usage import links_using
from sync_connectors.urls import Protocol, parse_connector_url

OBJECT_TYPE = "sync_connector"
"""How the audit log names a sync connector."""

_AUDITED = ("name", "url")


def registered_connectors(session: Session, *, with_deleted: bool = False) -> Sequence[SyncConnector]:
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


def check_connector(
    session: Session, connectors: Connectors, *, name: str, url: str, known: SyncConnector | None = None
) -> None:
    """Do nothing where a connector can be stored under a name with a URL.

    Args:
        session: Any session.
        connectors: Know the plugins.
        name: As it was typed.
        url: As it was typed; checked where it is another one than that of `known`.
        known: The connector that is changed, or None for a new one.

    Raises:
        InvalidInputError: The name is taken, or the URL has no form that can be used.
    """
    faults: dict[str, list[str]] = {}
    if known is None or url.strip() != known.url:
        _check_url(connectors, url, faults)
    _check_name(session, name, known.id if known else None, faults)
    if faults:
        raise InvalidInputError(faults)


def add_connector(
    session: Session,
    doer: Doer,
    connectors: Connectors,
    *,
    name: str,
    url: str,
    token: str = "",
    probed: Probe | None = None,
) -> SyncConnector:
    """Register a connector; what it declares is asked for afterwards.

    Args:
        session: A writing session.
        doer: Who does it.
        connectors: Know the plugins and encrypt the token.
        name: Unique among the connectors that are not deleted.
        url: In one of the known forms.
        token: What the server behind the URL wants to be shown, or empty.
        probed: What the URL answered, where it leads to a server.

    Raises:
        InvalidInputError: The name is taken, or the URL has no form that can be used.
    """
    check_connector(session, connectors, name=name, url=url)
    added = SyncConnector(name=name, url=url.strip(), created_at=datetime.now(UTC))
    _remember(added, probed)
    session.add(added)
    _flush(session)
    changes = changes_between({}, _audited(added))
    if token:
        write_token(session, connectors.secret_box, added.id, token)
        changes["token"] = {"before": None, "after": CHANGED}
    record(session, doer, "sync_connector.create", OBJECT_TYPE, added.id, name, changes)
    return added


def change_connector(
    session: Session,
    doer: Doer,
    connectors: Connectors,
    connector_id: int,
    changes: Mapping[str, Any],
    expected_version: int,
    probed: Probe | None = None,
) -> SyncConnector:
    """Give a connector another name, URL or token.

    Another URL makes the tests of its links worthless: nothing is sent there before each has been tested again with
    its secrets typed again. Its token is forgotten likewise, unless one comes with the new URL. What the former URL
    declared stays until the new one has answered.

    Args:
        session: A writing session.
        doer: Who does it.
        connectors: Know the plugins and encrypt the token.
        connector_id: The connector.
        changes: `name`, `url` and `token`, or some of them; an empty token forgets the stored one.
        expected_version: The version that the doer has seen.
        probed: What the new URL answered, where it leads to a server.

    Raises:
        NotFoundError: There is no such connector.
        StaleVersionError: Somebody else has changed it since.
        InvalidInputError: The name is taken, or the URL has no form that can be used.
    """
    connector = _to_change(session, connector_id, expected_version)
    before = _audited(connector)
    name, url = changes.get("name", connector.name), changes.get("url", connector.url).strip()
    check_connector(session, connectors, name=name, url=url, known=connector)
    token: str | None = changes.get("token")
    if url != connector.url:
        connector.url = url
        connector.url_revision += 1
        connector.speaks, connector.probe = "", None
        token = token or ""
    _remember(connector, probed)
    connector.name = name
    audited = changes_between(before, _audited(connector))
    if token is not None and token != read_token(session, connectors.secret_box, connector_id):
        write_token(session, connectors.secret_box, connector_id, token)
        audited["token"] = {"before": CHANGED, "after": CHANGED if token else None}
    if audited:
        connector.version += 1
        record(session, doer, "sync_connector.change", OBJECT_TYPE, connector.id, name, audited)
    _flush(session)
    return connector


def delete_connector(
    session: Session, doer: Doer, connectors: Connectors, connector_id: int, expected_version: int
) -> None:
    """Delete a connector that no ERP link uses; its row stays for the record, its token does not.

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
    write_token(session, connectors.secret_box, connector.id, "")
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


def _remember(connector: SyncConnector, probed: Probe | None) -> None:
    if probed is not None:
        connector.speaks, connector.probe = probed.speaks, probed.to_json()


def _check_url(connectors: Connectors, url: str, faults: dict[str, list[str]]) -> None:
    try:
        parsed = parse_connector_url(url)
        parsed.require_available()
        if parsed.protocol is Protocol.PLUGIN:
            connectors.plugins.connector(parsed.plugin)
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
