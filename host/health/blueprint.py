"""`/healthz` and `/readyz`, for whoever watches the processes."""

from flask import Blueprint, Flask, Response, jsonify

from host.database import current_database
from host.health.checks import readiness
from host.secrets import current_secret_box
from host.settings import Settings

blueprint = Blueprint("health", __name__)


def init_health(app: Flask, _settings: Settings) -> None:
    """Add the two addresses; they ask for no sign-in and tell nothing of the data."""
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def health() -> Response:
    """Answer that the web process is alive, whatever else is not."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 when everything that work needs is there, else 503 with what is missing."""
    faults = readiness(current_database(), current_secret_box())
    answer = jsonify(
        status="ready" if not any(faults.values()) else "not ready",
        checks={name: fault or "ok" for name, fault in faults.items()},
    )
    answer.status_code = 503 if any(faults.values()) else 200
    return answer
