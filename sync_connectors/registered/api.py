"""API resource `sync-connectors`."""

from typing import Any

from flask.views import MethodView
from flask_babel import gettext as _
from sqlalchemy import select

from host.accounts.current import current_doer
from host.api import TokenScope, api_blueprint, expected_version, idempotent, page_schema, requires, versioned
from host.database import current_database
from host.errors import InvalidInputError
from host.paging import keyset_page
from sync_connectors.connectors import current_connectors
from sync_connectors.registered import operations
from sync_connectors.registered.answers import connector_answer, probe_answer
from sync_connectors.registered.declaring import refresh_declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.registering import change_and_ask, register_connector, try_url
from sync_connectors.registered.schemas import (
    ConnectorChange,
    ConnectorInput,
    ConnectorSchema,
    ConnectorSearch,
    ProbeInput,
    ProbeSchema,
)

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
        connectors = current_connectors()
        with current_database().reading() as session:
            page = keyset_page(session, query, (SyncConnector.name, SyncConnector.id), **arguments)
            return {"items": [connector_answer(session, connectors, one) for one in page.items], "next": page.next}

    @requires(TokenScope.ADMIN)
    @idempotent
    @versioned
    @blueprint.arguments(ConnectorInput)
    @blueprint.response(201, ConnectorSchema)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Add a sync connector and ask it what it declares.

        A plugin that does not answer is added with the reason; a server only with `confirm`, else the problem
        `unanswered` tells what was called and what came back.
        """
        return _answer(register_connector(current_database(), current_connectors(), current_doer(), **values).id)


@blueprint.route("/probe")
class ConnectorProbe(MethodView):
    """What a URL answers."""

    @requires(TokenScope.ADMIN)
    @blueprint.arguments(ProbeInput)
    @blueprint.response(200, ProbeSchema)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Ask a URL what it speaks, without storing anything; one of a plugin leads to no server and is refused."""
        probed = try_url(
            current_database(), current_connectors(), values["url"], values.get("token"), values.get("connector_id")
        )
        if probed is None:
            raise InvalidInputError({"url": [_("leads to no server, a plugin answers in this process")]})
        return probe_answer(probed)


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
        """Change name, URL or token; after another URL, each of its links has to be tested again with its secrets.

        A server that does not answer at another URL is stored only with `confirm`, as when one is added.
        """
        database, connectors = current_database(), current_connectors()
        change_and_ask(database, connectors, current_doer(), connector_id, changes, expected_version())
        return _answer(connector_id)

    @requires(TokenScope.ADMIN)
    @versioned
    @blueprint.response(204)
    @blueprint.alt_response(409, "CONFLICT")
    def delete(self, connector_id: int) -> None:
        """Delete a sync connector that no ERP link uses."""
        with current_database().writing() as session:
            operations.delete_connector(session, current_doer(), current_connectors(), connector_id, expected_version())


@blueprint.route("/<int:connector_id>/refresh")
class ConnectorRefresh(MethodView):
    """What a connector declares."""

    @requires(TokenScope.ADMIN)
    @blueprint.response(200, ConnectorSchema)
    def post(self, connector_id: int) -> dict[str, Any]:
        """Ask the connector again what it declares; `failure` says why it did not answer."""
        refresh_declaration(current_database(), current_connectors(), current_doer(), connector_id)
        return _answer(connector_id)


def _answer(connector_id: int) -> dict[str, Any]:
    with current_database().reading() as session:
        connector = operations.connector_by_id(session, connector_id)
        return connector_answer(session, current_connectors(), connector)
