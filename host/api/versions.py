"""ETag and If-Match, made from the `version` that every changeable thing has."""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, request
from flask_babel import gettext as _
from flask_smorest import Blueprint
from flask_smorest.utils import get_appcontext

from host.errors import PreconditionRequiredError, StaleVersionError
from host.schemas.fields import LARGEST_ID

View = TypeVar("View", bound=Callable[..., Any])

_ETAG = re.compile(r'(?:W/)?"(\d{1,10})"')
_CHANGES = {"PUT", "PATCH", "DELETE"}


def versioned(view: View) -> View:
    """Give the answer an ETag from its member `version`; a change must say in If-Match which version it is for.

    Stands above `response` and `arguments`, below `requires`. The view hands `expected_version()` to its operation.
    """

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Response:
        if request.method in _CHANGES:
            expected_version()
        response = cast(Response, view(*args, **kwargs))
        content = get_appcontext().get("result_dump")
        if response.status_code < 300 and isinstance(content, dict) and "version" in content:
            response.set_etag(str(content["version"]))
            if request.method == "GET":
                response.make_conditional(request)
        return response

    return cast(View, _documented(checked))


def expected_version() -> int:
    """Return the version that If-Match names.

    Raises:
        PreconditionRequiredError: The request has no If-Match.
        StaleVersionError: If-Match names something that is the version of nothing.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        raise PreconditionRequiredError(
            _("a change needs the header If-Match"), _("read the resource and send its ETag")
        )
    found = _ETAG.fullmatch(sent.strip())
    if found is None or int(found[1]) > LARGEST_ID:
        raise StaleVersionError
    return int(found[1])


def version_of_form(form: Mapping[str, str]) -> int:
    """Return the version that the hidden field of a page's form names.

    Raises:
        StaleVersionError: The form has none, or the version of nothing.
    """
    sent = form.get("version", "")
    if not (sent.isdecimal() and len(sent) <= 10 and int(sent) <= LARGEST_ID):
        raise StaleVersionError
    return int(sent)


def _documented(view: Callable[..., Any]) -> Any:
    name = view.__name__.upper()
    if name in _CHANGES:
        parameter = {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "description": "The ETag of the version that the change is for.",
            "schema": {"type": "string", "pattern": r'^"[0-9]{1,10}"$'},
        }
        responses = {"412": "PRECONDITION_FAILED", "428": "PRECONDITION_REQUIRED"}
        return Blueprint.doc(parameters=[parameter], responses=responses)(view)
    parameter = {
        "in": "header",
        "name": "If-None-Match",
        "description": "The ETag that is known already.",
        "schema": {"type": "string"},
    }
    return Blueprint.doc(parameters=[parameter], responses={"304": "NOT_MODIFIED"})(view) if name == "GET" else view
