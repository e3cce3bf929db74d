"""The page of unclear creates."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from erp_links.attention import unclear
from erp_links.attention.schemas import LinkPageSearch, MadeInput
from erp_links.attention.showing import show_intents
from erp_links.runtime import current_runtime
from erp_links.sync.models import Intent
from erp_links.sync.views.history import sees_values
from erp_links.sync.views.link_choice import back_to, link_options
from host.accounts.current import administrator_required, current_doer, current_principal
from host.database import current_database
from host.errors import ConflictError, InvalidInputError, TielineError, UpstreamError
from host.paging import keyset_page
from host.schemas import load_form

blueprint = Blueprint("unclear", __name__, url_prefix="/sync/unclear")


@blueprint.get("")
@login_required
def show() -> str:
    """List the creates of which only a person can tell what became of them."""
    return _page(None, 0)


@blueprint.post("/<int:intent_id>/made")
@administrator_required
def made(intent_id: int) -> ResponseReturnValue:
    """Say that the ERP made the record, and under which key."""
    with current_database().reading() as session:
        unclear.find_unclear(session, current_principal(), intent_id)
    try:
        values = load_form(MadeInput, request.form)
        unclear.settle_as_made(current_runtime(), intent_id, values["erp_key"], current_doer())
    except (ConflictError, InvalidInputError, UpstreamError) as error:
        return _page(error, intent_id), error.status
    flash(_("Paired. The next run merges the two records."), "ok")
    return redirect(back_to("unclear.show"))


@blueprint.post("/<int:intent_id>/not-made")
@administrator_required
def not_made(intent_id: int) -> ResponseReturnValue:
    """Say that the ERP did not make the record."""
    with current_database().writing() as session:
        unclear.find_unclear(session, current_principal(), intent_id)
        unclear.settle_as_not_made(session, intent_id, current_doer())
    flash(_("The next run creates the record in the ERP."), "ok")
    return redirect(back_to("unclear.show"))


def _page(trouble: TielineError | None, about: int) -> str:
    principal, wanted = current_principal(), load_form(LinkPageSearch, request.args)
    with current_database().reading() as session:
        query = unclear.unclear_query(principal, wanted["link"], run_id=wanted["run"])
        found = keyset_page(session, query, [Intent.id], limit=wanted["limit"], after=wanted["after"])
        seen = sees_values(session, principal, list({each.link_id for each in found.items}))
        return render_template(
            "attention/unclear.html",
            found=found,
            intents=show_intents(session, found.items, seen),
            wanted=wanted,
            link_options=link_options(session, principal),
            trouble=trouble,
            about=about,
        )
