"""API resource `failed-records` of an ERP link."""

from dataclasses import replace
from typing import Any

from flask.views import MethodView
from sqlalchemy.orm import Session

from erp_links.sync.models import FailedRecord
from erp_links.sync.views import failed_records
from erp_links.sync.views.answer_schemas import FailedRecordSchema, RetriedSchema
from erp_links.sync.views.answers import failed_answer
from erp_links.sync.views.history import find_link, sees_values
from erp_links.sync.views.schemas import DismissInput, FailedSearch, RetryInput
from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, page_schema, requires
from host.database import current_database
from host.paging import keyset_page

failed = api_blueprint(
    "failed-records", "/erp-links/<int:link_id>/failed-records", "Records that a run could not settle."
)


@failed.route("")
class FailedCollection(MethodView):
    """The failed records of a link."""

    @requires(TokenScope.READ)
    @failed.arguments(FailedSearch, location="query")
    @failed.response(200, page_schema(FailedRecordSchema))
    def get(self, arguments: dict[str, Any], link_id: int) -> dict[str, Any]:
        """List the failed records of a link."""
        principal = current_principal()
        narrowed = replace(arguments.pop("narrowed"), link_id=link_id)
        with current_database().reading() as session:
            find_link(session, principal, link_id)
            sees = link_id in sees_values(session, principal, [link_id])
            query = failed_records.failed_query(principal, narrowed)
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


@failed.route("/dismiss", methods=["POST"])
@requires(TokenScope.ADMIN)
@failed.arguments(DismissInput)
@failed.response(200, RetriedSchema)
def dismiss_all(values: dict[str, Any], link_id: int) -> dict[str, int]:
    """Leave the open failed records of a link with one reason as they are."""
    with current_database().writing() as session:
        link = find_link(session, current_principal(), link_id)
        return {"records": failed_records.dismiss_all(session, current_doer(), link, values["reason"])}


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


@failed.route("/<int:failed_id>/restore", methods=["POST"])
@requires(TokenScope.ADMIN)
@failed.response(200, FailedRecordSchema)
@failed.alt_response(409, "CONFLICT")
def restore(link_id: int, failed_id: int) -> dict[str, Any]:
    """Take a dismissed record back among the open ones; the next run tries it again."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id, link_id)
        failed_records.restore(session, current_doer(), found)
        return _answer(session, link_id, failed_id)


def _answer(session: Session, link_id: int, failed_id: int) -> dict[str, Any]:
    principal = current_principal()
    found = failed_records.find_failed(session, principal, failed_id, link_id)
    sees = link_id in sees_values(session, principal, [link_id])
    return failed_answer(found, principal, sees_values=sees)
