"""The page of a link's trace."""

from typing import Any

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.finding import managed_link
from erp_links.runtime import current_runtime
from erp_links.tracing import api, operations
from erp_links.tracing.bounds import KEPT_FOR, MINUTES
from erp_links.tracing.downloading import latest_calls, trace_file
from erp_links.tracing.operations import TraceView, trace_view
from erp_links.tracing.page_words import duration_words, state_words
from erp_links.tracing.schemas import TraceInput
from erp_links.visibility import may_see
from host.accounts.current import administrator_required, current_doer, current_principal
from host.api import register_api
from host.errors import ConflictError, InvalidInputError, TielineError
from host.schemas import load_form
from host.settings import Settings
from host.web.fragments import with_etag

blueprint = Blueprint("tracing", __name__, url_prefix="/settings/sync/links/<int:link_id>/trace")


def init_app(app: Flask, _settings: Settings) -> None:
    """Set up the page and the API of traces."""
    app.register_blueprint(blueprint)
    register_api(app, api.trace)


@blueprint.get("")
@administrator_required
def show(link_id: int) -> str:
    """Show whether the link is traced, and its latest calls."""
    return _page(link_id)


@blueprint.get("/calls")
@administrator_required
def calls(link_id: int) -> ResponseReturnValue:
    """The state and the latest calls, to be put in place while the trace is on."""
    with current_runtime().database.reading() as session:
        shown = _shown(session, link_id)
    return with_etag(render_template("tracing/calls.html", **shown), stop=not shown["view"].is_on)


@blueprint.post("/start")
@administrator_required
def start(link_id: int) -> ResponseReturnValue:
    """Switch the trace on."""
    try:
        minutes = load_form(TraceInput, request.form)["minutes"]
        operations.start_trace(current_runtime(), current_doer(), link_id, minutes)
    except InvalidInputError as error:
        return _page(link_id, errors=error.errors), error.status
    flash(_("The trace is on. Do now what you want to see in it."), "ok")
    return redirect(url_for("tracing.show", link_id=link_id))


@blueprint.post("/stop")
@administrator_required
def stop(link_id: int) -> ResponseReturnValue:
    """Switch the trace off."""
    try:
        operations.stop_trace(current_runtime(), current_doer(), link_id)
    except ConflictError as error:
        return _page(link_id, trouble=error), error.status
    flash(_("The trace is off. What it holds can be downloaded."), "ok")
    return redirect(url_for("tracing.show", link_id=link_id))


@blueprint.get("/download")
@administrator_required
def download(link_id: int) -> Response:
    """Give the trace as a file."""
    return trace_file(current_runtime(), current_doer(), current_principal(), link_id)


def _page(link_id: int, errors: dict[str, list[str]] | None = None, trouble: TielineError | None = None) -> str:
    with current_runtime().database.reading() as session:
        return render_template(
            "tracing/page.html",
            **_shown(session, link_id),
            errors=errors or {},
            trouble=trouble,
            choices=[(minutes, duration_words(minutes)) for minutes in MINUTES],
            kept_days=KEPT_FOR.days,
        )


def _shown(session: Session, link_id: int) -> dict[str, Any]:
    link = managed_link(session, link_id)
    view: TraceView = trace_view(session, link_id)
    return {
        "link": link,
        "view": view,
        "state": state_words(view.state),
        "sees_values": may_see(link, current_principal()),
        "latest": latest_calls(session, link_id) if view.calls else [],
    }
