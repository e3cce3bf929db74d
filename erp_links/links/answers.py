"""Links and tests of links in the form that the API gives them."""

from typing import Any

from sqlalchemy.orm import Session

from erp_links.links.finding import secret_owner
from erp_links.links.models import ErpLink
from erp_links.links.results import TestResult
from erp_links.links.standing import Standing, standing_of
from erp_links.runtime import LinkRuntime
from erp_links.visibility import may_see, rights
from host.accounts.principal import Principal
from host.secrets import SecretStore
from sync_connectors import ConfigurationField
from sync_connectors.configuration import masked
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import declaration_of


def link_answer(
    session: Session, runtime: LinkRuntime, principal: Principal, link: ErpLink, standing: Standing | None = None
) -> dict[str, Any]:
    """Return a link as the principal may know it: its configuration, masked, is for administrators only."""
    brief = brief_answer(principal, link, standing or standing_of(session, runtime, link))
    if not principal.is_administrator:
        return brief
    return brief | {
        "guid": link.guid,
        "description": link.description,
        "connector_id": link.connector_id,
        "visibility": _visibility(link),
        "configuration": masked_configuration(session, runtime, link),
        "erp_time_zone": link.erp_time_zone,
        "automatic": link.automatic,
        "interval_seconds": link.interval_seconds,
        "tested_at": link.tested_at,
        "declared_at": link.declared_at,
        "created_at": link.created_at,
        "updated_at": link.updated_at,
    }


def brief_answer(principal: Principal, link: ErpLink, standing: Standing) -> dict[str, Any]:
    """Return what a user may know of a link."""
    given = rights(link, principal)
    paused = None
    if standing.paused is not None:
        # the words of a pause may come from the ERP and are for administrators
        detail = standing.detail if principal.is_administrator else ""
        paused = {"reason": standing.paused.value, "detail": detail, "since": standing.since}
    return {
        "id": link.id,
        "name": link.name,
        "state": link.state,
        "paused": paused,
        "rights": {
            "may_see": may_see(link, principal),
            "may_connect": given.may_connect,
            "may_create": given.may_create,
        },
        "version": link.version,
    }


def masked_configuration(session: Session, runtime: LinkRuntime, link: ErpLink) -> dict[str, Any]:
    """Return a configuration as it may be shown to an administrator."""
    names = SecretStore(session, runtime.secret_box).names(secret_owner(link.id))
    return masked(shown_fields(link.connector), link.configuration, names)


def shown_fields(connector: SyncConnector | None) -> tuple[ConfigurationField, ...]:
    """Return the configuration fields to show for a connector: none while it has not declared any."""
    if connector is None or connector.declaration is None:
        return ()
    return declaration_of(connector).fields


def test_answer(result: TestResult) -> dict[str, Any]:
    """Return how a test ended."""
    return {
        "passed": result.passed,
        "at": result.at,
        "seconds": round(result.seconds, 3),
        "text": result.text,
        "instruction": result.instruction,
        "technical": result.technical,
        "error_class": result.error_class,
        "fields": dict(result.fields),
        "details": dict(result.details),
        "notices": [notice.text for notice in result.notices],
        "proof": result.proof,
    }


def _visibility(link: ErpLink) -> dict[str, Any]:
    users = [row for row in link.access if row.user_id is not None]
    groups = [row for row in link.access if row.group_id is not None]
    return {
        "mode": link.visibility,
        "users": [
            {"user_id": row.user_id, "may_connect": row.may_connect, "may_create": row.may_create} for row in users
        ],
        "groups": [
            {"group_id": row.group_id, "may_connect": row.may_connect, "may_create": row.may_create} for row in groups
        ],
    }
