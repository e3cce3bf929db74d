"""API resource `plugins`."""

from typing import Any

from host.api import TokenScope, api_blueprint, requires
from sync_connectors.loading.plugins import current_plugins
from sync_connectors.loading.schemas import PluginListSchema

blueprint = api_blueprint("plugins", "/plugins", "Connector plugins that were found when this process started.")


@blueprint.route("")
@requires(TokenScope.ADMIN)
@blueprint.response(200, PluginListSchema)
def list_plugins() -> dict[str, Any]:
    """List the plugins, with the reason for each that is not loaded."""
    return {"items": current_plugins().reports}
