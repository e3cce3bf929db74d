"""Setting the shell up."""

from flask import Blueprint, Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5
from flask_login import login_required
from flask_wtf import CSRFProtect

from host.settings import Settings
from host.web import addresses, errors, formats, headers, navigation

blueprint = Blueprint("web", __name__)


def init_web(app: Flask, settings: Settings) -> None:
    """Give pages their frame. Features register their navigation items afterwards."""
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session: a form may stay open over lunch
    CSRFProtect(app)
    headers.init_headers(app, settings)
    formats.init_formats(app)
    addresses.init_addresses(app)
    navigation.init_navigation(app)
    errors.init_error_pages(app)
    app.register_blueprint(blueprint)


@blueprint.get("/")
@login_required
def home() -> ResponseReturnValue:
    """Lead to where most work begins."""
    return redirect(url_for("crm.companies"))
