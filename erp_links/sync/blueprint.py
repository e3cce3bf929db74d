"""The pages of syncs: overview, runs, one run, failed records."""

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import login_required
from sqlalchemy.orm import Session

from erp_links.links.finding import managed_links, visible_links
from erp_links.links.overview import rows_of
from erp_links.links.schedule import sync_settings
from erp_links.runtime import current_runtime
from erp_links.sync import api, failed_records
from erp_links.sync.changes import ChangeFilter, changes_query
from erp_links.sync.failed_records import FailedFilter
from erp_links.sync.history import RUN_FILTERS, find_link, find_run, runs_query, sees_values
from erp_links.sync.models import FailedRecord, LogEntry, Run
from erp_links.sync.presenting import show_changes, type_labels
from erp_links.sync.reasons import FailureReason, failure_words
from erp_links.sync.requesting import Cause, cancel_run, request_run
from erp_links.sync.run_view import RunView, outcome_word, view_of
from erp_links.sync.schemas import ChangeSearch, FailedPageSearch, RetryInput, RunPageSearch
from erp_links.sync.shown_failures import show_failures
from host.accounts.current import administrator_required, current_doer, current_principal, signed_in_user
from host.accounts.principal import Principal
from host.api import register_api
from host.database import current_database
from host.jobs import is_working
from host.paging import keyset_page
from host.schemas import load_form
from host.settings import Settings
from host.web.formats import first_upper
from host.web.fragments import with_etag
from host.web.navigation import NavigationItem, Section, register_item

blueprint = Blueprint("sync", __name__)

FAILURES_ON_RUN_PAGE = 20


def init_app(app: Flask, _settings: Settings) -> None:
    """Set up the pages and the API of runs and failed records."""
    app.register_blueprint(blueprint)
    register_api(app, api.runs)
    register_api(app, api.failed)
    for order, (label, endpoint, icon, prefix) in enumerate(
        (
            (_l("Overview"), "sync.overview", "diagram-2", "/sync"),
            (_l("Runs"), "sync.runs", "arrow-repeat", "/sync/runs"),
            (_l("Failed records"), "sync.failed", "exclamation-triangle", "/sync/failed-records"),
        )
    ):
        badge = _open_failures if endpoint == "sync.failed" else None
        register_item(app, NavigationItem(Section.SYNC, label, endpoint, icon, order, prefix, badge=badge))


@blueprint.get("/sync")
@login_required
def overview() -> str:
    """Show of each link whether it works, when it last did, and what waits for a person."""
    runtime, principal = current_runtime(), current_principal()
    with runtime.database.reading() as session:
        links = managed_links(session) if principal.is_administrator else visible_links(session, principal)
        stored = sync_settings(session, runtime.settings)
        return render_template(
            "runs/overview.html",
            rows=rows_of(session, runtime, links),
            automatic=stored.automatic,
            is_working=is_working(session),
            reasons=failed_records.count_by_reason(session, principal),
            outcome_word=outcome_word,
            failure_words=failure_words,
        )


@blueprint.get("/sync/runs")
@login_required
def runs() -> str:
    """List runs, newest first."""
    principal, wanted = current_principal(), load_form(RunPageSearch, request.args)
    with current_database().reading() as session:
        query = runs_query(principal, wanted["link"], wanted["outcome"])
        found = keyset_page(session, query, [Run.id], limit=wanted["limit"], after=wanted["after"], descending=True)
        return render_template(
            "runs/runs.html",
            found=found,
            views=[view_of(run, {}) for run in found.items],
            wanted=wanted,
            link_options=_link_options(session, principal),
            filters=RUN_FILTERS,
        )


@blueprint.get("/sync/runs/<int:run_id>")
@login_required
def run(run_id: int) -> str:
    """Show one run: its progress, what failed, and what changed with old and new values."""
    wanted = load_form(ChangeSearch, request.args)
    with current_database().reading() as session:
        view = _view(session, run_id)
        return render_template("runs/run.html", view=view, **_details(session, view, wanted))


@blueprint.get("/sync/runs/<int:run_id>/progress")
@login_required
def progress(run_id: int) -> ResponseReturnValue:
    """Return the part of the page that tells how far a run is."""
    with current_database().reading() as session:
        view = _view(session, run_id)
    return with_etag(render_template("runs/progress.html", view=view), stop=view.is_finished)


@blueprint.get("/sync/runs/<int:run_id>/details")
@login_required
def details(run_id: int) -> ResponseReturnValue:
    """Return the part of the page that lists what failed and what changed so far."""
    wanted = load_form(ChangeSearch, request.args)
    with current_database().reading() as session:
        view = _view(session, run_id)
        shown = render_template("runs/details.html", view=view, **_details(session, view, wanted))
    return with_etag(shown, stop=view.is_finished)


@blueprint.post("/sync/runs/<int:run_id>/cancel")
@administrator_required
def cancel(run_id: int) -> ResponseReturnValue:
    """Let a run end after the page in hand."""
    with current_database().writing() as session:
        find_run(session, current_principal(), run_id)
        cancel_run(session, run_id, current_doer())
    flash(_("The run ends after the page in hand; what it did stays."), "ok")
    return redirect(url_for("sync.run", run_id=run_id))


@blueprint.post("/sync/links/<int:link_id>/run")
@administrator_required
def start(link_id: int) -> ResponseReturnValue:
    """Start a run of a link, and show it."""
    with current_database().writing() as session:
        run_id = request_run(session, link_id, Cause.PERSON, current_doer()).id
    return redirect(url_for("sync.run", run_id=run_id))


@blueprint.get("/sync/failed-records")
@login_required
def failed() -> str:
    """List failed records with the connector's words."""
    principal, wanted = current_principal(), load_form(FailedPageSearch, request.args)
    with current_database().reading() as session:
        narrowed = FailedFilter(wanted["link"], wanted["reason"], state=wanted["state"], run_id=wanted["run"])
        query = failed_records.failed_query(principal, narrowed)
        found = keyset_page(session, query, [FailedRecord.id], limit=wanted["limit"], after=wanted["after"])
        seen = sees_values(session, principal, list({each.link_id for each in found.items}))
        return render_template(
            "runs/failed.html",
            found=found,
            failures=show_failures(session, found.items, seen),
            reasons=failed_records.count_by_reason(session, principal, FailedFilter(wanted["link"])),
            reason_options=[(reason.value, first_upper(failure_words(reason.value))) for reason in FailureReason],
            failure_words=failure_words,
            wanted=wanted,
            link_options=_link_options(session, principal),
        )


@blueprint.post("/sync/failed-records/<int:failed_id>/retry")
@administrator_required
def retry(failed_id: int) -> ResponseReturnValue:
    """Let the next run try a failed record again."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id)
        failed_records.retry(session, current_doer(), found)
    flash(_("The next run of the link tries this record again."), "ok")
    return redirect(_back())


@blueprint.post("/sync/failed-records/<int:failed_id>/dismiss")
@administrator_required
def dismiss(failed_id: int) -> ResponseReturnValue:
    """Leave a failed record as it is."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id)
        failed_records.dismiss(session, current_doer(), found)
    flash(_("Dismissed. The record stays as it is until it fails in another way."), "ok")
    return redirect(_back())


@blueprint.post("/sync/links/<int:link_id>/failed-records/retry")
@administrator_required
def retry_all(link_id: int) -> ResponseReturnValue:
    """Let the next run of a link try its failed records again."""
    reason = load_form(RetryInput, request.form)["reason"]
    with current_database().writing() as session:
        link = find_link(session, current_principal(), link_id)
        count = failed_records.retry_all(session, current_doer(), link, reason)
    text = ngettext("The next run tries %(num)d record again.", "The next run tries %(num)d records again.", count)
    flash(text, "ok")
    return redirect(url_for("sync.failed", link=link_id))


def _view(session: Session, run_id: int) -> RunView:
    found = find_run(session, current_principal(), run_id)
    labels = type_labels(session, {found.link_id})
    return view_of(found, {name: label for (_link_id, name), label in labels.items()})


def _details(session: Session, view: RunView, wanted: dict[str, Any]) -> dict[str, Any]:
    principal, run_id, link_id = current_principal(), view.run.id, view.run.link_id
    seen = sees_values(session, principal, [link_id])
    page = keyset_page(
        session,
        changes_query(ChangeFilter(target=wanted["target"]), run_id=run_id),
        [LogEntry.id],
        limit=wanted["limit"],
        after=wanted["after"],
    )
    query = failed_records.failed_query(principal, FailedFilter(link_id, run_id=run_id))
    failures = session.scalars(query.order_by(FailedRecord.id).limit(FAILURES_ON_RUN_PAGE)).all()
    return {
        "failures": show_failures(session, failures, seen),
        "changes": show_changes(session, page.items),
        "next_changes": page.next,
        "sees_values": link_id in seen,
        "target": wanted["target"],
    }


def _link_options(session: Session, principal: Principal) -> list[tuple[int, str]]:
    links = managed_links(session) if principal.is_administrator else visible_links(session, principal)
    return [(link.id, link.name) for link in links]


def _open_failures() -> int | None:
    if signed_in_user() is None:
        return None
    with current_database().reading() as session:
        return sum(failed_records.count_by_reason(session, current_principal()).values())


def _back() -> str:
    """Return the list that a button was pressed on."""
    link_id = request.form.get("link", type=int)
    return url_for("sync.failed", link=link_id) if link_id else url_for("sync.failed")
