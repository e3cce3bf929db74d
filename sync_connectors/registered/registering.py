"""The two use cases that end with asking the connector: adding one, and giving one another URL."""

from collections.abc import Mapping
from typing import Any

from host.audit.doer import Doer
from host.database import Database
from sync_connectors.loading import Plugins
from sync_connectors.registered.declaring import refresh_declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import add_connector, change_connector


def register_connector(database: Database, plugins: Plugins, doer: Doer, *, name: str, url: str) -> SyncConnector:
    """Add a connector and ask it what it declares. One that does not answer is added all the same, with the reason.

    Raises:
        InvalidInputError: The name is taken, or nothing answers behind the URL.
    """
    with database.writing() as session:
        connector_id = add_connector(session, doer, plugins, name=name, url=url).id
    return refresh_declaration(database, plugins, doer, connector_id)


def change_and_ask(
    database: Database,
    plugins: Plugins,
    doer: Doer,
    connector_id: int,
    changes: Mapping[str, Any],
    expected_version: int,
) -> SyncConnector:
    """Change a connector, and ask it again if its URL is another one now.

    Raises:
        NotFoundError: There is no such connector.
        StaleVersionError: Somebody else has changed it since.
        InvalidInputError: The name is taken, or nothing answers behind the URL.
    """
    with database.reading() as session:
        known = session.get(SyncConnector, connector_id)
        revision = known.url_revision if known else 0
    with database.writing() as session:
        changed = change_connector(session, doer, plugins, connector_id, changes, expected_version)
    if changed.url_revision == revision:
        return changed
    return refresh_declaration(database, plugins, doer, connector_id)
