"""API resource `audit`."""

from typing import Any

from host.api import TokenScope, api_blueprint, page_schema, requires
from host.audit.models import AuditEntry
from host.audit.schemas import AuditEntrySchema, AuditSearch
from host.audit.search import search
from host.database import current_database
from host.paging import Page

blueprint = api_blueprint("audit", "/audit", "Who changed what, when and from where; for administrators.")


@blueprint.route("")
@requires(TokenScope.ADMIN)
@blueprint.arguments(AuditSearch, location="query")
@blueprint.response(200, page_schema(AuditEntrySchema))
def find(arguments: dict[str, Any]) -> Page[AuditEntry]:
    """Search the audit log, newest first."""
    with current_database().reading() as session:
        return search(session, **arguments)
