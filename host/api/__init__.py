"""The ground of the REST API under `/api/v1`; features bring their resources.

blueprint = api_blueprint("things", "/things", "Things of the hub.")

@blueprint.route("/<int:thing_id>")
class ThingItem(MethodView):
    @requires(TokenScope.READ)
    @versioned
    @blueprint.response(200, ThingSchema)
    def get(self, thing_id: int) -> Thing: ...

register_api(app, blueprint)
"""

from host.accounts.models import TokenScope
from host.api.access import requires
from host.api.blueprints import ApiBlueprint, api_blueprint
from host.api.idempotency import idempotent
from host.api.paging import PageArguments, page_schema
from host.api.service import init_api, register_api
from host.api.versions import expected_version, versioned

__all__ = [
    "ApiBlueprint",
    "PageArguments",
    "TokenScope",
    "api_blueprint",
    "expected_version",
    "idempotent",
    "init_api",
    "page_schema",
    "register_api",
    "requires",
    "versioned",
]
