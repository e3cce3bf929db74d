"""API resource `sync-connectors`."""

from typing import Any

from flask.views import MethodView
from sqlalchemy import select

from host.accounts.current import current_doer
from host.api import TokenScope, api_blueprint, expected_version, idempotent, page_schema, requires, versioned
from host.database import current_database
from host.paging import keyset_page
from sync_connectors.loading import current_plugins
from sync_connectors.registered import operations
from sync_connectors.registered.answers import connector_answer
from sync_connectors.registered.declaring import refresh_declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.registering import change_and_ask, register_connector
from sync_connectors.registered.schemas import ConnectorChange, ConnectorInput, ConnectorSchema, ConnectorSearch

blueprint = api_blueprint(
    "sync-connectors", "/sync-connectors", "Sync connectors: names and URLs behind which connectors answer."
)


@blueprint.route("")
class ConnectorList(MethodView):
    """All sync connectors."""

    @requires(TokenScope.ADMIN)
    @blueprint.arguments(ConnectorSearch, location="query")
    @blueprint.response(200, page_schema(ConnectorSchema))
    def get(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """List the sync connectors; none of them is called."""
        query = select(SyncConnector)
        if not arguments.pop("deleted"):
            query = query.where(SyncConnector.deleted_at.is_(None))
        plugins = current_plugins()
        with current_database().reading() as session:
            page = keyset_page(session, query, (SyncConnector.name, SyncConnector.id), **arguments)
            return {"items": [connector_answer(session, plugins, one) for one in page.items], "next": page.next}

    @requires(TokenScope.ADMIN)
    @idempotent
    @versioned
    @blueprint.arguments(ConnectorInput)
    @blueprint.response(201, ConnectorSchema)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Add a sync connector and ask it what it declares; one that does not answer is added with the reason."""
        return _answer(register_connector(current_database(), current_plugins(), current_doer(), **values).id)


@blueprint.route("/<int:connector_id>")
class ConnectorItem(MethodView):
    """One sync connector."""

    @requires(TokenScope.ADMIN)
    @versioned
    @blueprint.response(200, ConnectorSchema)
    def get(self, connector_id: int) -> dict[str, Any]:
        """Read a sync connector with what it last declared."""
        return _answer(connector_id)

    @requires(TokenScope.ADMIN)
    @versioned
    @blueprint.arguments(ConnectorChange)
    @blueprint.response(200, ConnectorSchema)
    def patch(self, changes: dict[str, Any], connector_id: int) -> dict[str, Any]:
        """Change name or URL; after another URL, each of its links has to be tested again with its secrets."""
        database, plugins = current_database(), current_plugins()
        change_and_ask(database, plugins, current_doer(), connector_id, changes, expected_version())
        return _answer(connector_id)

    @requires(TokenScope.ADMIN)
    @versioned
    @blueprint.response(204)
    @blueprint.alt_response(409, "CONFLICT")
    def delete(self, connector_id: int) -> None:
        """Delete a sync connector that no ERP link uses."""
        with current_database().writing() as session:
            operations.delete_connector(session, current_doer(), connector_id, expected_version())


@blueprint.route("/<int:connector_id>/refresh")
class ConnectorRefresh(MethodView):
    """What a connector declares."""

    @requires(TokenScope.ADMIN)
    @blueprint.response(200, ConnectorSchema)
    def post(self, connector_id: int) -> dict[str, Any]:
        """Ask the connector again what it declares; `failure` says why it did not answer."""
        refresh_declaration(current_database(), current_plugins(), current_doer(), connector_id)
        return _answer(connector_id)


def _answer(connector_id: int) -> dict[str, Any]:
    with current_database().reading() as session:
        connector = operations.connector_by_id(session, connector_id)
        return connector_answer(session, current_plugins(), connector)
