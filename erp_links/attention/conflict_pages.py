"""The page of conflicts that wait."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from erp_links.attention import conflicts
from erp_links.attention.schemas import ConflictPageSearch, TickedConflicts
from erp_links.attention.showing import show_conflicts
from erp_links.sync.models import Conflict
from erp_links.sync.views.history import sees_values
from erp_links.sync.views.link_choice import back_to, link_options
from host.accounts.current import administrator_required, current_doer, current_principal
from host.database import current_database
from host.errors import InvalidInputError
from host.paging import keyset_page
from host.schemas import load_form

blueprint = Blueprint("conflicts", __name__, url_prefix="/sync/conflicts")


@blueprint.get("")
@login_required
def show() -> str:
    """List the conflicts that wait, with both values, who changed them and when."""
    principal, wanted = current_principal(), load_form(ConflictPageSearch, request.args)
    with current_database().reading() as session:
        query = conflicts.conflicts_query(principal, wanted["link"], run_id=wanted["run"], state=wanted["state"])
        found = keyset_page(session, query, [Conflict.id], limit=wanted["limit"], after=wanted["after"])
        seen = sees_values(session, principal, list({each.link_id for each in found.items}))
        return render_template(
            "attention/conflicts.html",
            found=found,
            shown=show_conflicts(session, principal, found.items, seen),
            wanted=wanted,
            link_options=link_options(session, principal),
        )


@blueprint.post("/choose")
@administrator_required
def choose() -> ResponseReturnValue:
    """Let one side win the conflicts that are ticked."""
    values = load_form(TickedConflicts, request.form)
    if not values["versions"]:
        raise InvalidInputError({"ticked": [_("tick at least one conflict")]})
    with current_database().writing() as session:
        for conflict_id in values["versions"]:
            conflicts.find_conflict(session, current_principal(), conflict_id)
        chosen = conflicts.choose_all(session, values["versions"], values["side"], current_doer())
    text = ngettext(
        "Decided for %(num)d conflict; the next run carries it out.",
        "Decided for %(num)d conflicts; the next run carries it out.",
        len(chosen),
    )
    flash(text, "ok")
    return redirect(back_to("conflicts.show"))
