"""What a request says beside its path: its body, and the headers of the protocol."""

import re
from math import isfinite
from typing import Any, cast

from flask import current_app, request

from host.settings import Settings
from sync_connectors.json_protocol.media import CALL_HEADER, DEADLINE_HEADER, SESSION_HEADER
from sync_connectors.json_protocol.reading import MessageError
from sync_connectors.json_protocol.server.bodies import read_body

SETTINGS = "tieline_settings"

_SESSION = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NUMBER = re.compile(r"[0-9]{1,15}")
_SHORTEST_CALL = 0.1


def body() -> dict[str, Any]:
    """Return the JSON object of the request.

    Raises:
        BodyError: It breaks one of the limits.
    """
    return read_body(request.get_data(), request.mimetype, request.headers.get("Content-Encoding", "").lower())


def session_id(given: str | None = None) -> str:
    """Return the id of the session that the path or the header names.

    Raises:
        MessageError: There is none, or it is malformed.
    """
    found = request.headers.get(SESSION_HEADER, "") if given is None else given
    if not _SESSION.fullmatch(found):
        raise MessageError(f"the header {SESSION_HEADER} has to be 8 to 64 letters, digits, - or _")
    return found


def call_number() -> int | None:
    """Return the number of the call within its session; None where the caller does not count.

    Raises:
        MessageError: It is no whole number.
    """
    given = request.headers.get(CALL_HEADER)
    if given is None:
        return None
    if not _NUMBER.fullmatch(given):
        raise MessageError(f"the header {CALL_HEADER} has to be a whole number")
    return int(given)


def seconds_given() -> float:
    """Return how long the caller waits, at most as long as a call of a sync may take.

    Raises:
        MessageError: It is no number of seconds.
    """
    settings = cast(Settings, current_app.extensions[SETTINGS])
    given = request.headers.get(DEADLINE_HEADER)
    if given is None:
        return float(settings.connector_call_seconds)
    try:
        seconds = float(given)
    except ValueError:
        seconds = float("nan")
    if not isfinite(seconds) or seconds < 0:
        raise MessageError(f"the header {DEADLINE_HEADER} has to be a number of seconds")
    return min(max(seconds, _SHORTEST_CALL), float(settings.sync_call_seconds))
