"""Calls to one server: keep-alive, deadlines and limits, with errors of the contract and nothing else."""

from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests

from host.outbound import AddressPolicy, CheckedAdapter, LineStream, OutboundSession, open_outbound_session
from host.settings import Settings
from sync_connectors.contract.errors import ProtocolError, UnavailableError
from sync_connectors.json_protocol.client.failures import BrokenLineError, error_of_answer, failure_of, malformed
from sync_connectors.json_protocol.media import (
    DEADLINE_HEADER,
    DESCRIPTOR_TYPE,
    LARGEST_MESSAGE,
    MESSAGE_TYPE,
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    STREAM_TYPE,
)
from sync_connectors.json_protocol.reading import MessageError, decode, encode
from sync_connectors.json_protocol.token import Token

_Result = TypeVar("_Result")
_ANSWERS = frozenset({MESSAGE_TYPE, DESCRIPTOR_TYPE})
_LONGEST_TYPE = 60
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Transport:
    """The connections to one server, shared by all sessions on its links.

    Attributes:
        token: What the server is shown.

    Args:
        address: As it was registered, without `json+`; a query in it goes with every call.
        token: Sent with every call unless empty.
        settings: Outbound policy, proxy and certificates.
    """

    def __init__(self, address: str, token: str, settings: Settings) -> None:
        parts = urlsplit(address)
        self.host = parts.hostname or ""
        self._base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
        self._query = f"?{parts.query}" if parts.query else ""
        self._settings = settings
        self._adapter = CheckedAdapter(AddressPolicy.from_settings(settings))
        self._headers = {
            PROTOCOL_HEADER: PROTOCOL_VERSION,
            # to pack and unpack costs more than it saves where the server is on this machine
            "Accept-Encoding": "identity" if self.host in _HERE else "gzip",
        }
        self.token = Token(token)
        self._headers |= self.token.headers()

    def open(self, remaining: Callable[[], float]) -> "Caller":
        """Return somebody who calls for one user of the connector.

        Args:
            remaining: Seconds that a call which begins now may take.
        """
        session = open_outbound_session(self._settings, remaining, LARGEST_MESSAGE, self._adapter)
        session.headers.clear()
        session.headers.update(self._headers)
        # the protocol has no cookies, and one that a server sets would lead from one link to another
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        return Caller(self, session, remaining)

    def url(self, path: str) -> str:
        """Return the address of a call; an empty path is the descriptor's."""
        return f"{self._base}/{path}{self._query}" if path else f"{self._base}{self._query}"

    def close(self) -> None:
        """Close the idle connections."""
        self._adapter.close()


class Caller:
    """Makes the calls of one session, one after the other."""

    def __init__(self, transport: Transport, session: OutboundSession, remaining: Callable[[], float]) -> None:
        self.host = transport.host
        self.token = transport.token
        self.remaining = remaining
        self._url = transport.url
        self._session = session

    def ask(
        self,
        method: str,
        path: str,
        message: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """Make one call and return its answer.

        Args:
            method: Of HTTP.
            path: Below the address.
            message: The body.
            headers: Of this call alone.

        Raises:
            ConnectorError: The server told so, or there is no good answer.
        """
        response = self._send(method, path, self._request(message, headers))
        if response.status_code != requests.codes.ok:
            raise error_of_answer(self.host, response)
        kind = media_type(response)
        if kind not in _ANSWERS:
            raise malformed(self.host, f"it answers {kind or 'nothing'} in place of JSON")
        try:
            self.token.refuse_in(response.content)
            return decode(response.content)
        except MessageError as error:
            raise malformed(self.host, str(error)) from error

    def stream(
        self, path: str, message: Mapping[str, Any], headers: Mapping[str, str], ended: Callable[[bool], None]
    ) -> "Lines":
        """Make a call whose answer is read line by line.

        Args:
            path: Below the address; likewise the others of `ask`.
            ended: Called once, with whether the call has certainly ended at the server as well.

        Raises:
            ConnectorError: The server told so, or there is no good answer.
        """
        sent = self._request(message, headers)
        try:
            return Lines(self.host, self._opened(path, sent), self.token, ended)
        except UnavailableError:
            ended(False)
            raise
        except BaseException:
            ended(True)
            raise

    def _opened(self, path: str, sent: Mapping[str, Any]) -> LineStream:
        try:
            opened = self._session.open_lines("POST", self._url(path), STREAM_TYPE, **sent)
        except requests.RequestException as error:
            raise failure_of(self.host, error) from None  # the original names paths and queries
        if opened.has_lines:
            return opened
        if opened.response.status_code != requests.codes.ok:
            raise error_of_answer(self.host, opened.response)
        raise malformed(self.host, f"it answers {media_type(opened.response) or 'nothing'} in place of lines")

    def _request(self, message: Mapping[str, Any] | None, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments of a request."""
        told = {DEADLINE_HEADER: f"{self.remaining():.3f}", **headers}
        if message is None:
            return {"headers": told}
        try:
            return {"headers": {"Content-Type": MESSAGE_TYPE, **told}, "data": encode(message)}
        except ValueError as error:
            raise ProtocolError(f"what was to be sent to {self.host} cannot be: {error}") from error

    def _send(self, method: str, path: str, sent: Mapping[str, Any]) -> requests.Response:
        try:
            return self._session.request(method, self._url(path), allow_redirects=False, **sent)
        except requests.RequestException as error:
            raise failure_of(self.host, error) from None  # the original names paths and queries


class Lines:
    """The lines of a stream, with errors of the contract; closed by whoever reads them."""

    def __init__(self, host: str, stream: LineStream, token: Token, ended: Callable[[bool], None]) -> None:
        self.host = host
        self.token = token
        self._stream = stream
        self._ended: Callable[[bool], None] | None = ended

    def next_line(self) -> bytes | None:
        """Return the next line, or None where the answer has ended.

        Raises:
            BrokenLineError: The connection broke.
            ConnectorError: There is no good line in time.
        """
        try:
            return self._stream.next_line()
        except requests.RequestException as error:
            raise failure_of(self.host, error) from None

    def end(self) -> None:
        """Read to the end of an answer whose last line was read, so that connection and session are used again."""
        is_whole = self.next_line() is None
        self.close(is_whole=is_whole)

    def close(self, *, is_whole: bool = False) -> None:
        """Give up what has not been read; nothing if it has been closed."""
        ended, self._ended = self._ended, None
        if ended is not None:
            self._stream.close()
            ended(is_whole)


def once_more(call: Callable[[], _Result]) -> _Result:
    """Make a call that only reads; try it once more when the connection breaks.

    A connection does that which the server has closed while it was idle.
    """
    try:
        return call()
    except BrokenLineError:
        return call()


def media_type(response: requests.Response) -> str:
    """Return the type of a body, without parameters and fit for messages."""
    given = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return "".join(letter for letter in given if letter.isprintable())[:_LONGEST_TYPE]
