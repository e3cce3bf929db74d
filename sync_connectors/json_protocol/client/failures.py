"""What went wrong on the way to a server, as errors of the contract."""

import socket
import ssl
from collections.abc import Callable, Iterator

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from host.outbound import AddressRefusedError, CallDeadlineError, ResponseTooLargeError
from sync_connectors.contract.errors import (
    AuthenticationError,
    ConnectorError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from sync_connectors.json_protocol.errors import error_from_json, seconds
from sync_connectors.json_protocol.reading import MessageError, decode

_BREAKS_PROTOCOL = "tell whoever runs the connector's server, or correct the URL of the sync connector"
_UNREACHED = "see whether the connector's server runs, and whether the URL of the sync connector is right"
_UNSAFE = "give the server a certificate that is trusted here, or name its authority in TIELINE_OUTBOUND_CA_BUNDLE"
_LATE = (
    "see what keeps the connector's server busy; it is waited for as long as TIELINE_SYNC_CALL_SECONDS says in a run, "
    "and TIELINE_CONNECTOR_CALL_SECONDS elsewhere"
)
TROUBLED = "see what the connector's server says in its log"
_UNSENT = (NewConnectionError, ConnectTimeoutError, socket.gaierror, ssl.SSLCertVerificationError)
"""Errors of a connection that was never there: the server has seen nothing of the request."""


class BrokenLineError(UnavailableError):
    """The connection broke off, for a reason that may be gone at once: what only reads is asked again."""


def failure_of(host: str, error: requests.RequestException) -> ConnectorError:
    """Return the error of a call that has no answer.

    Args:
        host: How messages name the server.
        error: What the outbound session raised.
    """
    told = next((tell(host, error) for class_, tell in _OF_ANSWERS if isinstance(error, class_)), None)
    return told or _of_connection(host, error)


def error_of_answer(host: str, response: requests.Response) -> ConnectorError:
    """Return the error that an answer tells: by its class, or by the status where the body tells none."""
    status = response.status_code
    if status == requests.codes.unauthorized:
        return AuthenticationError(
            f"the connector's server {host} refused the access token",
            instruction="enter the token on the page of the sync connector",
        )
    try:
        error = error_from_json(decode(response.content))
    except MessageError:
        return _error_of_status(host, response)
    if isinstance(error, RateLimitedError) and error.retry_after is None:
        error.retry_after = _retry_after(response)
    return error


def malformed(host: str, words: str) -> ProtocolError:
    """Return the error of an answer that is none of the protocol."""
    return ProtocolError(f"{host} does not answer as the JSON protocol wants: {words}", instruction=_BREAKS_PROTOCOL)


_OF_ANSWERS: tuple[tuple[type[Exception], Callable[[str, Exception], ConnectorError]], ...] = (
    (AddressRefusedError, lambda _host, error: UnavailableError(str(error), unsent=True, instruction=_UNREACHED)),
    (CallDeadlineError, lambda host, error: UnavailableError(f"{host} gave {error}", instruction=_LATE)),
    (ResponseTooLargeError, lambda host, error: malformed(host, str(error))),
    (requests.exceptions.ContentDecodingError, lambda host, _error: malformed(host, "it cannot be unpacked")),
)


def _of_connection(host: str, error: requests.RequestException) -> ConnectorError:
    causes = list(_causes(error))
    technical = type(causes[-1]).__name__
    is_unsent = any(isinstance(one, _UNSENT) for one in causes)
    if any(isinstance(one, ssl.SSLError) for one in causes):
        reason = next((one.verify_message for one in causes if isinstance(one, ssl.SSLCertVerificationError)), "")
        text = f"there is no safe connection to {host}" + (f": {reason}" if reason else "")
        return UnavailableError(text, unsent=is_unsent, instruction=_UNSAFE, technical=technical)
    if is_unsent:
        return UnavailableError(f"{host} cannot be reached", unsent=True, instruction=_UNREACHED, technical=technical)
    if isinstance(error, requests.Timeout):
        return UnavailableError(f"{host} did not answer in time", instruction=_LATE, technical=technical)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return BrokenLineError(f"the connection to {host} broke off", instruction=TROUBLED, technical=technical)
    return malformed(host, f"it is no HTTP that we know ({technical})")


def _error_of_status(host: str, response: requests.Response) -> ConnectorError:
    status = response.status_code
    if status == requests.codes.too_many_requests:
        return RateLimitedError(
            f"{host} asks us to wait", retry_after=_retry_after(response), instruction="wait, and begin anew"
        )
    if status >= 500 or status == requests.codes.request_timeout:
        return UnavailableError(f"{host} answers with the status {status}", instruction=TROUBLED)
    if 300 <= status < 400:
        return malformed(host, "it leads to another address, and calls do not follow; register that one")
    return malformed(host, f"it answers with the status {status}")


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return seconds(int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it; urllib3 keeps causes in `reason`, and both libraries keep them in `args`."""
    one: object = error
    for _link in range(20):
        if not isinstance(one, BaseException):
            return
        yield one
        inner = (getattr(one, "reason", None), one.__cause__, one.__context__, *one.args)
        one = next((other for other in inner if isinstance(other, BaseException)), None)
