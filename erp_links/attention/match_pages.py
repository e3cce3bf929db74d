"""The pages of ambiguous matches: the list, and what one may be paired with."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required
from sqlalchemy.orm import Session

from erp_links.attention.matches import candidates_of, pair_ambiguous
from erp_links.attention.schemas import LinkPageSearch, MatchInput
from erp_links.runtime import current_runtime
from erp_links.sync.failures import Direction
from erp_links.sync.models import FailedRecord
from erp_links.sync.reasons import FailureReason
from erp_links.sync.views.failed_records import FailedFilter, failed_query, find_failed
from erp_links.sync.views.history import sees_values
from erp_links.sync.views.link_choice import link_options
from erp_links.sync.views.presenting import link_names
from erp_links.sync.views.shown_failures import show_failures
from host.accounts.current import administrator_required, current_doer, current_principal
from host.crm.lists import items_for
from host.crm.registry import entity_types
from host.database import current_database
from host.errors import ConflictError, InvalidInputError, NotFoundError, TielineError, UpstreamError
from host.paging import keyset_page
from host.schemas import load_form

blueprint = Blueprint("matches", __name__, url_prefix="/sync/matches")


@blueprint.get("")
@login_required
def show() -> str:
    """List the records that suit several others."""
    principal, wanted = current_principal(), load_form(LinkPageSearch, request.args)
    narrowed = FailedFilter(wanted["link"], FailureReason.AMBIGUOUS_MATCH.value, run_id=wanted["run"])
    with current_database().reading() as session:
        query = failed_query(principal, narrowed)
        found = keyset_page(session, query, [FailedRecord.id], limit=wanted["limit"], after=wanted["after"])
        seen = sees_values(session, principal, list({each.link_id for each in found.items}))
        return render_template(
            "attention/matches.html",
            found=found,
            failures=show_failures(session, found.items, seen),
            wanted=wanted,
            link_options=link_options(session, principal),
        )


@blueprint.get("/<int:failed_id>")
@login_required
def match(failed_id: int) -> str:
    """Show an ambiguous record beside those that it may be paired with."""
    with current_database().reading() as session:
        return _page(session, failed_id, None)


@blueprint.post("/<int:failed_id>")
@administrator_required
def pair(failed_id: int) -> ResponseReturnValue:
    """Pair an ambiguous record with the one that was chosen."""
    try:
        chosen = load_form(MatchInput, request.form)
        pairing = pair_ambiguous(current_runtime(), current_principal(), failed_id, current_doer(), **chosen)
    except (ConflictError, InvalidInputError, UpstreamError) as error:
        with current_database().reading() as session:
            return _page(session, failed_id, error), error.status
    flash(_("Paired. The next run merges the two records."), "ok")
    return redirect(url_for("matches.show", link=pairing.link_id))


def _page(session: Session, failed_id: int, trouble: TielineError | None) -> str:
    principal = current_principal()
    failed = find_failed(session, principal, failed_id)
    if failed.reason != FailureReason.AMBIGUOUS_MATCH:
        raise NotFoundError(_("this record did not fail for an ambiguous match"))
    seen = sees_values(session, principal, [failed.link_id])
    candidates = candidates_of(session, failed)
    return render_template(
        "attention/match.html",
        each=show_failures(session, [failed], seen)[0],
        link_name=link_names(session, {failed.link_id})[failed.link_id],
        candidates=candidates,
        entity=entity_types().get(candidates.entity_type),
        items=items_for(session, [field for field, _value in candidates.matched]),
        sees_values=failed.link_id in seen,
        is_pull=failed.direction == Direction.PULL,
        trouble=trouble,
    )
