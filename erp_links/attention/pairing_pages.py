"""The page of pairings: those of a link, what is gone in its ERP, and the tombstones."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from erp_links.attention import disconnecting
from erp_links.attention.pairings import count_by_state, find_pairing, pairings_query
from erp_links.attention.schemas import PairingPageSearch
from erp_links.attention.showing import show_pairings
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.views.link_choice import back_to, link_options
from host.accounts.current import administrator_required, current_doer, current_principal
from host.database import current_database
from host.paging import keyset_page
from host.schemas import load_form

blueprint = Blueprint("pairings", __name__, url_prefix="/sync/pairings")


@blueprint.get("")
@login_required
def show() -> str:
    """List pairings by link and state."""
    principal, wanted = current_principal(), load_form(PairingPageSearch, request.args)
    with current_database().reading() as session:
        query = pairings_query(
            principal,
            wanted["link"],
            state=wanted["state"],
            actor_type=wanted["actor_type"],
            erp_key=wanted["erp_key"],
        )
        found = keyset_page(session, query, [Pairing.id], limit=wanted["limit"], after=wanted["after"])
        return render_template(
            "attention/pairings.html",
            found=found,
            pairings=show_pairings(session, found.items),
            counts=count_by_state(session, principal, wanted["link"]),
            state_words=state_words(),
            wanted=wanted,
            link_options=link_options(session, principal),
        )


@blueprint.post("/<int:pairing_id>/disconnect")
@administrator_required
def disconnect(pairing_id: int) -> ResponseReturnValue:
    """End a pairing."""
    with current_database().writing() as session:
        find_pairing(session, current_principal(), pairing_id)
        disconnecting.disconnect(session, pairing_id, current_doer())
    flash(_("Disconnected. Both records stay as they are."), "ok")
    return redirect(back_to("pairings.show"))


@blueprint.post("/<int:pairing_id>/lift")
@administrator_required
def lift(pairing_id: int) -> ResponseReturnValue:
    """Lift a tombstone."""
    with current_database().writing() as session:
        find_pairing(session, current_principal(), pairing_id)
        disconnecting.lift(session, pairing_id, current_doer())
    flash(_("Lifted. The next run treats both records as ones that are not paired."), "ok")
    return redirect(back_to("pairings.show"))


def state_words() -> dict[str, str]:
    """Return the word for each state of a pairing."""
    return {
        PairingState.PAIRED.value: _("Paired"),
        PairingState.GONE.value: _("Gone in the ERP"),
        PairingState.TOMBSTONE.value: _("Disconnected"),
    }
