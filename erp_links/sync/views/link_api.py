"""API resource `sync` of an ERP link: how it stands, its brake, and full reads."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from erp_links.links import braking
from erp_links.mapping.full_read import request_full_read
from erp_links.runtime import current_runtime
from erp_links.sync.views.history import find_link
from erp_links.sync.views.link_schemas import LinkSyncSchema, RequestedReadsSchema
from erp_links.sync.views.link_view import link_view
from erp_links.sync.views.schemas import BrakeInput, FullReadInput
from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, expected_version, requires, versioned
from host.database import current_database

sync = api_blueprint("sync", "/erp-links/<int:link_id>/sync", "How the syncs of one ERP link stand.")


@sync.route("")
class LinkSyncItem(MethodView):
    """How the syncs of a link stand."""

    @requires(TokenScope.READ)
    @sync.response(200, LinkSyncSchema)
    def get(self, link_id: int) -> dict[str, Any]:
        """Read when a link last synced, how far it is behind, what waits, and what a full read is due for."""
        return _answer(link_id)


@sync.route("/brake")
class BrakeItem(MethodView):
    """How much a run may change before it stops."""

    @requires(TokenScope.ADMIN)
    @versioned
    @sync.arguments(BrakeInput)
    @sync.response(200, LinkSyncSchema)
    def put(self, values: dict[str, int], link_id: int) -> dict[str, Any]:
        """Set the brake of a link; If-Match names the version of the link."""
        with current_database().writing() as session:
            find_link(session, current_principal(), link_id)
            braking.change_brake(session, current_doer(), link_id, expected_version=expected_version(), **values)
        return _answer(link_id)


@sync.route("/full-reads", methods=["POST"])
@requires(TokenScope.ADMIN)
@sync.arguments(FullReadInput)
@sync.response(200, RequestedReadsSchema)
@sync.alt_response(409, "CONFLICT")
def full_reads(values: dict[str, Any], link_id: int) -> dict[str, list[str]]:
    """Have the next run look at everything again, on both sides; it is not started by this."""
    with current_database().writing() as session:
        find_link(session, current_principal(), link_id)
        return {"actor_types": request_full_read(session, current_doer(), link_id, values["actor_type"] or None)}


def _answer(link_id: int) -> dict[str, Any]:
    runtime = current_runtime()
    with runtime.database.reading() as session:
        view = link_view(session, runtime, find_link(session, current_principal(), link_id))
        behind, oldest = view.is_behind, view.oldest_change
        return {
            "link_id": link_id,
            "version": view.link.version,
            "last_success": view.row.last_success,
            "automatic": view.automatic,
            "next_run_at": view.next_run_at,
            "seconds_behind": behind.seconds if behind and behind.since else None,
            "oldest_queued_at": oldest.since if oldest else None,
            "queued": view.queued,
            "waiting": asdict(view.waiting),
            "full_reads_due": [asdict(each) for each in view.due],
            "brake_percent": view.link.brake_percent,
            "brake_least": view.link.brake_least,
            "brake_lifted": view.link.brake_lifted,
            "stopped_run_id": view.stopped.id if view.stopped else None,
        }
