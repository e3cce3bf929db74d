"""API resource `conflicts` of an ERP link."""

from typing import Any

from flask.views import MethodView
from sqlalchemy.orm import Session

from erp_links.attention import conflicts as operations
from erp_links.attention.answers import conflict_answer
from erp_links.attention.schemas import ChoiceInput, ChoicesInput, ChosenSchema, ConflictSchema, ConflictSearch
from erp_links.attention.showing import show_conflicts
from erp_links.sync.models import Conflict
from erp_links.sync.views.history import find_link, sees_values
from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, expected_version, page_schema, requires, versioned
from host.database import current_database
from host.paging import keyset_page

conflicts = api_blueprint(
    "conflicts", "/erp-links/<int:link_id>/conflicts", "Fields that both sides changed and a person is asked about."
)


@conflicts.route("")
class ConflictCollection(MethodView):
    """The conflicts of a link."""

    @requires(TokenScope.READ)
    @conflicts.arguments(ConflictSearch, location="query")
    @conflicts.response(200, page_schema(ConflictSchema))
    def get(self, arguments: dict[str, Any], link_id: int) -> dict[str, Any]:
        """List the conflicts of a link that wait for a person or for the next run."""
        principal = current_principal()
        run_id, state = arguments.pop("run"), arguments.pop("state")
        with current_database().reading() as session:
            find_link(session, principal, link_id)
            query = operations.conflicts_query(principal, link_id, run_id=run_id, state=state)
            page = keyset_page(session, query, [Conflict.id], **arguments)
            seen = sees_values(session, principal, [link_id])
            shown = show_conflicts(session, principal, page.items, seen)
            return {"items": [conflict_answer(each) for each in shown.rows], "next": page.next}


@conflicts.route("/choose", methods=["POST"])
@requires(TokenScope.ADMIN)
@conflicts.arguments(ChoicesInput)
@conflicts.response(200, ChosenSchema)
@conflicts.alt_response(409, "CONFLICT")
def choose_all(values: dict[str, Any], link_id: int) -> dict[str, int]:
    """Let one side win several conflicts, all of them or none; the next run carries it out."""
    with current_database().writing() as session:
        find_link(session, current_principal(), link_id)
        versions = dict.fromkeys(values["conflicts"])
        chosen = operations.choose_all(session, versions, values["side"], current_doer(), link_id)
        return {"conflicts": len(chosen)}


@conflicts.route("/<int:conflict_id>")
class ConflictItem(MethodView):
    """One conflict."""

    @requires(TokenScope.READ)
    @versioned
    @conflicts.response(200, ConflictSchema)
    def get(self, link_id: int, conflict_id: int) -> dict[str, Any]:
        """Read a conflict with both values."""
        with current_database().reading() as session:
            return _answer(session, link_id, conflict_id)


@conflicts.route("/<int:conflict_id>/choice")
class ConflictChoice(MethodView):
    """Which side wins a conflict."""

    @requires(TokenScope.ADMIN)
    @versioned
    @conflicts.arguments(ChoiceInput)
    @conflicts.response(200, ConflictSchema)
    def put(self, values: dict[str, Any], link_id: int, conflict_id: int) -> dict[str, Any]:
        """Let one side win a conflict; the next run carries it out. Until then the choice may be changed."""
        with current_database().writing() as session:
            operations.find_conflict(session, current_principal(), conflict_id, link_id)
            operations.choose(session, conflict_id, values["side"], current_doer(), expected_version())
            return _answer(session, link_id, conflict_id)


def _answer(session: Session, link_id: int, conflict_id: int) -> dict[str, Any]:
    principal = current_principal()
    found = operations.find_conflict(session, principal, conflict_id, link_id)
    seen = sees_values(session, principal, [link_id])
    return conflict_answer(show_conflicts(session, principal, [found], seen).rows[0])
