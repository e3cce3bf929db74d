"""API resources `erp-links/<id>/mappings` and `sync-priority`."""

from typing import Any

from flask.views import MethodView

from erp_links.links.finding import managed_link
from erp_links.mapping.answers import MappingSchema, PrioritySchema, mapping_answer, priority_answer
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.priority import save_priority, sync_priority
from erp_links.mapping.schemas import MappingInput, PriorityInput
from host.accounts.current import current_doer
from host.api import TokenScope, api_blueprint, expected_version, requires, versioned
from host.database import current_database

mappings = api_blueprint("mappings", "/erp-links", "How the fields of an ERP link go with those of the CRM.")
priority = api_blueprint("sync-priority", "/sync-priority", "Which of the active links and the CRM wins.")


@mappings.route("/<int:link_id>/mappings")
class Mapping(MethodView):
    """The mapping of one ERP link."""

    @requires(TokenScope.ADMIN)
    @versioned
    @mappings.response(200, MappingSchema)
    def get(self, link_id: int) -> dict[str, Any]:
        """Read the mapping, with what stands in the way of activation."""
        with current_database().reading() as session:
            return mapping_answer(session, link_id)

    @requires(TokenScope.ADMIN)
    @versioned
    @mappings.arguments(MappingInput)
    @mappings.response(200, MappingSchema)
    @mappings.alt_response(409, "CONFLICT")
    def put(self, values: dict[str, Any], link_id: int) -> dict[str, Any]:
        """Change the mapping; what is not named stays as it is."""
        with current_database().writing() as session:
            save_mapping(session, current_doer(), managed_link(session, link_id), values, expected_version())
            return mapping_answer(session, link_id)


@priority.route("")
class Priority(MethodView):
    """The sync priority."""

    @requires(TokenScope.ADMIN)
    @versioned
    @priority.response(200, PrioritySchema)
    def get(self) -> dict[str, Any]:
        """Read the order, the strongest first."""
        with current_database().reading() as session:
            return priority_answer(sync_priority(session))

    @requires(TokenScope.ADMIN)
    @versioned
    @priority.arguments(PriorityInput)
    @priority.response(200, PrioritySchema)
    def put(self, values: dict[str, Any]) -> dict[str, Any]:
        """Change the order."""
        with current_database().writing() as session:
            return priority_answer(save_priority(session, current_doer(), values["order"], expected_version()))
