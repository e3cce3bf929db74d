"""The door of a served connector: a caller is known, or turned away before anything looks at what it wants."""

import ipaddress
import logging
from collections import Counter
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from host.logs import bind
from sync_connectors.contract.errors import AuthenticationError, RateLimitedError
from sync_connectors.json_protocol.errors import error_to_json
from sync_connectors.json_protocol.reading import encode
from sync_connectors.json_protocol.server.credentials import ANONYMOUS, Credentials

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOLDER = "tieline.credential"
"""Where the WSGI environment tells who calls."""

_HEALTH = "/health"
_NAMELESS = "anonymous"
_logger = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0
_REFUSAL = encode(
    error_to_json(
        AuthenticationError(
            "the access token is missing or wrong",
            instruction="give the sync connector the token that its server knows",
        )
    )
)
_BUSY = encode(
    error_to_json(
        RateLimitedError(
            "all calls that one caller may have under way at the connector's server are",
            instruction="wait, and begin anew",
            retry_after=_RETRY_SECONDS,
        )
    )
)


class Admission:
    """Lets in known callers only, and asks for the health of the server from everybody.

    It stands before the application: a caller without the right token gets one and the same answer in the same time,
    whatever path, method and body it tried.

    Args:
        wsgi: The application behind it.
        credentials: Tell who calls.
        most_calls: Calls that one of them may have under way.
        on_loopback: The server listens on this machine's own address only. A browser here can then be led to it by
            a page from anywhere that gives its own name the address 127.0.0.1; so the name has to be this machine's.
    """

    def __init__(
        self, wsgi: "WSGIApplication", credentials: Credentials, most_calls: int, *, on_loopback: bool
    ) -> None:
        self._wsgi = wsgi
        self._credentials = credentials
        self._most_calls = most_calls
        self._under_way: Counter[str] = Counter()
        self._lock = Lock()
        self._on_loopback = on_loopback

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        holder = self._credentials.holder(environ.get("HTTP_AUTHORIZATION"), _address(environ))
        if holder == ANONYMOUS and self._on_loopback and not _names_this_machine(environ.get("HTTP_HOST", "")):
            holder = None
        if holder is None and environ.get("PATH_INFO") != _HEALTH:
            _logger.warning("a call from %s was turned away: its token is missing or wrong", environ.get("REMOTE_ADDR"))
            return _refusal()(environ, start_response)
        environ[HOLDER] = holder
        with bind(caller=holder or _NAMELESS):
            if holder is None:
                return self._wsgi(environ, start_response)
            if not self._enter(holder):
                _logger.warning("a call was turned away: %d others of its caller are under way", self._most_calls)
                return _wait()(environ, start_response)
            return self._counted(holder, environ, start_response)

    def _counted(self, holder: str, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def leave() -> None:
            with self._lock:
                self._under_way[holder] -= 1

        try:
            answer = self._wsgi(environ, start_response)
        except BaseException:
            leave()
            raise
        return ClosingIterator(answer, [leave])

    def _enter(self, holder: str) -> bool:
        with self._lock:
            may = self._under_way[holder] < self._most_calls
            self._under_way[holder] += may
            return may


def _refusal() -> Response:
    headers = {"WWW-Authenticate": "Bearer"}
    return Response(_REFUSAL, status=401, headers=headers, content_type="application/json")


def _wait() -> Response:
    headers = {"Retry-After": f"{_RETRY_SECONDS:.0f}"}
    return Response(_BUSY, status=429, headers=headers, content_type="application/json")


def _address(environ: "WSGIEnvironment") -> str | None:
    """Return the caller's address; None where a proxy stands between, which would lend its own to everybody."""
    if "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ or "HTTP_VIA" in environ:
        return None
    address: str | None = environ.get("REMOTE_ADDR")
    return address


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
