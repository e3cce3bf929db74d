"""The use cases that ask the connector: adding one, giving one another URL or token, and only trying a URL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.database import Database
from host.logs import redact
from sync_connectors.connectors import Connectors
from sync_connectors.probing import Probe, probe
from sync_connectors.registered.declaring import refresh_declaration
from sync_connectors.registered.errors import UnansweredError
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import (
    add_connector,
    change_connector,
    check_connector,
    connector_by_id,
)
from sync_connectors.registered.token import read_token
from sync_connectors.urls import parse_connector_url


def register_connector(
    database: Database,
    connectors: Connectors,
    doer: Doer,
    *,
    name: str,
    url: str,
    token: str = "",
    confirm: bool = False,
) -> SyncConnector:
    """Add a connector and ask it what it declares.

    A plugin that fails to answer is added all the same, with the reason; a server only where that is confirmed.

    Raises:
        UnansweredError: No connector answered at the URL of a server, and `confirm` is not set.
        InvalidInputError: The name is taken, or the URL has no form that can be used.
    """
    with database.reading() as session:
        check_connector(session, connectors, name=name, url=url)
    probed = _probed(connectors, url, token)
    _require_answer(probed, confirm=confirm)
    with database.writing() as session:
        added = add_connector(session, doer, connectors, name=name, url=url, token=token, probed=probed)
    return refresh_declaration(database, connectors, doer, added.id, probed)


def change_and_ask(
    database: Database,
    connectors: Connectors,
    doer: Doer,
    connector_id: int,
    changes: Mapping[str, Any],
    expected_version: int,
) -> SyncConnector:
    """Change a connector, and ask it again if its URL or token is another one now.

    Args:
        database: Opens its own transactions; none is open while the connector is asked.
        connectors: Lead to the connector.
        doer: Who does it.
        connector_id: The connector.
        changes: `name`, `url`, `token`, or some of them, and `confirm`: whether a URL is stored at which no
            connector answers.
        expected_version: The version that the doer has seen.

    Raises:
        NotFoundError: There is no such connector.
        StaleVersionError: Somebody else has changed it since.
        UnansweredError: No connector answered at the URL of a server, and that is not confirmed.
        InvalidInputError: The name is taken, or the URL has no form that can be used.
    """
    wanted = {field: value for field, value in changes.items() if field != "confirm"}
    with database.reading() as session:
        known = connector_by_id(session, connector_id)
        url = wanted.get("url", known.url).strip()
        token = _token_for(session, connectors, known, url, wanted.get("token"))
        is_elsewhere = url != known.url or token != read_token(session, connectors.secret_box, known.id)
        is_seen = known.version == expected_version
        if is_seen:
            check_connector(session, connectors, name=wanted.get("name", known.name), url=url, known=known)
    probed = _probed(connectors, url, token) if is_elsewhere and is_seen else None
    _require_answer(probed, confirm=bool(changes.get("confirm")))
    with database.writing() as session:
        changed = change_connector(session, doer, connectors, connector_id, wanted, expected_version, probed)
    return refresh_declaration(database, connectors, doer, connector_id, probed) if is_elsewhere else changed


def try_url(
    database: Database, connectors: Connectors, url: str, token: str | None, connector_id: int | None = None
) -> Probe | None:
    """Ask what a URL speaks without storing anything; None for one that leads to no server.

    Args:
        database: Opens its own transaction.
        connectors: Know the settings of outbound calls.
        url: As it was typed.
        token: As it was typed; None means the stored one, which is shown to no other URL than its own.
        connector_id: The connector whose URL is about to be changed, or None for a new one.

    Raises:
        NotFoundError: There is no such connector.
        InvalidInputError: The URL has no form that can be used.
    """
    parse_connector_url(url).require_available()
    if connector_id is not None:
        with database.reading() as session:
            known = connector_by_id(session, connector_id)
            token = _token_for(session, connectors, known, url.strip(), token)
    return _probed(connectors, url, token or "")


def _token_for(session: Session, connectors: Connectors, known: SyncConnector, url: str, typed: str | None) -> str:
    if typed is not None:
        return typed
    return read_token(session, connectors.secret_box, known.id) if url == known.url else ""


def _probed(connectors: Connectors, url: str, token: str) -> Probe | None:
    parsed = parse_connector_url(url)
    if not parsed.is_asked:
        return None
    with redact([token]):
        return probe(connectors.settings, parsed, token)


def _require_answer(probed: Probe | None, *, confirm: bool) -> None:
    if probed is not None and not probed.is_usable and not confirm:
        raise UnansweredError(probed)
