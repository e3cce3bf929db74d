"""The page on which an administrator takes back what a run wrote into the hub."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from erp_links.sync.reverting.operations import Reverted, revert
from erp_links.sync.reverting.revertible import count_revertible, find_ended_run
from erp_links.sync.views.changes import LogKind
from erp_links.sync.views.run_view import view_of
from erp_links.sync.views.schemas import RevertInput
from host.accounts.current import administrator_required, current_doer, current_principal
from host.database import current_database
from host.schemas import load_form
from host.web.formats import number

blueprint = Blueprint("reverting", __name__, url_prefix="/sync/runs/<int:run_id>/revert")


@blueprint.get("")
@administrator_required
def confirm(run_id: int) -> str:
    """Ask before values go back: how many, and what stays."""
    return _page(run_id, load_form(RevertInput, request.args))


@blueprint.post("")
@administrator_required
def take_back(run_id: int) -> ResponseReturnValue:
    """Take back what the filter names, and show what was; where there is very much, ask to go on."""
    wanted = load_form(RevertInput, request.form)
    with current_database().reading() as session:
        find_ended_run(session, current_principal(), run_id)
    done = revert(current_database(), run_id, wanted["narrowed"], current_doer(), wanted["before"])
    for text, kind in _told(done):
        flash(text, kind)
    if done.next is not None:
        return _page(run_id, {**wanted, "before": done.next})
    kind = LogKind.REVERTED if done.fields or not (done.changed_since or done.not_possible) else LogKind.NOT_REVERTED
    return redirect(url_for("sync.run", run_id=run_id, kind=kind.value, _anchor="changes-heading"))


def _page(run_id: int, wanted: dict[str, Any]) -> str:
    with current_database().reading() as session:
        run = find_ended_run(session, current_principal(), run_id)
        return render_template(
            "runs/revert.html",
            view=view_of(run, {}),
            narrowed=wanted["narrowed"],
            before=wanted["before"],
            count=count_revertible(session, run_id, wanted["narrowed"]),
        )


def _told(done: Reverted) -> list[tuple[str, str]]:
    told = [(ngettext("%(num)d value went back.", "%(num)d values went back.", done.fields), "ok")]
    kept = done.changed_since + done.not_possible
    if kept:
        stayed = ngettext("%(num)d value stays as it is.", "%(num)d values stay as they are.", kept)
        why = _(
            "%(changed)s changed since, %(gone)s cannot go back; the list says which.",
            changed=number(done.changed_since),
            gone=number(done.not_possible),
        )
        told.append((f"{stayed} {why}", "warn"))
    return told
