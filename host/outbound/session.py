"""The session that connectors get."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import DecodeError, HTTPError

from host.outbound.connections import CheckedAdapter
from host.outbound.deadlines import CallDeadline, present_deadline
from host.outbound.errors import CallDeadlineError, OutboundError, ResponseTooLargeError
from host.outbound.lines import LineStream, has_lines
from host.outbound.policy import AddressPolicy
from host.settings import Settings

log = logging.getLogger(__name__)

LARGEST_ANSWER = 64 * 1024 * 1024
CHUNK = 64 * 1024
MOST_REDIRECTS = 5
_TOLD_TO_ALL = frozenset({"accept", "accept-encoding", "accept-language", "connection", "user-agent"})
"""Headers that hold no secret."""


class OutboundSession(requests.Session):
    """A session of `requests` with a deadline for each call as a whole, and a limit to the unpacked answer.

    Environment variables (proxies, netrc) are not looked at. A redirect is checked like a first address, may not lead
    from https to http, and shows another server nothing of what was meant for the first one. Answers are read whole
    before they are returned.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        seconds: Callable[[], float],
        largest: int = LARGEST_ANSWER,
        adapter: CheckedAdapter | None = None,
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = MOST_REDIRECTS
        self._seconds = seconds
        self._largest = largest
        # as a hook it reads redirects as well, before `requests` would read them without a limit
        self.hooks["response"].append(self._read)
        adapter = adapter or CheckedAdapter(policy)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Send one request with all its redirects.

        Raises:
            AddressRefusedError: The address, or one it redirects to, must not be called.
            CallDeadlineError: The deadline is over.
            ResponseTooLargeError: The answer is too large.
            requests.RequestException: As in `requests`.
        """
        if present_deadline() is not None:  # a redirect of a call that runs
            return self._send_one(request, **kwargs)
        with CallDeadline(self._seconds()) as deadline:
            try:
                return self._send_one(request, **kwargs)
            except OutboundError:
                raise
            except (requests.RequestException, HTTPError, OSError):
                deadline.check()  # a socket that was shut down at the deadline fails in many ways
                raise

    def open_lines(self, method: str, url: str, media_type: str, **kwargs: Any) -> LineStream:
        """Send one request and leave the body of its answer to be read line by line, each within a deadline of its own.

        Redirects are not followed. An answer that is not 200, or of another media type, has been read as a whole.

        Args:
            method: As of `requests.Request`; likewise the others.
            media_type: Of the answer that has lines.

        Raises:
            requests.RequestException: As `send` does.
        """

        def read(response: Response, **_kwargs: Any) -> Response:
            return response if has_lines(response, media_type) else self._read(response)

        request = self.prepare_request(requests.Request(method, url, hooks={"response": [read]}, **kwargs))
        settings = self.merge_environment_settings(request.url, {}, True, None, None)
        with CallDeadline(self._seconds()) as deadline:
            try:
                response = self._send_one(request, allow_redirects=False, **settings)
            except OutboundError:
                raise
            except (requests.RequestException, HTTPError, OSError):
                deadline.check()
                raise
            return LineStream(response, media_type, deadline.sockets, self._seconds, self._largest)

    def _send_one(self, request: PreparedRequest, **kwargs: Any) -> Response:
        deadline = present_deadline()
        if deadline is None:
            raise CallDeadlineError("a call needs a deadline")
        deadline.check()
        kwargs["timeout"] = deadline.remaining
        kwargs["stream"] = True
        started = time.monotonic()
        response = super().send(request, **kwargs)
        parts = urlsplit(request.url or "")
        milliseconds = (time.monotonic() - started) * 1000
        log.debug(
            "%s %s%s: %d in %.0f ms", request.method, parts.hostname, parts.path, response.status_code, milliseconds
        )
        return response

    def rebuild_method(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Refuse a redirect that would send in clear what came encrypted."""
        if urlsplit(response.url).scheme == "https" and urlsplit(prepared_request.url or "").scheme == "http":
            raise OutboundError(f"{urlsplit(response.url).hostname} redirects from https to http")
        super().rebuild_method(prepared_request, response)

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Keep what may hold a secret from another server: ERPs have headers of their own for keys, and bodies."""
        former, target = _server_of(response.request.url), _server_of(prepared_request.url)
        if target in {former, (former[0], "https", 443) if former[1:] == ("http", 80) else former}:
            return
        if prepared_request.body is not None:
            raise OutboundError(f"{former[0]} redirects a call with a body to another server, {target[0]}")
        for name in [name for name in prepared_request.headers if name.lower() not in _TOLD_TO_ALL]:
            del prepared_request.headers[name]

    def resolve_redirects(self, *args: Any, yield_requests: bool = False, **kwargs: Any) -> Iterator[Response]:
        """Look at redirects only where they are followed; `requests` would get the next call ready as well."""
        return iter(()) if yield_requests else super().resolve_redirects(*args, **kwargs)

    def _read(self, response: Response, **_kwargs: Any) -> Response:
        if (deadline := present_deadline()) is not None:
            _read_body(response, deadline, self._largest)
        return response


def open_outbound_session(
    settings: Settings,
    seconds: Callable[[], float],
    largest: int = LARGEST_ANSWER,
    adapter: CheckedAdapter | None = None,
) -> OutboundSession:
    """Open a session of this installation.

    Args:
        settings: Policy, proxy and certificates.
        seconds: Asked at each call for how long it may take as a whole.
        largest: Most bytes of an answer, unpacked.
        adapter: Holds the connections, where several sessions share them; one of this session's own unless given.
    """
    # its warnings and debug lines show whole URLs, and a query may hold a secret
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    session = OutboundSession(AddressPolicy.from_settings(settings), seconds, largest, adapter)
    if settings.outbound_proxy:
        session.proxies = {"http": settings.outbound_proxy, "https": settings.outbound_proxy}
    if settings.outbound_ca_bundle:
        session.verify = str(settings.outbound_ca_bundle)
    return session


def _server_of(url: str | None) -> tuple[str, str, int]:
    """Return host, scheme and port of an address."""
    parts = urlsplit(url or "")
    return parts.hostname or "", parts.scheme, parts.port or (443 if parts.scheme == "https" else 80)


def _read_body(response: Response, deadline: CallDeadline, largest: int) -> None:
    """Read the body into the response, unpacked, as far as time and size allow."""
    raw: BaseHTTPResponse = response.raw
    parts: list[bytes] = []
    size = 0
    try:
        while chunk := raw.read1(CHUNK, decode_content=True):
            size += len(chunk)
            if size > largest:
                parts.clear()  # the error lives on, and with it what this function holds
                raise ResponseTooLargeError(f"the answer is larger than {largest // 2**20} MiB")
            parts.append(chunk)
            deadline.check()
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError("the answer cannot be unpacked") from error
    except HTTPError as error:
        deadline.check()
        raise requests.ConnectionError("the connection broke off within the answer") from error
    finally:
        raw.close() if size > largest else raw.release_conn()
    deadline.check()  # a connection that is cut at the deadline may look like the end of the answer
    response._content = b"".join(parts)  # noqa: SLF001 - what `requests` itself does when it reads a body
    response._content_consumed = True  # type: ignore[attr-defined] # noqa: SLF001 - likewise
