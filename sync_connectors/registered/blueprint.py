"""Pages of single sync connectors; the list stands on the page of all sync settings."""

from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from host.accounts.current import administrator_required, current_doer
from host.api import register_api
from host.database import current_database
from host.errors import ConflictError, InvalidInputError
from host.schemas import load_form
from host.settings import Settings
from sync_connectors.connectors import current_connectors
from sync_connectors.registered import api
from sync_connectors.registered.answers import connector_answer, probe_answer
from sync_connectors.registered.declaring import refresh_declaration
from sync_connectors.registered.errors import UnansweredError
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import connector_by_id, delete_connector
from sync_connectors.registered.registering import change_and_ask, register_connector, try_url
from sync_connectors.registered.schemas import ConnectorInput, ProbeInput

blueprint = Blueprint("connectors", __name__, url_prefix="/settings/sync/connectors")


def init_app(app: Flask, _settings: Settings) -> None:
    """Set up the pages and the API of sync connectors."""
    app.register_blueprint(blueprint)
    register_api(app, api.blueprint)


@blueprint.get("/new")
@administrator_required
def new() -> ResponseReturnValue:
    """Ask for name, URL and token."""
    return _new_page({"name": "", "url": ""}, {})


@blueprint.post("/new")
@administrator_required
def add() -> ResponseReturnValue:
    """Add a connector and show what it declares; or only try its URL."""
    try:
        if "try" in request.form:
            return _new_page(request.form, {}, _tried())
        values = load_form(ConnectorInput, request.form)
        added = register_connector(current_database(), current_connectors(), current_doer(), **values)
    except InvalidInputError as error:
        return _new_page(request.form, error.errors, _unanswered(error)), 422
    _tell_answer(added)
    return redirect(url_for("connectors.show", connector_id=added.id))


@blueprint.post("/probe")
@administrator_required
def probe() -> ResponseReturnValue:
    """Try the URL of a form; for the script of that form, which shows the answer in place."""
    try:
        tried = _tried()
    except InvalidInputError as error:
        return jsonify(usable=False, html="", errors=error.errors)
    html = render_template("connectors/_probe.html", probe=tried) if tried else ""
    return jsonify(usable=tried is None or tried["usable"], html=html, errors={})


@blueprint.get("/<int:connector_id>")
@administrator_required
def show(connector_id: int) -> ResponseReturnValue:
    """Show a connector: its form, what it declares, and who uses it."""
    return _page(connector_id)


@blueprint.post("/<int:connector_id>")
@administrator_required
def change(connector_id: int) -> ResponseReturnValue:
    """Change name, URL or token; or only try the URL."""
    version = request.form.get("version", 0, type=int)
    try:
        if "try" in request.form:
            return _page(connector_id, tried=_tried(connector_id), keeps_form=True)
        changes = load_form(ConnectorInput, request.form)
        change_and_ask(current_database(), current_connectors(), current_doer(), connector_id, changes, version)
    except InvalidInputError as error:
        return _page(connector_id, error.errors, _unanswered(error), keeps_form=True), 422
    flash(_("The sync connector is saved."), "ok")
    return redirect(url_for("connectors.show", connector_id=connector_id))


@blueprint.post("/<int:connector_id>/refresh")
@administrator_required
def refresh(connector_id: int) -> ResponseReturnValue:
    """Ask the connector again what it declares."""
    _tell_answer(refresh_declaration(current_database(), current_connectors(), current_doer(), connector_id))
    return redirect(url_for("connectors.show", connector_id=connector_id))


@blueprint.post("/<int:connector_id>/delete")
@administrator_required
def delete(connector_id: int) -> ResponseReturnValue:
    """Delete a connector that no link uses."""
    with current_database().reading() as session:
        name = connector_by_id(session, connector_id).name
    if request.form.get("confirm", "").strip() != name:
        return _page(connector_id, {"confirm": [_("is not the name of the sync connector")]}), 422
    try:
        with current_database().writing() as session:
            version = request.form.get("version", 0, type=int)
            delete_connector(session, current_doer(), current_connectors(), connector_id, version)
    except ConflictError as error:
        return _page(connector_id, {"confirm": [str(error)]}), 409
    flash(_("The sync connector %(name)s is deleted.", name=name), "ok")
    return redirect(f"{request.script_root}/settings/sync")


def _tell_answer(connector: SyncConnector) -> None:
    if connector.failure:
        flash(_("The sync connector did not answer: %(failure)s", failure=connector.failure), "bad")
    else:
        flash(_("The sync connector has answered."), "ok")


def _tried(connector_id: int | None = None) -> dict[str, Any] | None:
    """Try the URL of the submitted form; None where it leads to no server."""
    values = load_form(ProbeInput, request.form)
    connector_id = connector_id or values.get("connector_id")
    probed = try_url(current_database(), current_connectors(), values["url"], values.get("token"), connector_id)
    return probe_answer(probed) if probed else None


def _unanswered(error: InvalidInputError) -> dict[str, Any] | None:
    return probe_answer(error.probe) if isinstance(error, UnansweredError) else None


def _new_page(form: object, errors: dict[str, list[str]], tried: dict[str, Any] | None = None) -> str:
    return render_template(
        "connectors/new.html", form=form, errors=errors, tried=tried, plugins=current_connectors().plugins
    )


def _page(
    connector_id: int,
    errors: dict[str, list[str]] | None = None,
    tried: dict[str, Any] | None = None,
    *,
    keeps_form: bool = False,
) -> str:
    connectors = current_connectors()
    with current_database().reading() as session:
        connector = connector_answer(session, connectors, connector_by_id(session, connector_id))
    return render_template(
        "connectors/edit.html",
        connector=connector,
        form=request.form if keeps_form else connector,
        errors=errors or {},
        tried=tried,
        plugins=connectors.plugins,
    )
