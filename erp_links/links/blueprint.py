"""Pages of the sync settings and of one ERP link; its form is in `editing`."""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from erp_links.links import activating, api, deleting, editing, pausing, schedule, testing
from erp_links.links.connector_rows import connector_rows
from erp_links.links.declaring import refresh_link
from erp_links.links.finding import managed_link, managed_links
from erp_links.links.models import LinkState
from erp_links.links.overview import recent_runs, rows_of
from erp_links.links.page_words import outcome_words, pause_next
from erp_links.links.results import TestResult
from erp_links.links.uses import register_uses
from erp_links.runtime import current_runtime
from erp_links.sync.requesting import Cause, request_run
from host.accounts.current import administrator_required, current_doer
from host.api import register_api
from host.errors import ConflictError, InvalidInputError, TielineError, UpstreamError
from host.settings import Settings
from host.web.fragments import with_etag
from host.web.navigation import NavigationItem, Section, for_administrators, register_item

blueprint = Blueprint("links", __name__, url_prefix="/settings/sync")

_LINK = "/links/<int:link_id>"


def init_app(app: Flask, _settings: Settings) -> None:
    """Set up the pages and the API of ERP links."""
    app.register_blueprint(blueprint)
    app.register_blueprint(editing.blueprint)
    register_api(app, api.links)
    register_api(app, api.settings)
    register_uses()
    app.jinja_env.globals["interval_words"] = schedule.interval_words
    register_item(
        app,
        NavigationItem(
            section=Section.SETTINGS,
            label=lazy_gettext("Sync"),
            endpoint="links.settings",
            icon="arrow-left-right",
            order=10,
            prefix="/settings/sync",
            visible=for_administrators,
        ),
    )


@dataclass
class Shown:
    """What a page of a link shows beside the link: what became of the last action."""

    errors: dict[str, list[str]] = field(default_factory=dict)
    delete_errors: dict[str, list[str]] = field(default_factory=dict)
    trouble: TielineError | None = None
    result: TestResult | None = None


@blueprint.get("")
@administrator_required
def settings() -> ResponseReturnValue:
    """Show automatic sync, links and connectors."""
    return _settings_page({})


@blueprint.post("/automatic")
@administrator_required
def change_automatic() -> ResponseReturnValue:
    """Switch automatic sync on or off, or set its interval."""
    runtime = current_runtime()
    try:
        with runtime.database.writing() as session:
            schedule.change_sync_settings(
                session,
                runtime.settings,
                current_doer(),
                automatic={"true": True, "false": False}.get(request.form.get("automatic", "")),
                interval_seconds=_seconds(),
                expected_version=request.form.get("version", type=int),
            )
    except InvalidInputError as error:
        return _settings_page(error.errors), 422
    return redirect(url_for("links.settings"))


@blueprint.get(_LINK)
@administrator_required
def overview(link_id: int) -> ResponseReturnValue:
    """Show where a link stands."""
    return _page(link_id, Shown())


@blueprint.get(f"{_LINK}/runs")
@administrator_required
def runs(link_id: int) -> ResponseReturnValue:
    """The last runs of a link, to be put in place while one is under way."""
    runtime = current_runtime()
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        row = rows_of(session, runtime, [link])[0]
        html = render_template(
            "links/runs.html", link=link, row=row, runs=recent_runs(session, link_id), outcomes=outcome_words()
        )
    return with_etag(html, stop=not row.is_running)


@blueprint.post(f"{_LINK}/test")
@administrator_required
def test(link_id: int) -> ResponseReturnValue:
    """Test a link as it is saved."""
    try:
        result = testing.test_link(current_runtime(), current_doer(), link_id)
    except ConflictError as error:
        return _page(link_id, Shown(trouble=error)), error.status
    return _page(link_id, Shown(result=result)), 200 if result.passed else 422


@blueprint.post(f"{_LINK}/refresh")
@administrator_required
def refresh(link_id: int) -> ResponseReturnValue:
    """Read again what the ERP of a link offers."""
    try:
        refresh_link(current_runtime(), current_doer(), link_id)
    except (ConflictError, UpstreamError) as error:
        return _page(link_id, Shown(trouble=error)), error.status
    flash(_("What the ERP offers was read again."), "ok")
    return redirect(url_for("links.overview", link_id=link_id))


@blueprint.post(f"{_LINK}/activate")
@administrator_required
def activate(link_id: int) -> ResponseReturnValue:
    """Activate a link, or say everything that stands in the way."""
    try:
        activating.activate(current_runtime(), current_doer(), link_id, _version())
    except (ConflictError, InvalidInputError) as error:
        return _page(link_id, Shown(trouble=error)), error.status
    flash(_("Active. Its first sync starts as scheduled, or now."), "ok")
    return redirect(url_for("links.overview", link_id=link_id))


@blueprint.post(f"{_LINK}/deactivate")
@administrator_required
def deactivate(link_id: int) -> ResponseReturnValue:
    """Deactivate a link."""
    with current_runtime().database.writing() as session:
        activating.deactivate(session, current_doer(), link_id, _version())
    return redirect(url_for("links.overview", link_id=link_id))


@blueprint.post(f"{_LINK}/pause")
@administrator_required
def pause(link_id: int) -> ResponseReturnValue:
    """Let a link rest."""
    with current_runtime().database.writing() as session:
        pausing.pause(session, current_doer(), link_id, _version())
    return redirect(url_for("links.overview", link_id=link_id))


@blueprint.post(f"{_LINK}/resume")
@administrator_required
def resume(link_id: int) -> ResponseReturnValue:
    """Let a link go on."""
    try:
        pausing.resume(current_runtime(), current_doer(), link_id, _version())
    except (ConflictError, UpstreamError) as error:
        return _page(link_id, Shown(trouble=error)), error.status
    return redirect(url_for("links.overview", link_id=link_id))


@blueprint.post(f"{_LINK}/run")
@administrator_required
def run(link_id: int) -> ResponseReturnValue:
    """Have a link synced now."""
    try:
        runtime = current_runtime()
        with runtime.database.writing() as session:
            request_run(session, link_id, Cause.PERSON, current_doer(), runtime=runtime)
    except ConflictError as error:
        return _page(link_id, Shown(trouble=error)), error.status
    flash(_("The sync is asked for; a worker takes it within seconds."), "ok")
    return redirect(url_for("links.overview", link_id=link_id))


@blueprint.post(f"{_LINK}/schedule")
@administrator_required
def change_schedule(link_id: int) -> ResponseReturnValue:
    """Let a link differ from what holds for all links."""
    automatic = {"true": True, "false": False}.get(request.form.get("automatic", ""))
    try:
        with current_runtime().database.writing() as session:
            schedule.change_schedule(session, current_doer(), link_id, automatic, _seconds(), _version())
    except InvalidInputError as error:
        return _page(link_id, Shown(errors=error.errors)), 422
    return redirect(url_for("links.overview", link_id=link_id))


@blueprint.post(f"{_LINK}/delete")
@administrator_required
def delete(link_id: int) -> ResponseReturnValue:
    """Delete a link whose name was typed."""
    try:
        deleting.delete_link(current_runtime(), current_doer(), link_id, request.form.get("confirm", ""), _version())
    except InvalidInputError as error:
        return _page(link_id, Shown(delete_errors={"confirm": error.errors["name"]})), 422
    flash(_("The ERP link is deleted. CRM records stayed."), "ok")
    return redirect(url_for("links.settings"))


def _settings_page(errors: dict[str, list[str]]) -> str:
    runtime = current_runtime()
    with runtime.database.reading() as session:
        rows = rows_of(session, runtime, managed_links(session))
        return render_template(
            "sync_settings/page.html",
            rows=rows,
            connectors=connector_rows(session, runtime.connectors, [row.link for row in rows]),
            settings=schedule.sync_settings(session, runtime.settings),
            errors=errors,
        )


def _page(link_id: int, shown: Shown) -> str:
    runtime = current_runtime()
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        row = rows_of(session, runtime, [link])[0]
        is_active = link.state == LinkState.ACTIVE
        values: dict[str, Any] = {
            "link": link,
            "row": row,
            "standing": row.standing,
            "pause_words": pausing.reason_name(row.standing.paused) if row.standing.paused else "",
            "pause_next": pause_next(row.standing.paused),
            "reasons": [] if is_active else activating.reasons_against(session, runtime, link),
            "runs": recent_runs(session, link_id),
            "outcomes": outcome_words(),
            "settings": schedule.sync_settings(session, runtime.settings),
            "default_zone": runtime.settings.time_zone,
            "dropped": deleting.dropped_with(session, runtime, link).words(),
            "errors": shown.errors,
            "delete_errors": shown.delete_errors,
            "trouble": shown.trouble,
            "result": shown.result,
        }
        return render_template("links/overview.html", **values)


def _version() -> int:
    """Return the version that the page showed; a form without one is for none."""
    version = request.form.get("version", type=int)
    return -1 if version is None else version


def _seconds() -> int | None:
    minutes = request.form.get("interval_minutes", "").strip()
    if not minutes:
        return None
    if not minutes.isascii() or not minutes.isdecimal() or len(minutes) > 7:
        raise InvalidInputError({"interval_minutes": [_("is no whole number of minutes")]})
    return int(minutes) * 60
