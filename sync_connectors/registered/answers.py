"""Sync connectors as pages and the API show them; nothing here calls one."""

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from sync_connectors.connectors import Connectors
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.loading import ConnectorMissingError
from sync_connectors.probing import Probe, summary, words_of
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.token import read_token
from sync_connectors.registered.usage import links_using
from sync_connectors.urls import stored_url


def connector_answer(session: Session, connectors: Connectors, connector: SyncConnector) -> dict[str, Any]:
    """Return all that is shown of a connector."""
    return {
        "id": connector.id,
        "name": connector.name,
        "url": connector.url,
        "url_revision": connector.url_revision,
        "version": connector.version,
        "warning": warning_of(connector.url),
        "unavailable": why_unavailable(connectors, connector),
        "speaks": connector.speaks,
        "has_token": bool(read_token(session, connectors.secret_box, connector.id)),
        "probe": probe_answer(Probe.from_json(connector.probe)) if connector.probe else None,
        "declaration": declaration_answer(connector),
        "declared_at": connector.declared_at,
        "failure": failure_of(connector),
        "failed_at": connector.failed_at,
        "links": links_using(session, connector.id),
        "created_at": connector.created_at,
        "deleted_at": connector.deleted_at,
    }


def probe_answer(probe: Probe) -> dict[str, Any]:
    """Return what was called and what came back, worded for the one who asks."""
    return {
        "at": probe.at,
        "speaks": probe.speaks,
        "usable": probe.is_usable,
        "summary": summary(probe),
        "attempts": [{"called": one.called, "outcome": one.outcome, "words": words_of(one)} for one in probe.attempts],
    }


def failure_of(connector: SyncConnector) -> str:
    """Return why a connector did not answer when it was last asked, worded for the one who reads it; or empty."""
    if connector.failure and connector.probe:
        probe = Probe.from_json(connector.probe)
        if not probe.is_usable:
            return summary(probe)
    return connector.failure


def why_unavailable(connectors: Connectors, connector: SyncConnector) -> str:
    """Return why nothing can answer behind a connector's URL at present, or an empty text."""
    try:
        connectors.require(connector)
    except ConnectorMissingError as error:
        return error.text
    return ""


def warning_of(url: str) -> str:
    """Return what an administrator ought to know of a stored URL, or an empty text."""
    parsed = stored_url(url)
    return parsed.warning if parsed else ""


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
