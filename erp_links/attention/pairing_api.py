"""API resource `pairings` of an ERP link, with what an ambiguous failed record may be paired with."""

from typing import Any

from flask.views import MethodView

from erp_links.attention import disconnecting
from erp_links.attention.answers import candidates_answer, pairing_answer
from erp_links.attention.matches import candidates_of, pair_ambiguous
from erp_links.attention.pairing import pair
from erp_links.attention.pairings import find_pairing, pairings_query
from erp_links.attention.schemas import CandidatesSchema, MatchInput, PairingInput, PairingSchema, PairingSearch
from erp_links.runtime import current_runtime
from erp_links.sync.models import Pairing
from erp_links.sync.views.failed_records import find_failed
from erp_links.sync.views.history import find_link, sees_values
from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, idempotent, page_schema, requires
from host.database import current_database
from host.paging import keyset_page

pairings = api_blueprint(
    "pairings", "/erp-links/<int:link_id>", "Which record of the ERP goes with which one of the hub."
)


@pairings.route("/pairings")
class PairingCollection(MethodView):
    """The pairings of a link."""

    @requires(TokenScope.READ)
    @pairings.arguments(PairingSearch, location="query")
    @pairings.response(200, page_schema(PairingSchema))
    def get(self, arguments: dict[str, Any], link_id: int) -> dict[str, Any]:
        """List the pairings of a link: those that hold, those that are gone in the ERP, and the tombstones."""
        principal = current_principal()
        narrowed = {name: arguments.pop(name) for name in ("state", "actor_type", "erp_key")}
        with current_database().reading() as session:
            find_link(session, principal, link_id)
            page = keyset_page(session, pairings_query(principal, link_id, **narrowed), [Pairing.id], **arguments)
            return {"items": [pairing_answer(each) for each in page.items], "next": page.next}

    @requires(TokenScope.ADMIN)
    @idempotent
    @pairings.arguments(PairingInput)
    @pairings.response(201, PairingSchema)
    @pairings.alt_response(409, "CONFLICT")
    def post(self, values: dict[str, Any], link_id: int) -> dict[str, Any]:
        """Pair a record of the ERP with one of the hub; the next run merges the two. The ERP is not asked."""
        with current_database().writing() as session:
            link = find_link(session, current_principal(), link_id)
            return pairing_answer(pair(session, link, doer=current_doer(), **values))


@pairings.route("/pairings/<int:pairing_id>")
class PairingItem(MethodView):
    """One pairing."""

    @requires(TokenScope.READ)
    @pairings.response(200, PairingSchema)
    def get(self, link_id: int, pairing_id: int) -> dict[str, Any]:
        """Read a pairing."""
        with current_database().reading() as session:
            return pairing_answer(find_pairing(session, current_principal(), pairing_id, link_id))


@pairings.route("/pairings/<int:pairing_id>/disconnect", methods=["POST"])
@requires(TokenScope.ADMIN)
@pairings.response(200, PairingSchema)
@pairings.alt_response(409, "CONFLICT")
def disconnect(link_id: int, pairing_id: int) -> dict[str, Any]:
    """End a pairing; both records stay, and a tombstone keeps every policy from pairing or making them again."""
    with current_database().writing() as session:
        find_pairing(session, current_principal(), pairing_id, link_id)
        return pairing_answer(disconnecting.disconnect(session, pairing_id, current_doer()))


@pairings.route("/pairings/<int:pairing_id>/lift", methods=["POST"])
@requires(TokenScope.ADMIN)
@pairings.response(204)
@pairings.alt_response(409, "CONFLICT")
def lift(link_id: int, pairing_id: int) -> None:
    """Lift a tombstone; the next run treats both records as ones that are not paired."""
    with current_database().writing() as session:
        find_pairing(session, current_principal(), pairing_id, link_id)
        disconnecting.lift(session, pairing_id, current_doer())


@pairings.route("/failed-records/<int:failed_id>/candidates")
class CandidateCollection(MethodView):
    """What may be meant by an ambiguous record."""

    @requires(TokenScope.READ)
    @pairings.response(200, CandidatesSchema)
    def get(self, link_id: int, failed_id: int) -> dict[str, Any]:
        """List the records that an ambiguous failed record may be paired with."""
        principal = current_principal()
        with current_database().reading() as session:
            failed = find_failed(session, principal, failed_id, link_id)
            sees = link_id in sees_values(session, principal, [link_id])
            return candidates_answer(candidates_of(session, failed), sees_values=sees)


@pairings.route("/failed-records/<int:failed_id>/pair", methods=["POST"])
@requires(TokenScope.ADMIN)
@pairings.arguments(MatchInput)
@pairings.response(200, PairingSchema)
@pairings.alt_response(409, "CONFLICT")
@pairings.alt_response(502, description="The ERP was asked for the key and did not answer.")
def pair_failed(values: dict[str, Any], link_id: int, failed_id: int) -> dict[str, Any]:
    """Pair an ambiguous failed record with the one that was chosen; the next run merges the two."""
    principal = current_principal()
    with current_database().reading() as session:
        find_failed(session, principal, failed_id, link_id)
    return pairing_answer(pair_ambiguous(current_runtime(), principal, failed_id, current_doer(), **values))
