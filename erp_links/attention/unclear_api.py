"""API resource `unclear-creates` of an ERP link."""

from typing import Any

from flask.views import MethodView

from erp_links.attention import unclear as operations
from erp_links.attention.answers import pairing_answer, unclear_answer
from erp_links.attention.schemas import MadeInput, PairingSchema, UnclearSchema
from erp_links.runtime import current_runtime
from erp_links.sync.models import Intent
from erp_links.sync.views.history import find_link, sees_values
from host.accounts.current import current_doer, current_principal
from host.api import PageArguments, TokenScope, api_blueprint, page_schema, requires
from host.database import current_database
from host.paging import keyset_page

unclear = api_blueprint(
    "unclear-creates",
    "/erp-links/<int:link_id>/unclear-creates",
    "Records that the ERP may have made without saying so; never sent again without a person.",
)


@unclear.route("")
class UnclearCollection(MethodView):
    """The unclear creates of a link."""

    @requires(TokenScope.READ)
    @unclear.arguments(PageArguments, location="query")
    @unclear.response(200, page_schema(UnclearSchema))
    def get(self, arguments: dict[str, Any], link_id: int) -> dict[str, Any]:
        """List the unclear creates of a link, with what was sent."""
        principal = current_principal()
        with current_database().reading() as session:
            find_link(session, principal, link_id)
            page = keyset_page(session, operations.unclear_query(principal, link_id), [Intent.id], **arguments)
            sees = link_id in sees_values(session, principal, [link_id])
            return {
                "items": [unclear_answer(each, principal, sees_values=sees) for each in page.items],
                "next": page.next,
            }


@unclear.route("/<int:intent_id>")
class UnclearItem(MethodView):
    """One unclear create."""

    @requires(TokenScope.READ)
    @unclear.response(200, UnclearSchema)
    def get(self, link_id: int, intent_id: int) -> dict[str, Any]:
        """Read an unclear create."""
        principal = current_principal()
        with current_database().reading() as session:
            found = operations.find_unclear(session, principal, intent_id, link_id)
            sees = link_id in sees_values(session, principal, [link_id])
            return unclear_answer(found, principal, sees_values=sees)


@unclear.route("/<int:intent_id>/made", methods=["POST"])
@requires(TokenScope.ADMIN)
@unclear.arguments(MadeInput)
@unclear.response(200, PairingSchema)
@unclear.alt_response(409, "CONFLICT")
@unclear.alt_response(502, description="The ERP was asked for the key and did not answer.")
def made(values: dict[str, Any], link_id: int, intent_id: int) -> dict[str, Any]:
    """Say that the ERP made the record, and under which key; the two are paired."""
    with current_database().reading() as session:
        operations.find_unclear(session, current_principal(), intent_id, link_id)
    return pairing_answer(operations.settle_as_made(current_runtime(), intent_id, values["erp_key"], current_doer()))


@unclear.route("/<int:intent_id>/not-made", methods=["POST"])
@requires(TokenScope.ADMIN)
@unclear.response(204)
def not_made(link_id: int, intent_id: int) -> None:
    """Say that the ERP did not make the record; the next run creates it."""
    with current_database().writing() as session:
        operations.find_unclear(session, current_principal(), intent_id, link_id)
        operations.settle_as_not_made(session, intent_id, current_doer())
