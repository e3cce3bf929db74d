"""The page of one link among the syncs, its charts, and what is asked for there: runs, full reads, resyncs."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from erp_links.links import braking, pausing
from erp_links.links.page_words import pause_next
from erp_links.mapping.full_read import request_full_read
from erp_links.runtime import current_runtime
from erp_links.sync.models import RunMode
from erp_links.sync.requesting import Cause, Wanted, count_resynced, request_run, unfinished_run
from erp_links.sync.views.charts import IMAGE_POLICY, THEMES, Chart, draw
from erp_links.sync.views.history import find_link, sees_values
from erp_links.sync.views.link_view import LinkView, link_view
from erp_links.sync.views.pace import lags, last_paces
from erp_links.sync.views.run_view import outcome_word, view_of
from erp_links.sync.views.schemas import BrakeInput, FullReadInput, PreviewInput, ResyncChoice
from host.accounts.current import administrator_required, current_doer, current_principal
from host.api.versions import version_of_form
from host.database import current_database
from host.errors import ConflictError, InvalidInputError, TielineError, UpstreamError
from host.schemas import load_form

blueprint = Blueprint("link_sync", __name__, url_prefix="/sync/links/<int:link_id>")


@blueprint.get("")
@login_required
def show(link_id: int) -> ResponseReturnValue:
    """Show whether a link works, what waits, how far it is behind, and how fast its last runs were."""
    return _page(link_id)


@blueprint.get("/charts/<name>")
@login_required
def chart(link_id: int, name: str) -> ResponseReturnValue:
    """Draw a chart of a link; `name` is that of the chart and of the theme, as in `records-dark.svg`."""
    chosen, _dash, theme = name.removesuffix(".svg").partition("-")
    if chosen not in set(Chart) or theme not in THEMES or not name.endswith(".svg"):
        abort(404)
    with current_database().reading() as session:
        find_link(session, current_principal(), link_id)
        is_lag = Chart(chosen) is Chart.LAG
        paces = [] if is_lag else last_paces(session, link_id)
        picture = draw(Chart(chosen), theme, paces, lags(session, link_id) if is_lag else [])
    response = Response(picture, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = IMAGE_POLICY
    response.add_etag()
    return response.make_conditional(request)


@blueprint.post("/run")
@administrator_required
def start(link_id: int) -> ResponseReturnValue:
    """Start a run of a link, and show it."""
    with current_database().writing() as session:
        run_id = request_run(session, link_id, Cause.PERSON, current_doer(), runtime=current_runtime()).id
    return redirect(url_for("sync.run", run_id=run_id))


@blueprint.post("/full-read")
@administrator_required
def full_read(link_id: int) -> ResponseReturnValue:
    """Have everything looked at again on both sides, beginning now where no run is under way."""
    actor_type = load_form(FullReadInput, request.form)["actor_type"] or None
    with current_database().writing() as session:
        find_link(session, current_principal(), link_id)
        request_full_read(session, current_doer(), link_id, actor_type)
        running = unfinished_run(session, link_id)
        run_id = None
        if not running:
            run_id = request_run(session, link_id, Cause.PERSON, current_doer(), runtime=current_runtime()).id
    if run_id is None:
        flash(_("A run is under way; the next one reads everything."), "ok")
        return redirect(url_for("link_sync.show", link_id=link_id))
    return redirect(url_for("sync.run", run_id=run_id))


@blueprint.post("/preview")
@administrator_required
def preview(link_id: int) -> ResponseReturnValue:
    """Find out what reading everything of an actor type would do, and show the run that does."""
    wanted = Wanted(RunMode.PREVIEW, actor_type=load_form(PreviewInput, request.form)["actor_type"])
    with current_database().writing() as session:
        find_link(session, current_principal(), link_id)
        run_id = request_run(session, link_id, Cause.PERSON, current_doer(), wanted, runtime=current_runtime()).id
    return redirect(url_for("sync.run", run_id=run_id))


@blueprint.get("/resync")
@administrator_required
def confirm_resync(link_id: int) -> ResponseReturnValue:
    """Ask before one side overwrites the other: how many records, and what is lost."""
    return _resync_page(link_id, _chosen_resync(request.args), {})


@blueprint.post("/resync")
@administrator_required
def resync(link_id: int) -> ResponseReturnValue:
    """Start a resync, and show its run."""
    wanted = _chosen_resync(request.form)
    try:
        with current_database().writing() as session:
            find_link(session, current_principal(), link_id)
            run_id = request_run(session, link_id, Cause.PERSON, current_doer(), wanted, runtime=current_runtime()).id
    except InvalidInputError as error:
        return _resync_page(link_id, wanted, error.errors), error.status
    return redirect(url_for("sync.run", run_id=run_id))


@blueprint.post("/brake")
@administrator_required
def change_brake(link_id: int) -> ResponseReturnValue:
    """Set the brake of a link."""
    try:
        values = load_form(BrakeInput, request.form)
        with current_database().writing() as session:
            braking.change_brake(
                session, current_doer(), link_id, expected_version=version_of_form(request.form), **values
            )
    except InvalidInputError as error:
        return _page(link_id, errors=error.errors), error.status
    flash(_("The brake is set."), "ok")
    return redirect(url_for("link_sync.show", link_id=link_id))


@blueprint.post("/resume")
@administrator_required
def resume(link_id: int) -> ResponseReturnValue:
    """Let a link go on that the brake stopped; with `lift_brake` the next run does what was stopped."""
    lift_brake = request.form.get("lift_brake") == "1"
    try:
        version = version_of_form(request.form)
        pausing.resume(current_runtime(), current_doer(), link_id, version, lift_brake=lift_brake)
    except (ConflictError, UpstreamError) as error:
        return _page(link_id, trouble=error), error.status
    flash(_("The link goes on with its next run."), "ok")
    return redirect(url_for("link_sync.show", link_id=link_id))


def _page(link_id: int, errors: dict[str, list[str]] | None = None, trouble: TielineError | None = None) -> str:
    runtime, principal = current_runtime(), current_principal()
    with runtime.database.reading() as session:
        view = link_view(session, runtime, find_link(session, principal, link_id))
        return render_template(
            "runs/link.html",
            view=view,
            last=view_of(view.row.last_run, {}) if view.row.last_run else None,
            stopped=view_of(view.stopped, {}) if view.stopped else None,
            pause_next=pause_next(view.row.standing.paused),
            outcome_word=outcome_word,
            charts=_charts(view),
            errors=errors or {},
            trouble=trouble,
        )


def _charts(view: LinkView) -> list[tuple[str, str]]:
    """Return the charts that have something to show, with what they show in words."""
    shown = []
    if view.paces:
        records = ngettext("Records of the last run", "Records of the last %(num)d runs", len(view.paces))
        duration = ngettext("Duration of the last run", "Duration of the last %(num)d runs", len(view.paces))
        shown += [(Chart.RECORDS.value, records), (Chart.DURATION.value, duration)]
    if any(lag.since for lag in view.lags):
        shown.append((Chart.LAG.value, _("How far the link is behind")))
    return shown


def _chosen_resync(sent: Any) -> Wanted:
    values = load_form(ResyncChoice, sent)
    mode = RunMode.RESYNC_FROM_CRM if values["side"] == "crm" else RunMode.RESYNC_FROM_ERP
    scope = tuple(values["pairing"]) if values["pairing"] or values["chosen"] else None
    return Wanted(mode, values["keep_blanks"], scope)


def _resync_page(link_id: int, wanted: Wanted, errors: dict[str, list[str]]) -> str:
    principal = current_principal()
    with current_database().reading() as session:
        link = find_link(session, principal, link_id)
        return render_template(
            "runs/resync.html",
            link=link,
            wanted=wanted,
            count=count_resynced(session, link_id, wanted.scope),
            running=unfinished_run(session, link_id),
            sees_values=link_id in sees_values(session, principal, [link_id]),
            errors=errors,
        )
