"""The page on which the API is browsed: Swagger UI from an installed package, nothing from elsewhere."""

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, render_template, send_from_directory
from werkzeug.exceptions import NotFound

_ASSETS = {"swagger-ui.css", "swagger-ui-bundle.js"}
_FOLDER = Path(flask_swagger_ui.__file__).parent / "dist"

blueprint = Blueprint("api_docs_page", __name__, url_prefix="/api/docs")


@blueprint.get("")
def show() -> str:
    """Show the operations of the API."""
    return render_template("api/docs.html")


@blueprint.get("/assets/<name>")
def asset(name: str) -> Response:
    """Serve a file of Swagger UI."""
    if name not in _ASSETS:
        raise NotFound
    return send_from_directory(_FOLDER, name, max_age=3600)
