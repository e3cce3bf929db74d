"""API resources `runs` and `failed-records` of an ERP link."""

from typing import Any

from flask.views import MethodView
from sqlalchemy.orm import Session

from erp_links.sync import failed_records, requesting
from erp_links.sync.answers import change_answer, failed_answer, run_answer
from erp_links.sync.changes import ChangeFilter, changes_query
from erp_links.sync.history import find_link, find_run, runs_query, sees_values
from erp_links.sync.models import FailedRecord, LogEntry, Run
from erp_links.sync.schemas import (
    ChangeSchema,
    ChangeSearch,
    FailedRecordSchema,
    FailedSearch,
    RetriedSchema,
    RetryInput,
    RunSchema,
    RunSearch,
)
from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, idempotent, page_schema, requires, versioned
from host.database import current_database
from host.paging import keyset_page

runs = api_blueprint("runs", "/erp-links/<int:link_id>/runs", "Runs of the sync engine for one ERP link.")
failed = api_blueprint(
    "failed-records", "/erp-links/<int:link_id>/failed-records", "Records that a run could not settle."
)


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
    @runs.response(201, RunSchema)
    def post(self, link_id: int) -> dict[str, Any]:
        """Start a run; a worker takes it at once. One that has not ended yet is a conflict."""
        with current_database().writing() as session:
            run = requesting.request_run(session, link_id, requesting.Cause.API, current_doer())
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


@runs.route("/<int:run_id>/changes")
class ChangeCollection(MethodView):
    """What a run changed."""

    @requires(TokenScope.READ)
    @runs.arguments(ChangeSearch, location="query")
    @runs.response(200, page_schema(ChangeSchema))
    def get(self, arguments: dict[str, Any], link_id: int, run_id: int) -> dict[str, Any]:
        """List what a run changed, with old and new values and why this side won."""
        principal = current_principal()
        target = arguments.pop("target")
        with current_database().reading() as session:
            find_run(session, principal, run_id, link_id)
            sees = link_id in sees_values(session, principal, [link_id])
            page = keyset_page(
                session, changes_query(ChangeFilter(target=target), run_id=run_id), [LogEntry.id], **arguments
            )
            return {"items": [change_answer(entry, sees_values=sees) for entry in page.items], "next": page.next}


@failed.route("")
class FailedCollection(MethodView):
    """The failed records of a link."""

    @requires(TokenScope.READ)
    @failed.arguments(FailedSearch, location="query")
    @failed.response(200, page_schema(FailedRecordSchema))
    def get(self, arguments: dict[str, Any], link_id: int) -> dict[str, Any]:
        """List the failed records of a link."""
        principal = current_principal()
        reason, state = arguments.pop("reason"), arguments.pop("state")
        with current_database().reading() as session:
            find_link(session, principal, link_id)
            sees = link_id in sees_values(session, principal, [link_id])
            query = failed_records.failed_query(principal, failed_records.FailedFilter(link_id, reason, state=state))
            page = keyset_page(session, query, [FailedRecord.id], **arguments)
            return {
                "items": [failed_answer(each, principal, sees_values=sees) for each in page.items],
                "next": page.next,
            }


@failed.route("/retry", methods=["POST"])
@requires(TokenScope.ADMIN)
@failed.arguments(RetryInput)
@failed.response(200, RetriedSchema)
def retry_all(values: dict[str, Any], link_id: int) -> dict[str, int]:
    """Let the next run try the open failed records of a link again, or those with one reason."""
    with current_database().writing() as session:
        link = find_link(session, current_principal(), link_id)
        return {"records": failed_records.retry_all(session, current_doer(), link, values["reason"])}


@failed.route("/<int:failed_id>")
class FailedItem(MethodView):
    """One failed record."""

    @requires(TokenScope.READ)
    @failed.response(200, FailedRecordSchema)
    def get(self, link_id: int, failed_id: int) -> dict[str, Any]:
        """Read a failed record."""
        with current_database().reading() as session:
            return _answer(session, link_id, failed_id)


@failed.route("/<int:failed_id>/retry", methods=["POST"])
@requires(TokenScope.ADMIN)
@failed.response(200, FailedRecordSchema)
def retry(link_id: int, failed_id: int) -> dict[str, Any]:
    """Let the next run try a failed record again."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id, link_id)
        failed_records.retry(session, current_doer(), found)
        return _answer(session, link_id, failed_id)


@failed.route("/<int:failed_id>/dismiss", methods=["POST"])
@requires(TokenScope.ADMIN)
@failed.response(200, FailedRecordSchema)
@failed.alt_response(409, "CONFLICT")
def dismiss(link_id: int, failed_id: int) -> dict[str, Any]:
    """Leave a failed record as it is; it is not tried again by itself."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id, link_id)
        failed_records.dismiss(session, current_doer(), found)
        return _answer(session, link_id, failed_id)


def _answer(session: Session, link_id: int, failed_id: int) -> dict[str, Any]:
    principal = current_principal()
    found = failed_records.find_failed(session, principal, failed_id, link_id)
    sees = link_id in sees_values(session, principal, [link_id])
    return failed_answer(found, principal, sees_values=sees)
