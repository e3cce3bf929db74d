"""API resources `companies/<id>/erp-tab` and `persons/<id>/erp-tab`."""

from collections.abc import Callable
from typing import Any

from erp_links.runtime import current_runtime
from erp_links.tab.answers import TabSchema, tab_answer
from erp_links.tab.blocks import tab_blocks
from erp_links.tab.reading import current_tab_reader
from host.accounts.current import current_principal
from host.api import ApiBlueprint, TokenScope, api_blueprint, requires
from host.crm import records
from host.crm.entity_type import EntityType
from host.crm.registry import entity_types


def tab_resources() -> list[ApiBlueprint]:
    """Return one resource for each entity of the hub."""
    return [_resource(entity) for entity in entity_types().values()]


def _resource(entity: EntityType) -> ApiBlueprint:
    blueprint = api_blueprint(
        f"{entity.path}-erp-tab", f"/{entity.path}", "What the ERPs tell of a record, read from them at once."
    )
    blueprint.route("/<int:record_id>/erp-tab")(requires(TokenScope.READ)(_view(entity, blueprint)))
    return blueprint


def _view(entity: EntityType, blueprint: ApiBlueprint) -> Callable[[int], dict[str, Any]]:
    @blueprint.response(200, TabSchema)
    def erp_tab(record_id: int) -> dict[str, Any]:
        """Read the values of all visible active links; an ERP that does not answer costs its own block only."""
        runtime = current_runtime()
        with runtime.database.reading() as session:
            records.get(session, entity.key, record_id)
            blocks = tab_blocks(session, runtime, current_principal(), entity.key, record_id)
        return tab_answer(current_tab_reader().read_all(blocks))

    view: Callable[[int], dict[str, Any]] = erp_tab
    return view
