"""Answers and errors as HTTP: one form for all of them, whatever went wrong."""

import gzip
import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from host.database import is_trouble
from sync_connectors.contract.errors import ConnectorError, ProtocolError, RateLimitedError, UnavailableError
from sync_connectors.json_protocol.errors import error_to_json, status_of
from sync_connectors.json_protocol.media import MESSAGE_TYPE
from sync_connectors.json_protocol.reading import MessageError, encode
from sync_connectors.json_protocol.server.bodies import BodyError
from sync_connectors.json_protocol.server.sessions import SessionConflictError
from sync_connectors.json_protocol.server.underway import StoppingError

_WORTH_PACKING = 1024
_STOP_RETRY = "5"
_logger = logging.getLogger(__name__)


def init_answers(app: Flask) -> None:
    """Let every error of the application be answered in the protocol's form."""
    app.register_error_handler(ConnectorError, _connector_error)
    app.register_error_handler(MessageError, lambda error: _malformed(str(error), 400))
    app.register_error_handler(BodyError, lambda error: _malformed(str(error), error.status))
    app.register_error_handler(SessionConflictError, lambda error: _malformed(str(error), 409))
    app.register_error_handler(StoppingError, _stopping)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _own_fault)
    app.after_request(_finish)


def answer(message: Mapping[str, Any], content_type: str = MESSAGE_TYPE, status: int = 200) -> Response:
    """Return an answer that holds a message, packed where the caller takes that."""
    told = encode(message)
    response = Response(content_type=content_type, status=status)
    if len(told) >= _WORTH_PACKING and takes_gzip():
        told = gzip.compress(told, 1, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(told)
    return response


def answer_of(to_json: Callable[[Any], Mapping[str, Any]], result: Any) -> Response:
    """Return an answer that holds what a call of the contract returned.

    Raises:
        ProtocolError: The connector has answered what has no JSON form.
    """
    try:
        return answer(to_json(result))
    except ValueError as error:
        raise ProtocolError(f"the connector answers what cannot be sent: {error}") from error


def takes_gzip() -> bool:
    """Whether the caller unpacks gzip."""
    return request.accept_encodings.quality("gzip") > 0


def _connector_error(error: ConnectorError) -> Response:
    response = answer(error_to_json(error), status=status_of(error))
    if isinstance(error, RateLimitedError) and error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def _malformed(text: str, status: int) -> Response:
    """Answer a request that is none of the protocol: the caller has to be mended, and not the connector."""
    return answer(error_to_json(ProtocolError(f"the request was refused: {text}")), status=status)


def _stopping(error: StoppingError) -> Response:
    response = answer(error_to_json(UnavailableError(str(error), unsent=True)), status=503)
    response.headers["Retry-After"] = _STOP_RETRY
    return response


def _http_error(error: HTTPException) -> Response:
    return _malformed(error.name.lower(), error.code or 500)


def _own_fault(error: Exception) -> Response:
    _logger.error("a call failed", exc_info=error)
    text = "the connector's server failed, its log tells why"
    if isinstance(error, SQLAlchemyError) and is_trouble(error):
        return answer(error_to_json(UnavailableError(text)), status=503)
    return answer(error_to_json(ConnectorError(text)), status=500)


def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
