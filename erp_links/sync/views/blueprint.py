"""The pages of syncs: the overview, the runs, one run. Those of one link and of failed records are beside it."""

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from sqlalchemy.orm import Session

from erp_links.attention.badges import open_failures
from erp_links.attention.waiting import waiting_for, waiting_of
from erp_links.links.overview import rows_of
from erp_links.links.schedule import sync_settings
from erp_links.runtime import current_runtime
from erp_links.sync.models import FailedRecord, LogEntry, Run
from erp_links.sync.reasons import WAITING, WinReason, failure_words, win_words
from erp_links.sync.requesting import cancel_run
from erp_links.sync.views import api, failed_api, failed_pages, failed_records, link_api, link_pages, revert_pages
from erp_links.sync.views.changes import LogKind, changes_query, field_options, kind_words
from erp_links.sync.views.failed_records import FailedFilter
from erp_links.sync.views.full_reads import count_due
from erp_links.sync.views.history import RUN_FILTERS, find_run, runs_query, sees_values
from erp_links.sync.views.link_choice import link_options, seen_or_managed
from erp_links.sync.views.presenting import show_changes, type_labels
from erp_links.sync.views.preview_view import preview_view
from erp_links.sync.views.run_view import RunView, outcome_word, view_of
from erp_links.sync.views.schemas import ChangeSearch, RunPageSearch
from erp_links.sync.views.shown_failures import show_failures
from host.accounts.current import administrator_required, current_doer, current_principal
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
    """Set up the pages and the API of runs, of failed records, and of what a link's syncs are like."""
    for part in (blueprint, failed_pages.blueprint, link_pages.blueprint, revert_pages.blueprint):
        app.register_blueprint(part)
    for resource in (api.runs, failed_api.failed, link_api.sync):
        register_api(app, resource)
    for order, (label, endpoint, icon, prefix, badge) in enumerate(
        (
            (_l("Overview"), "sync.overview", "diagram-2", "/sync", None),
            (_l("Runs"), "sync.runs", "arrow-repeat", "/sync/runs", None),
            (_l("Failed records"), "failed.show", "exclamation-triangle", "/sync/failed-records", open_failures),
        )
    ):
        register_item(app, NavigationItem(Section.SYNC, label, endpoint, icon, order, prefix, badge=badge))


@blueprint.get("/sync")
@login_required
def overview() -> str:
    """Show of each link whether it works, when it last did, and what waits for a person."""
    runtime, principal = current_runtime(), current_principal()
    with runtime.database.reading() as session:
        links = seen_or_managed(session, principal)
        ids = [link.id for link in links]
        stored = sync_settings(session, runtime.settings)
        counted = failed_records.count_by_reason(session, principal)
        return render_template(
            "runs/overview.html",
            rows=rows_of(session, runtime, links),
            waiting=waiting_of(session, ids),
            due=count_due(session, ids),
            automatic=stored.automatic,
            is_working=is_working(session),
            total=waiting_for(session, principal),
            reasons={reason: count for reason, count in counted.items() if reason not in WAITING},
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
            link_options=link_options(session, principal),
            filters=RUN_FILTERS,
        )


@blueprint.get("/sync/runs/<int:run_id>")
@login_required
def run(run_id: int) -> str:
    """Show one run: its progress, what failed, and what changed with old and new values."""
    wanted = load_form(ChangeSearch, request.args)
    with current_database().reading() as session:
        view, principal = _view(session, run_id), current_principal()
        sees = bool(sees_values(session, principal, [view.run.link_id]))
        return render_template(
            "runs/run.html",
            view=view,
            may_revert=principal.is_administrator and sees and view.is_revertible,
            kinds=[(kind.value, first_upper(kind_words(kind.value))) for kind in LogKind],
            fields=field_options(session, view.run.link_id),
            reasons=[(reason.value, first_upper(win_words(reason.value))) for reason in WinReason],
            **_details(session, view, wanted),
        )


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


def _view(session: Session, run_id: int) -> RunView:
    found = find_run(session, current_principal(), run_id)
    labels = type_labels(session, {found.link_id})
    return view_of(found, {name: label for (_link_id, name), label in labels.items()})


def _details(session: Session, view: RunView, wanted: dict[str, Any]) -> dict[str, Any]:
    principal, run_id, link_id = current_principal(), view.run.id, view.run.link_id
    seen = sees_values(session, principal, [link_id])
    narrowed, limit, after = wanted["narrowed"], wanted["limit"], wanted["after"]
    if view.is_preview:
        found = preview_view(session, view.run)
        return {
            "preview": found,
            "changes": show_changes(session, found.sample),
            "sees_values": link_id in seen,
            "narrowed": narrowed,
        }
    page = keyset_page(session, changes_query(narrowed, run_id=run_id), [LogEntry.id], limit=limit, after=after)
    failures = []
    if not after and not narrowed.is_narrow:
        query = failed_records.failed_query(principal, FailedFilter(link_id, run_id=run_id))
        failures = list(session.scalars(query.order_by(FailedRecord.id).limit(FAILURES_ON_RUN_PAGE)))
    return {
        "failures": show_failures(session, failures, seen),
        "changes": show_changes(session, page.items),
        "next_changes": page.next,
        "sees_values": link_id in seen,
        "narrowed": narrowed,
    }
