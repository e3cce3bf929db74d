"""Errors of the API as problem details (RFC 9457): every one of them, also those that no view has raised."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from host.accounts.current import is_api_request
from host.errors import InvalidInputError, NotSignedInError, StaleVersionError, TielineError, TooManyRequestsError
from host.logs import request_id
from host.schemas import flattened

CONTENT_TYPE = "application/problem+json"
_KEPT_HEADERS = ("Allow", "Retry-After")


def init_problems(app: Flask) -> None:
    """Turn what is left of errors below /api into problems: unknown paths, wrong methods, failures of ours."""
    app.after_request(_without_error_pages)


def answering_problems(view: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
    """Answer the errors that a view of the API raises."""

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        try:
            return cast(ResponseReturnValue, view(*args, **kwargs))
        except TielineError as error:
            return problem_of(error)
        except HTTPException as error:
            return _problem_of_http(error)

    return answered


def problem_of(error: TielineError) -> Response:
    """Return one of our errors as an answer of the API; the one place where they are given an HTTP form."""
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if isinstance(error, TooManyRequestsError):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, NotSignedInError):
        headers["WWW-Authenticate"] = 'Bearer realm="Tieline"'
    if isinstance(error, InvalidInputError):
        extra["errors"] = _as_list(error.errors)
    if isinstance(error, StaleVersionError) and error.changed_at is not None:
        extra |= {"changed_by": error.changed_by, "changed_at": error.changed_at.isoformat()}
    return problem(
        error.api_status or error.status,
        error.code,
        error.text,
        instruction=error.instruction,
        headers=headers,
        **extra,
    )


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    instruction: str = "",
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """Return a problem.

    Args:
        status: The HTTP status.
        code: A stable name of the kind of problem, for programs.
        detail: What happened, for people.
        instruction: What to do next.
        headers: Further headers.
        extra: Further members of the body.
    """
    content = {
        "type": f"urn:tieline:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        "instruction": instruction,
        "request_id": request_id(),
        **extra,
    }
    return Response(json.dumps(content, ensure_ascii=False), status, dict(headers or {}), content_type=CONTENT_TYPE)


def _problem_of_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    found = getattr(error, "data", None) or {}
    if "messages" in found:  # webargs: {location: marshmallow's messages}
        messages = found["messages"]
        faults: dict[str, list[str]] = {}
        for inner in messages.values() if isinstance(messages, Mapping) else [messages]:
            faults |= flattened(inner)
        if error.code == HTTPStatus.BAD_REQUEST:
            return problem(error.code, "not-json", _("the body is no JSON"))
        return problem(error.code, InvalidInputError.code, _("some fields cannot be taken"), errors=_as_list(faults))
    kept = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
    return problem(error.code, _code_of(error.code), error.description or "", headers=kept)


def _without_error_pages(response: Response) -> Response:
    if not is_api_request() or response.status_code < 400 or response.mimetype == CONTENT_TYPE:
        return response
    if isinstance(request.routing_exception, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(request.routing_exception.valid_methods or ())
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return problem(response.status_code, _code_of(response.status_code), _detail_of(response.status_code), headers=kept)


def _detail_of(status: int) -> str:
    details = {
        404: _("there is nothing at this path"),
        405: _("this path does not take this method"),
        413: _("the body is too large"),
        500: _("Tieline failed, its log tells why under the request id"),
    }
    return str(details.get(status, HTTPStatus(status).phrase))


def _code_of(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-")


def _as_list(errors: Mapping[str, list[str]]) -> list[dict[str, str]]:
    return [{"field": field, "message": fault} for field, faults in errors.items() for fault in faults]
