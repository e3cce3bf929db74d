"""Sync connectors as pages and the API show them; nothing here calls one."""

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from host.errors import InvalidInputError
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.loading import ConnectorMissingError, Plugins
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.usage import links_using
from sync_connectors.urls import connector_name, parse_connector_url


def connector_answer(session: Session, plugins: Plugins, connector: SyncConnector) -> dict[str, Any]:
    """Return all that is shown of a connector."""
    return {
        "id": connector.id,
        "name": connector.name,
        "url": connector.url,
        "url_revision": connector.url_revision,
        "version": connector.version,
        "warning": warning_of(connector.url),
        "unavailable": why_unavailable(plugins, connector),
        "declaration": declaration_answer(connector),
        "declared_at": connector.declared_at,
        "failure": connector.failure,
        "failed_at": connector.failed_at,
        "links": links_using(session, connector.id),
        "created_at": connector.created_at,
        "deleted_at": connector.deleted_at,
    }


def why_unavailable(plugins: Plugins, connector: SyncConnector) -> str:
    """Return why nothing can answer behind a connector's URL at present, or an empty text."""
    try:
        plugins.connector(connector_name(connector.url))
    except ConnectorMissingError as error:
        return error.text
    return ""


def warning_of(url: str) -> str:
    """Return what an administrator ought to know of a stored URL, or an empty text."""
    try:
        return parse_connector_url(url).warning
    except InvalidInputError:
        return ""


def declaration_answer(connector: SyncConnector) -> dict[str, Any] | None:
    """Return what a connector last declared, or None."""
    if connector.declaration is None:
        return None
    declaration = Declaration.from_json(connector.declaration)
    return {
        "name": declaration.name,
        "label": declaration.label,
        "version": declaration.version,
        "contract_version": declaration.contract_version,
        "configuration_fields": [_field_answer(field) for field in declaration.fields],
    }


def _field_answer(field: ConfigurationField) -> dict[str, Any]:
    return asdict(field) | {
        "type": field.type.value,
        "is_secret": field.is_secret,
        "choices": [{"key": key, "text": text} for key, text in field.choices.items()],
    }
