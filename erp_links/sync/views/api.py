"""API resource `runs` of an ERP link."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView
from flask_babel import gettext as _

from erp_links.runtime import current_runtime
from erp_links.sync import requesting
from erp_links.sync.models import LogEntry, Run, RunMode
from erp_links.sync.reverting import operations as reverting
from erp_links.sync.reverting.revertible import count_revertible, find_ended_run
from erp_links.sync.views.answer_schemas import (
    ChangeSchema,
    PreviewSchema,
    RevertedSchema,
    RevertibleSchema,
    RunSchema,
)
from erp_links.sync.views.answers import change_answer, run_answer
from erp_links.sync.views.changes import changes_query
from erp_links.sync.views.history import find_link, find_run, runs_query, sees_values
from erp_links.sync.views.presenting import record_titles
from erp_links.sync.views.preview_view import preview_view, sample_answer
from erp_links.sync.views.schemas import ChangeChoice, ChangeSearch, RevertInput, RunInput, RunSearch
from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, idempotent, page_schema, requires, versioned
from host.database import current_database
from host.errors import ConflictError
from host.paging import keyset_page

runs = api_blueprint("runs", "/erp-links/<int:link_id>/runs", "Runs of the sync engine for one ERP link.")


@runs.route("")
class RunCollection(MethodView):
    """The runs of a link."""

    @requires(TokenScope.READ)
    @runs.arguments(RunSearch, location="query")
    @runs.response(200, page_schema(RunSchema))
    def get(self, arguments: dict[str, Any], link_id: int) -> dict[str, Any]:
        """List the runs of a link, newest first."""
        principal = current_principal()
        outcome = arguments.pop("outcome")
        with current_database().reading() as session:
            find_link(session, principal, link_id)
            page = keyset_page(session, runs_query(principal, link_id, outcome), [Run.id], descending=True, **arguments)
            return {"items": [run_answer(run, principal) for run in page.items], "next": page.next}

    @requires(TokenScope.ADMIN)
    @idempotent
    @versioned
    @runs.arguments(RunInput)
    @runs.response(201, RunSchema)
    @runs.alt_response(409, "CONFLICT")
    def post(self, wanted: requesting.Wanted, link_id: int) -> dict[str, Any]:
        """Start a run; a worker takes it at once. One that has not ended yet is a conflict."""
        with current_database().writing() as session:
            run = requesting.request_run(
                session, link_id, requesting.Cause.API, current_doer(), wanted, runtime=current_runtime()
            )
            return run_answer(run, current_principal())


@runs.route("/<int:run_id>")
class RunItem(MethodView):
    """One run."""

    @requires(TokenScope.READ)
    @versioned
    @runs.response(200, RunSchema)
    def get(self, link_id: int, run_id: int) -> dict[str, Any]:
        """Read a run; its ETag changes with each page that it takes over."""
        principal = current_principal()
        with current_database().reading() as session:
            return run_answer(find_run(session, principal, run_id, link_id), principal)


@runs.route("/<int:run_id>/cancel", methods=["POST"])
@requires(TokenScope.ADMIN)
@runs.response(200, RunSchema)
@runs.alt_response(409, "CONFLICT")
def cancel(link_id: int, run_id: int) -> dict[str, Any]:
    """Let a run end after the page in hand; what it did stays."""
    principal = current_principal()
    with current_database().writing() as session:
        find_run(session, principal, run_id, link_id)
        return run_answer(requesting.cancel_run(session, run_id, current_doer()), principal)


@runs.route("/<int:run_id>/preview")
class RunPreview(MethodView):
    """What a preview found."""

    @requires(TokenScope.READ)
    @runs.response(200, PreviewSchema)
    @runs.alt_response(409, "CONFLICT")
    def get(self, link_id: int, run_id: int) -> dict[str, Any]:
        """Read some of the changes that a preview found, and whether it still holds; its run has the counts."""
        principal = current_principal()
        with current_database().reading() as session:
            run = find_run(session, principal, run_id, link_id)
            if run.mode != RunMode.PREVIEW:
                raise ConflictError(_("this run is no preview"))
            found = preview_view(session, run)
            sees = link_id in sees_values(session, principal, [link_id])
            return {
                "actor_type": run.actor_type,
                "is_present": found.is_present,
                "values_hidden": not sees,
                "sample": [sample_answer(entry, sees_values=sees) for entry in found.sample],
            }


@runs.route("/<int:run_id>/changes")
class ChangeCollection(MethodView):
    """What a run changed."""

    @requires(TokenScope.READ)
    @runs.arguments(ChangeSearch, location="query")
    @runs.response(200, page_schema(ChangeSchema))
    def get(self, arguments: dict[str, Any], link_id: int, run_id: int) -> dict[str, Any]:
        """List what a run changed, with old and new values and why this side won."""
        principal = current_principal()
        narrowed = arguments.pop("narrowed")
        with current_database().reading() as session:
            find_run(session, principal, run_id, link_id)
            sees = link_id in sees_values(session, principal, [link_id])
            page = keyset_page(session, changes_query(narrowed, run_id=run_id), [LogEntry.id], **arguments)
            titles = record_titles(session, [(entry.entity_type, entry.entity_id) for entry in page.items])
            answers = [change_answer(entry, titles, sees_values=sees) for entry in page.items]
            return {"items": answers, "next": page.next}


@runs.route("/<int:run_id>/revert")
class RunReverting(MethodView):
    """Taking back what a run wrote into the hub."""

    @requires(TokenScope.ADMIN)
    @runs.arguments(ChangeChoice, location="query")
    @runs.response(200, RevertibleSchema)
    @runs.alt_response(409, "CONFLICT")
    def get(self, arguments: dict[str, Any], link_id: int, run_id: int) -> dict[str, int]:
        """Count what can be taken back, before it is."""
        with current_database().reading() as session:
            find_ended_run(session, current_principal(), run_id, link_id)
            return asdict(count_revertible(session, run_id, arguments["narrowed"]))

    @requires(TokenScope.ADMIN)
    @runs.arguments(RevertInput)
    @runs.response(200, RevertedSchema)
    @runs.alt_response(409, "CONFLICT")
    def post(self, wanted: dict[str, Any], link_id: int, run_id: int) -> dict[str, int | None]:
        """Give fields of the hub back what they had before the run, where they still have what it wrote.

        Asking again does what is left; where `next` is not null there is more than one call does.
        """
        with current_database().reading() as session:
            find_ended_run(session, current_principal(), run_id, link_id)
        done = reverting.revert(current_database(), run_id, wanted["narrowed"], current_doer(), wanted["before"])
        return asdict(done)
