"""The API of one application: its OpenAPI document and the registration of its resources."""

from http import HTTPStatus
from importlib.metadata import version
from threading import Lock
from typing import Any, cast

from flask import Flask
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect
from marshmallow import Schema as PlainSchema
from marshmallow import fields

from host.api import docs_page
from host.api.blueprints import PREFIX, ApiBlueprint
from host.api.paths import init_paths
from host.api.problems import CONTENT_TYPE, answering_problems, init_problems
from host.settings import Settings

EXTENSION = "tieline_api"

_DESCRIPTION = """\
The same operations as the pages. Send a token of your account page as `Authorization: Bearer tl_…`.

A change names the version it is for: send the `ETag` of what you read as `If-Match`. Lists come in pages: ask again
with `after` set to `next`. A create with an `Idempotency-Key` may be repeated. Errors are problem details (RFC 9457).
"""


class FieldFaultSchema(PlainSchema):
    """One fault of one field."""

    field = fields.String(required=True)
    message = fields.String(required=True)


class ProblemSchema(PlainSchema):
    """An error."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "Stable name of the kind of problem."})
    detail = fields.String(required=True, metadata={"description": "What happened."})
    instruction = fields.String(required=True, metadata={"description": "What to do next, or empty."})
    request_id = fields.String(required=True, metadata={"description": "Where the log tells more."})
    errors = fields.List(fields.Nested(FieldFaultSchema), metadata={"description": "Every fault of every field."})
    changed_by = fields.String(metadata={"description": "Who saved the newer version."})
    changed_at = fields.String(metadata={"description": "When it was saved."})


class TielineApi(Api):
    """flask-smorest with problem details in place of its own form of errors."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        self._undocumented: list[ApiBlueprint] = []
        self._documenting = Lock()
        super().__init__(app)

    def _register_error_handlers(self) -> None:
        """Leave the errors of pages to the pages; `register_api` wraps the views of the API."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            content: dict[str, Any] = {"description": status.phrase}
            if status >= 400:
                content["content"] = {CONTENT_TYPE: {"schema": ProblemSchema}}
            self.spec.components.response(status.name, content, lazy=True)
        default = {"description": "An error.", "content": {CONTENT_TYPE: {"schema": ProblemSchema}}}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, default, lazy=True)

    def register_blueprint(self, blp: ApiBlueprint, **options: Any) -> None:
        """Do what flask-smorest does, but describe the resource when its description is first asked for.

        To put the OpenAPI document together takes half of an application's start, and most processes never show it.
        """
        app = cast(Flask, self._app)
        app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        app.register_blueprint(blp, **options)
        self._undocumented.append(blp)

    def _openapi_json(self) -> Any:
        """Serve the OpenAPI document."""
        with self._documenting:
            while self._undocumented:
                blp = self._undocumented.pop(0)
                blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
                # the resource's plain name, and not the blueprint's
                self.spec.tag({"name": blp.resource, "description": blp.description})
        return super()._openapi_json()


def init_api(app: Flask, settings: Settings) -> None:
    """Set the API up; resources follow with `register_api`."""
    app.config.update(
        API_TITLE="Tieline",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": _DESCRIPTION, "version": version("tieline")},
            "servers": [{"url": settings.path_prefix or "/"}],
        },
    )
    init_paths(app)
    init_problems(app)
    if "csrf" not in app.extensions:
        CSRFProtect(app)
    api = TielineApi(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme(
        "session", {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]}
    )
    app.extensions[EXTENSION] = api
    app.register_blueprint(docs_page.blueprint)


def register_api(app: Flask, blueprint: ApiBlueprint) -> None:
    """Add a resource to the API of `app`."""
    api = cast(TielineApi, app.extensions[EXTENSION])
    # operations check the CSRF token themselves, because a call with a bearer token needs none
    app.extensions["csrf"].exempt(blueprint)
    api.register_blueprint(blueprint)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}."):
            app.view_functions[endpoint] = answering_problems(view)
